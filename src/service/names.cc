#include "service/names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <fmt/format.h>

#include "core/text.h"
#include "service/host_name.h"

namespace tandem::service {
namespace {

constexpr std::string_view kLoopback = "127.0.0.1";
constexpr std::string_view kLoopbackV6 = "::1";
constexpr std::string_view kEverywhere = "0.0.0.0";
constexpr std::size_t kMostFollowed = 200;
constexpr std::uint16_t kHttp = 80;
constexpr std::uint16_t kHttps = 443;
constexpr std::uint16_t kDns = 53;

bool is_within(std::string_view name, std::string_view domain) {
  if (!name.ends_with(domain)) return false;
  return name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.';
}

/// An API's or a function's own endpoint, and not AWS's API: its certificate is the region's.
bool is_application(std::string_view name) {
  const std::string service = read_host(name).service;
  return service == "execute-api" || service == "lambda-url";
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

/// Of an address as the kernel writes it, in words of the machine's byte order (proc(5)): IPv4, or
/// IPv6's loopback.
std::optional<std::string> address_of_words(std::string_view text) {
  constexpr std::string_view kAnyV6 = "00000000000000000000000000000000";
  constexpr std::string_view kLoopbackWords = "00000000000000000000000001000000";
  constexpr std::string_view kMapped = "0000000000000000FFFF0000";
  if (text == kAnyV6) return std::string(kEverywhere);
  if (text == kLoopbackWords) return std::string(kLoopbackV6);
  if (text.starts_with(kMapped)) text.remove_prefix(kMapped.size());
  if (text.size() != 8) return std::nullopt;
  const auto value = hexadecimal(text);
  if (!value) return std::nullopt;
  return fmt::format("{}.{}.{}.{}", *value & 0xFF, *value >> 8 & 0xFF, *value >> 16 & 0xFF,
                     *value >> 24);
}

}  // namespace

bool is_aws_name(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kDomains = {
      "amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "amazonwebservices.com.cn",
      "api.aws",       "on.aws",           "signin.aws"};
  return std::ranges::any_of(kDomains, [name](auto domain) { return is_within(name, domain); });
}

std::string dns_only(std::string_view name_switch) {
  constexpr std::string_view kHosts = "hosts: files dns\n";
  std::string text;
  bool has_hosts = false;
  while (!name_switch.empty()) {
    const std::size_t end = std::min(name_switch.find('\n'), name_switch.size());
    const std::string_view line = name_switch.substr(0, end);
    const bool is_hosts = line.starts_with("hosts:");
    has_hosts = has_hosts || is_hosts;
    text += is_hosts ? std::string(kHosts) : fmt::format("{}\n", line);
    name_switch.remove_prefix(std::min(end + 1, name_switch.size()));
  }
  if (!has_hosts) text += kHosts;
  return text;
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

Sockets listening_in(std::string_view proc_net_tcp) {
  constexpr std::string_view kListening = "0A";
  constexpr std::size_t kLongestV4 = 13;  // "0100007F:1F90"
  Sockets sockets;
  for (const std::string_view line : core::split(proc_net_tcp, '\n')) {
    const auto words = words_of(line);
    if (words.size() < 4 || words[3] != kListening) continue;
    const std::size_t colon = words[1].find(':');
    if (colon == std::string_view::npos) continue;
    const auto address = address_of_words(words[1].substr(0, colon));
    const auto port = hexadecimal(words[1].substr(colon + 1));
    if (!address || !port || *port > UINT16_MAX) continue;
    sockets.emplace(*address, static_cast<std::uint16_t>(*port));
    // What listens everywhere in IPv6 does so there, and nearly always in IPv4.
    if (words[1].size() > kLongestV4 && *address == kEverywhere) {
      sockets.emplace(kLoopbackV6, static_cast<std::uint16_t>(*port));
    }
  }
  return sockets;
}

bool has_connections(std::string_view proc_net_tcp) {
  constexpr std::string_view kListening = "0A";
  constexpr std::string_view kTimeWait = "06";
  for (const std::string_view line : core::split(proc_net_tcp, '\n')) {
    const auto words = words_of(line);
    const bool socket = words.size() > 3 && words[0].ends_with(':');
    if (socket && words[3] != kListening && words[3] != kTimeWait) return true;
  }
  return false;
}

Names::Names(const Config& config, std::string zone, std::vector<std::string> resolvers)
    : config_(config), zone_(std::move(zone)), resolvers_(std::move(resolvers)) {}

std::vector<sandbox::Door> Names::served() const {
  std::vector<sandbox::Door> doors;
  std::set<std::pair<std::string, std::uint16_t>> seen;
  for (const sandbox::Door& door : dns()) seen.emplace(door.address, door.port);
  const auto add = [&](std::string_view address, std::uint16_t port) {
    if (seen.emplace(address, port).second) doors.push_back({std::string(address), port});
  };
  for (const RegionAddress& region : config_.regions) {
    for (const std::uint16_t port : {kHttp, kHttps, config_.ports.http, config_.ports.https}) {
      add(region.address, port);
    }
  }
  add(Names::kGlobalNames, kHttp);
  add(Names::kGlobalNames, kHttps);
  add(config_.global_address, config_.ports.endpoint);
  return doors;
}

std::vector<sandbox::Door> Names::wanted(const Sockets& listening) const {
  const auto listens = [&listening](const std::string& address, std::uint16_t port) {
    return listening.contains({address, port}) ||
           listening.contains({std::string(kEverywhere), port});
  };
  std::vector<sandbox::Door> doors;
  Sockets taken;
  for (const sandbox::Door& door : dns()) taken.emplace(door.address, door.port);
  for (const sandbox::Door& door : served()) {
    taken.emplace(door.address, door.port);
    const auto target = route({door.address, door.port, ""});
    if (target && listens(target->address, target->port)) doors.push_back(door);
  }
  std::size_t followed = 0;
  for (const auto& [at, port] : listening) {
    // All addresses at once, unless some have doors of their own at that port.
    const bool beside =
        std::ranges::any_of(taken, [port = port](const auto& each) { return each.second == port; });
    const std::string address = at == kEverywhere && beside ? std::string(kLoopback) : at;
    if (!taken.emplace(address, port).second) continue;
    if (++followed > kMostFollowed) break;
    doors.push_back({address, port});
  }
  return doors;
}

bool Names::speaks_tls(const sandbox::Door& door) const {
  const bool region = std::ranges::any_of(
      config_.regions, [&](const auto& each) { return each.address == door.address; });
  return (region && (door.port == kHttps || door.port == config_.ports.https)) ||
         (door.address == Names::kGlobalNames && door.port == kHttps);
}

std::vector<sandbox::Door> Names::dns() const {
  return {{std::string(kResolver), kDns}, {config_.global_address, config_.ports.dns}};
}

/// Whatever the form of the name (dual stack, FIPS, a bucket's), its region is one of its labels.
std::string Names::address_of(std::string_view aws_name) const {
  for (const std::string_view label : core::split(aws_name, '.')) {
    if (const auto* region = config_.find_region(label)) return region->address;
  }
  return std::string(Names::kGlobalNames);
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
  for (const RegionAddress& region : config_.regions) {
    if (arrival.address != region.address) continue;
    if (!speaks_tls({arrival.address, arrival.port})) {
      return net::Relay::Target{region.address, config_.ports.http};
    }
    if (aws) return net::Relay::Target{region.address, config_.ports.http, true};
    return net::Relay::Target{region.address, config_.ports.https};
  }
  if (arrival.address == Names::kGlobalNames) {
    return net::Relay::Target{config_.global_address, config_.ports.endpoint,
                              arrival.port == kHttps};
  }
  return net::Relay::Target{arrival.address, arrival.port};
}

}  // namespace tandem::service
