#include "service/config.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cmath>
#include <fmt/format.h>

#include "core/json.h"

namespace tandem::service {
namespace {

/// A year: more is no bound.
constexpr std::int64_t kLargestDriftMs = 365LL * 24 * 3600 * 1000;

std::optional<std::uint16_t> port_of(const json::object& ports, std::string_view name,
                                     std::uint16_t fallback) {
  const auto port = json::int_or(ports, name, fallback);
  if (port < 0 || port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

/// A setting of the wrong kind is damage: read as if it were not there, it would move a port or
/// loosen a bound without a word.
std::optional<std::string> find_mistyped(const json::object& document) {
  const auto wrong = [](const json::object& in, std::string_view key, auto&& is_right) {
    const auto* value = in.if_contains(key);
    return value != nullptr && !is_right(*value);
  };
  const auto is_object = [](const json::value& value) { return value.is_object(); };
  const auto is_string = [](const json::value& value) { return value.is_string(); };
  const auto is_number = [](const json::value& value) { return value.is_number(); };
  const auto is_integer = [](const json::value& value) {
    return value.is_int64() || value.is_uint64();
  };
  for (const std::string_view key : {"ports", "credentials"}) {
    if (wrong(document, key, is_object)) return fmt::format("\"{}\" must be an object", key);
  }
  for (const std::string_view key :
       {"account", "stateFolder", "globalAddress", "durability", "unknownMembers"}) {
    if (wrong(document, key, is_string)) return fmt::format("\"{}\" must be a string", key);
  }
  if (wrong(document, "legacyGlobalTables", [](const json::value& v) { return v.is_bool(); })) {
    return "\"legacyGlobalTables\" must be true or false";
  }
  if (wrong(document, "clockSpeed", is_number)) return "\"clockSpeed\" must be a number";
  if (wrong(document, "maxClockDriftMs", is_integer)) {
    return "\"maxClockDriftMs\" must be an integer";
  }
  const auto* ports = json::find_object(document, "ports");
  for (const std::string_view key : {"http", "https", "dns", "endpoint", "replication"}) {
    if (ports != nullptr && wrong(*ports, key, is_integer)) {
      return fmt::format("\"ports.{}\" must be an integer", key);
    }
  }
  return std::nullopt;
}

bool read_ports(const json::object& document, Ports& ports) {
  const auto* given = json::find_object(document, "ports");
  if (given == nullptr) return true;
  for (const auto& [name, slot] :
       {std::pair{"http", &ports.http}, std::pair{"https", &ports.https},
        std::pair{"dns", &ports.dns}, std::pair{"endpoint", &ports.endpoint},
        std::pair{"replication", &ports.replication}}) {
    const auto port = port_of(*given, name, *slot);
    if (!port) return false;
    *slot = *port;
  }
  return true;
}

bool is_ipv4(const std::string& text) {
  in_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1;
}

/// Letters, digits and hyphens: the name becomes a folder's.
bool is_region_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool is_account(std::string_view text) {
  return text.size() == 12 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool read_regions(const json::object& document, std::vector<RegionAddress>& regions) {
  const auto* given = json::find_array(document, "regions");
  if (given == nullptr) return false;
  for (const auto& entry : *given) {
    if (!entry.is_object()) return false;
    RegionAddress region{json::string_or(entry.get_object(), "name"),
                         json::string_or(entry.get_object(), "address")};
    if (!is_region_name(region.name) || !is_ipv4(region.address)) return false;
    regions.push_back(std::move(region));
  }
  return true;
}

}  // namespace

const RegionAddress* Config::find_region(std::string_view name) const {
  for (const auto& region : regions) {
    if (region.name == name) return &region;
  }
  return nullptr;
}

std::string Config::to_json() const {
  json::array list;
  for (const auto& region : regions) {
    list.push_back(json::object{{"name", region.name}, {"address", region.address}});
  }
  return json::to_text(json::object{
      {"account", account},
      {"stateFolder", state_folder.string()},
      {"globalAddress", global_address},
      {"regions", std::move(list)},
      {"ports", json::object{{"http", ports.http},
                             {"https", ports.https},
                             {"dns", ports.dns},
                             {"endpoint", ports.endpoint},
                             {"replication", ports.replication}}},
      {"clockSpeed", clock_speed},
      {"maxClockDriftMs", max_clock_drift_ms},
      {"durability", durability == Durability::kFsync ? "fsync" : "wal"},
      {"unknownMembers", unknown_members == UnknownMembers::kWarn ? "warn" : "refuse"},
      {"legacyGlobalTables", legacy_global_tables == LegacyGlobalTables::kServed},
      {"credentials", json::object{{"accessKeyId", credentials.access_key_id},
                                   {"secretAccessKey", credentials.secret_access_key}}},
  });
}

core::Parsed<Config> Config::from_json(std::string_view text) {
  auto parsed = json::parse_text(text);
  if (!parsed) return parsed.error();
  if (!parsed.value().is_object()) return core::ParseError{"The configuration is no object"};
  const auto& document = parsed.value().as_object();
  if (const auto problem = find_mistyped(document)) return core::ParseError{*problem};
  Config config;
  config.account = json::string_or(document, "account", config.account);
  config.state_folder = json::string_or(document, "stateFolder");
  config.global_address = json::string_or(document, "globalAddress", config.global_address);
  if (!read_regions(document, config.regions)) {
    return core::ParseError{"\"regions\" must list objects with name and address"};
  }
  if (!is_account(config.account)) return core::ParseError{"\"account\" must have 12 digits"};
  if (!is_ipv4(config.global_address)) {
    return core::ParseError{"\"globalAddress\" must be an IPv4 address"};
  }
  if (!read_ports(document, config.ports)) return core::ParseError{"A port is out of range"};
  config.clock_speed = json::find_number(document, "clockSpeed").value_or(1.0);
  if (!std::isfinite(config.clock_speed) || config.clock_speed <= 0) {
    return core::ParseError{"\"clockSpeed\" must be a positive number"};
  }
  const auto durability = json::string_or(document, "durability", "wal");
  if (durability != "wal" && durability != "fsync") {
    return core::ParseError{fmt::format("\"durability\" must be wal or fsync, not {}", durability)};
  }
  config.durability = durability == "fsync" ? Durability::kFsync : Durability::kWal;
  const auto unknown = json::string_or(document, "unknownMembers", "refuse");
  if (unknown != "refuse" && unknown != "warn") {
    return core::ParseError{
        fmt::format("\"unknownMembers\" must be refuse or warn, not {}", unknown)};
  }
  config.legacy_global_tables = json::bool_or(document, "legacyGlobalTables", false)
                                    ? LegacyGlobalTables::kServed
                                    : LegacyGlobalTables::kRefused;
  config.unknown_members = unknown == "warn" ? UnknownMembers::kWarn : UnknownMembers::kRefuse;
  config.max_clock_drift_ms = json::int_or(document, "maxClockDriftMs", config.max_clock_drift_ms);
  if (config.max_clock_drift_ms < 1 || config.max_clock_drift_ms > kLargestDriftMs) {
    return core::ParseError{"\"maxClockDriftMs\" is out of range"};
  }
  if (const auto* keys = json::find_object(document, "credentials")) {
    config.credentials = {json::string_or(*keys, "accessKeyId"),
                          json::string_or(*keys, "secretAccessKey")};
  }
  return config;
}

}  // namespace tandem::service
