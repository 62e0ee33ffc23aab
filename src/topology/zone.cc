#include "topology/zone.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

namespace tandem::topology {
namespace {

constexpr std::string_view kZone = "AWS::Route53::HostedZone";
constexpr std::string_view kValidationTarget = ".acm-validations.aws.";

std::string bare(const std::string& id) { return id.substr(id.rfind('/') + 1); }

bool is_private(const json::object& zone) {
  const auto* config = json::find_object(zone, "Config");
  const auto* flag = config == nullptr ? nullptr : json::find(*config, "PrivateZone");
  return flag != nullptr && flag->is_bool() && flag->as_bool();
}

/// AWS Certificate Manager User Guide, "DNS validation": a CNAME record to a name of ACM's.
bool is_validation(const json::object& record) {
  const auto* values = json::find_array(record, "ResourceRecords");
  if (json::string_or(record, "Type") != "CNAME" || values == nullptr || values->empty()) {
    return false;
  }
  std::string value = json::string_or(values->front().as_object(), "Value");
  if (!value.ends_with('.')) value += '.';
  return value.ends_with(kValidationTarget);
}

/// False of one that is gone: mending it is another's business.
Task<bool> has_another_name(Cloud cloud, std::string id, std::string wanted) {
  json::object input{{"Id", id}};
  try {
    const json::object answer =
        co_await cloud.call("us-east-1", "route53", "GetHostedZone", std::move(input));
    const auto* zone = json::find_object(answer, "HostedZone");
    co_return zone != nullptr&& json::string_or(*zone, "Name") != wanted + ".";
  } catch (const aws::ApiError& error) {
    if (!is_missing(error)) throw;
  }
  co_return false;
}

}  // namespace

Task<HostedZone> find_zone(Cloud cloud, Topology topology) {
  const std::string stack = routing_stack_name(topology);
  const json::object state = co_await cloud.stack(topology.home, stack);
  const bool goes = can_only_be_deleted(json::string_or(state, "StackStatus"));
  std::set<std::string> going;
  bool replaces = false;
  const auto resources = co_await cloud.resources(topology.home, stack);
  for (const ResourceState& one : resources) {
    if (one.type != kZone || one.physical_id.empty()) continue;
    const bool moved = !goes && co_await has_another_name(cloud, one.physical_id, topology.zone);
    if (!goes && !moved) co_return HostedZone{ZoneOwner::kStack, one.physical_id};
    replaces = replaces || moved;
    going.insert(one.physical_id);
  }
  // In the order of names from this one on: those of the name itself come first.
  json::object input{{"DNSName", topology.zone}};
  const json::object answer =
      co_await cloud.call("us-east-1", "route53", "ListHostedZonesByName", std::move(input));
  std::vector<std::string> found;
  const auto* zones = json::find_array(answer, "HostedZones");
  for (std::size_t i = 0; zones != nullptr && i < zones->size(); ++i) {
    const json::object& zone = (*zones)[i].as_object();
    if (json::string_or(zone, "Name") != topology.zone + "." || is_private(zone)) continue;
    std::string id = bare(json::string_or(zone, "Id"));
    if (!going.contains(id)) found.push_back(std::move(id));
  }
  if (found.size() > 1) {
    throw DeployError(
        fmt::format("there are {} hosted zones {}: {}; leave the one that the name is delegated to",
                    found.size(), topology.zone, fmt::join(found, ", ")));
  }
  if (found.empty()) co_return HostedZone{ZoneOwner::kStack, "", replaces};
  co_return HostedZone{ZoneOwner::kAccount, found.front(), replaces};
}

Task<void> remove_validation_records(Cloud cloud, std::string zone) {
  json::array changes;
  json::object input{{"HostedZoneId", zone}};
  for (;;) {
    json::object question = input;
    const json::object answer =
        co_await cloud.call("us-east-1", "route53", "ListResourceRecordSets", std::move(question));
    const auto* records = json::find_array(answer, "ResourceRecordSets");
    for (std::size_t i = 0; records != nullptr && i < records->size(); ++i) {
      const json::object& record = (*records)[i].as_object();
      if (!is_validation(record)) continue;
      changes.push_back(json::object{{"Action", "DELETE"}, {"ResourceRecordSet", record}});
    }
    const std::string next = json::string_or(answer, "NextRecordName");
    if (next.empty()) break;
    input["StartRecordName"] = next;
    input["StartRecordType"] = json::string_or(answer, "NextRecordType");
    const std::string identifier = json::string_or(answer, "NextRecordIdentifier");
    input.erase("StartRecordIdentifier");
    if (!identifier.empty()) input["StartRecordIdentifier"] = identifier;
  }
  if (changes.empty()) co_return;
  json::object change{{"HostedZoneId", zone},
                      {"ChangeBatch", json::object{{"Changes", std::move(changes)}}}};
  co_await cloud.call("us-east-1", "route53", "ChangeResourceRecordSets", std::move(change));
}

}  // namespace tandem::topology
