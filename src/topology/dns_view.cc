#include "topology/dns_view.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/clock.h"
#include "service/own_paths.h"
#include "topology/cloud.h"
#include "topology/drain_stacks.h"

namespace tandem::topology {
namespace {

constexpr std::chrono::milliseconds kTimeout{1'500};

DnsCheck read_check(const json::object& check) {
  DnsCheck row;
  row.id = json::string_or(check, "Id");
  row.name = json::string_or(check, "Name", row.id);
  if (row.name.empty()) row.name = row.id;
  row.healthy = json::bool_or(check, "Healthy", false);
  row.inverted = json::bool_or(check, "Inverted", false);
  row.since = json::string_or(check, "Since");
  row.healthy_checkers = json::int_or(check, "HealthyCheckers", 0);
  row.checkers = json::int_or(check, "Checkers", 0);
  row.looked = json::int_or(check, "CheckersThatLooked", 0);
  row.in_dns = json::find_bool(check, "InDns");
  const auto* children = json::find_array(check, "Children");
  for (std::size_t i = 0; children != nullptr && i < children->size(); ++i) {
    if ((*children)[i].is_string()) row.children.push_back(json::to_std((*children)[i]));
  }
  return row;
}

void read_record(const json::object& record, std::vector<DnsMember>& members) {
  const auto* all = json::find_array(record, "Members");
  for (std::size_t i = 0; all != nullptr && i < all->size(); ++i) {
    if (!(*all)[i].is_object()) continue;
    const json::object& member = (*all)[i].as_object();
    members.push_back({json::string_or(record, "Name"), json::string_or(record, "Policy"),
                       json::string_or(member, "SetIdentifier"),
                       json::bool_or(member, "InDns", false), json::string_or(member, "Why")});
  }
}

}  // namespace

const DnsCheck* DnsView::find(std::string_view name) const {
  const auto found = std::ranges::find(checks, name, &DnsCheck::name);
  return found == checks.end() ? nullptr : &*found;
}

std::string DnsView::policy_of(std::string_view domain) const {
  const auto of_domain = [&](const DnsMember& one) {
    return one.name == fmt::format("{}.", domain);
  };
  const auto found = std::ranges::find_if(members, of_domain);
  return found == members.end() ? "" : found->policy;
}

DnsView parse_dns(const json::object& document) {
  DnsView view;
  const auto* checks = json::find_array(document, "HealthChecks");
  for (std::size_t i = 0; checks != nullptr && i < checks->size(); ++i) {
    if ((*checks)[i].is_object()) view.checks.push_back(read_check((*checks)[i].as_object()));
  }
  const auto* records = json::find_array(document, "Records");
  for (std::size_t i = 0; records != nullptr && i < records->size(); ++i) {
    if ((*records)[i].is_object()) read_record((*records)[i].as_object(), view.members);
  }
  return view;
}

Task<DnsView> read_dns(net::HttpClient* http, const service::Config* config) {
  net::HttpTarget global{.address = config->global_address, .port = config->ports.endpoint};
  net::HttpRequest request{.method = "GET", .target = "/_tandem/dns"};
  service::sign_own_path(request, global.address, config->credentials, core::SystemClock().now_s());
  const net::HttpResponse response =
      co_await http->send(std::move(global), std::move(request), kTimeout);
  const auto document = json::parse_text(response.body);
  if (response.status != 200 || !document || !document.value().is_object()) {
    throw DeployError(fmt::format("global answers /_tandem/dns with {}", response.status));
  }
  co_return parse_dns(document.value().as_object());
}

bool RegionChecks::switched_off() const {
  return std::ranges::any_of(switches, [](const DnsCheck* check) { return !check->healthy; });
}

bool RegionChecks::starting() const {
  return std::ranges::any_of(switches, [](const DnsCheck* check) {
    return !check->healthy && check->looked < check->checkers;
  });
}

bool RegionChecks::target_fails() const {
  // As /_tandem/dns words it.
  return member != nullptr && member->why == "its target is unhealthy";
}

RegionChecks checks_of(const DnsView& view, const Topology& topology, std::string_view region) {
  RegionChecks found;
  found.deciding = view.find(check_name(topology, region));
  found.endpoint = view.find(endpoint_check_name(topology, region));
  for (const std::string& holder : switch_holders(topology, region)) {
    const DnsCheck* check = view.find(switch_check_name(topology, region, holder));
    if (check != nullptr) found.switches.push_back(check);
  }
  const auto member = std::ranges::find_if(view.members, [&](const DnsMember& one) {
    return one.set_identifier == region && one.name == topology.domain + ".";
  });
  if (member != view.members.end()) found.member = &*member;
  return found;
}

}  // namespace tandem::topology
