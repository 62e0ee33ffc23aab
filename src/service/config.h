// What a process is told when it starts: who it is, where the others are. Written by the command
// line as JSON (docs/formats/process-config.md). Of a running process the regions alone may change,
// by Node::set_regions(): whoever keeps something for each of them is told there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/pace.h"
#include "core/parsed.h"

namespace tandem::service {

struct RegionAddress {
  std::string name;     ///< "us-east-1"
  std::string address;  ///< "127.0.10.1"
  bool operator==(const RegionAddress&) const = default;
};

/// The same ports on every address.
struct Ports {
  std::uint16_t http = 8080;
  std::uint16_t https = 8443;
  std::uint16_t dns = 5353;          ///< global only, UDP and TCP
  std::uint16_t endpoint = 4566;     ///< global only: the unified AWS endpoint
  std::uint16_t replication = 7946;  ///< regions only
  bool operator==(const Ports&) const = default;
};

/// Global tables of version 2017.11.29, which AWS refuses to make since 2026.
enum class LegacyGlobalTables { kRefused, kServed };
enum class Durability { kWal, kFsync };

/// Of a request with a member that neither the API model nor what AWS has added since knows.
enum class UnknownMembers { kRefuse, kWarn };

/// The root credentials of the local account: requests signed with this key are verified.
struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
};

struct Config {
  std::string account = "123456789012";
  std::filesystem::path state_folder;  ///< ".tandem": ca/, us-east-1/, global/ …
  std::string global_address = "127.0.0.1";
  std::vector<RegionAddress> regions;
  Ports ports;
  double clock_speed = 1.0;  ///< "clock: 20x": see core/pace.h
  Durability durability = Durability::kWal;
  UnknownMembers unknown_members = UnknownMembers::kRefuse;
  LegacyGlobalTables legacy_global_tables = LegacyGlobalTables::kRefused;
  /// How far a region's clock may be ahead of another's before they stop taking its writes.
  std::int64_t max_clock_drift_ms = 60'000;
  Credentials credentials;  ///< secret

  core::Pace pace() const { return core::Pace(clock_speed); }
  const RegionAddress* find_region(std::string_view name) const;
  std::string to_json() const;
  static core::Parsed<Config> from_json(std::string_view text);
};

}  // namespace tandem::service
