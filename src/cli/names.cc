#include "cli/names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "core/text.h"
#include "service/host_name.h"

namespace tandem::cli {
namespace {

/// Of AWS's names that are no region's here.
constexpr std::string_view kGlobalNames = "127.255.0.1";
constexpr std::uint16_t kHttp = 80;
constexpr std::uint16_t kHttps = 443;
constexpr std::uint16_t kDns = 53;

bool is_within(std::string_view name, std::string_view domain) {
  if (!name.ends_with(domain)) return false;
  return name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.';
}

/// An API's own endpoint, and not AWS's API: its certificate is the region's.
bool is_application(std::string_view name) {
  const std::string service = service::read_host(name).service;
  return service == "execute-api";
}

/// The words of a line, whatever is between them.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    if (end > 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

std::optional<std::uint32_t> hexadecimal(std::string_view text) {
  std::uint32_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool is_aws_name(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kDomains = {"amazonaws.com", "amazonaws.com.cn",
                                                               "api.aws", "on.aws"};
  return std::ranges::any_of(kDomains, [name](auto domain) { return is_within(name, domain); });
}

std::vector<std::string> resolvers_in(std::string_view resolv_conf) {
  constexpr std::size_t kMost = 3;
  std::vector<std::string> servers;
  for (const std::string_view line : core::split(resolv_conf, '\n')) {
    const auto words = words_of(line);
    if (words.size() < 2 || words[0] != "nameserver" || servers.size() == kMost) continue;
    servers.emplace_back(words[1]);
  }
  return servers;
}

std::vector<std::uint16_t> loopback_ports_in(std::string_view proc_net_tcp) {
  constexpr std::string_view kListening = "0A";
  std::set<std::uint16_t> ports;
  for (const std::string_view line : core::split(proc_net_tcp, '\n')) {
    const auto words = words_of(line);
    if (words.size() < 4 || words[3] != kListening) continue;
    const std::size_t colon = words[1].find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view address = words[1].substr(0, colon);
    if (address != "0100007F" && address != "00000000") continue;
    if (const auto port = hexadecimal(words[1].substr(colon + 1))) {
      ports.insert(static_cast<std::uint16_t>(*port));
    }
  }
  return {ports.begin(), ports.end()};
}

Names::Names(const service::Config& config, std::string zone, std::vector<std::string> resolvers)
    : config_(config), zone_(std::move(zone)), resolvers_(std::move(resolvers)) {}

std::vector<sandbox::Door> Names::tcp() const {
  std::vector<sandbox::Door> doors;
  std::set<std::pair<std::string, std::uint16_t>> seen;
  for (const sandbox::Door& door : dns()) seen.emplace(door.address, door.port);
  const auto add = [&](std::string_view address, std::uint16_t port) {
    if (seen.emplace(address, port).second) doors.push_back({std::string(address), port});
  };
  for (const service::RegionAddress& region : config_.regions) {
    for (const std::uint16_t port : {kHttp, kHttps, config_.ports.http, config_.ports.https}) {
      add(region.address, port);
    }
  }
  add(kGlobalNames, kHttp);
  add(kGlobalNames, kHttps);
  add(config_.global_address, config_.ports.endpoint);
  return doors;
}

bool Names::speaks_tls(const sandbox::Door& door) const {
  const bool region = std::ranges::any_of(
      config_.regions, [&](const auto& each) { return each.address == door.address; });
  return (region && (door.port == kHttps || door.port == config_.ports.https)) ||
         (door.address == kGlobalNames && door.port == kHttps);
}

std::vector<sandbox::Door> Names::dns() const {
  return {{std::string(kResolver), kDns}, {config_.global_address, config_.ports.dns}};
}

std::string Names::address_of(std::string_view aws_name) const {
  const service::HostMeaning host = service::read_host(aws_name);
  const service::RegionAddress* region = config_.find_region(host.region);
  return region == nullptr ? std::string(kGlobalNames) : region->address;
}

net::DnsRelay::Choice Names::choose(std::string_view name) const {
  if (is_aws_name(name)) return {.address = address_of(name), .servers = {}};
  net::DnsRelay::Choice choice;
  choice.servers.push_back({config_.global_address, config_.ports.dns});
  // What is the application's is nobody else's, also while global is dead.
  if (!zone_.empty() && is_within(name, zone_)) return choice;
  for (const std::string& server : resolvers_) choice.servers.push_back({server, kDns});
  return choice;
}

std::optional<net::Relay::Target> Names::route(const net::Relay::Arrival& arrival) const {
  const bool aws = is_aws_name(arrival.server_name) && !is_application(arrival.server_name);
  for (const service::RegionAddress& region : config_.regions) {
    if (arrival.address != region.address) continue;
    if (!speaks_tls({arrival.address, arrival.port})) {
      return net::Relay::Target{region.address, config_.ports.http};
    }
    if (aws) return net::Relay::Target{region.address, config_.ports.http, true};
    return net::Relay::Target{region.address, config_.ports.https};
  }
  if (arrival.address == kGlobalNames) {
    return net::Relay::Target{config_.global_address, config_.ports.endpoint,
                              arrival.port == kHttps};
  }
  return net::Relay::Target{arrival.address, arrival.port};
}

}  // namespace tandem::cli
