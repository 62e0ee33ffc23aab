// tandem.yaml: what the user declares once and Tandem applies locally or to AWS.
// The file's reference is docs/tandem-yaml.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/config.h"
#include "service/region_settings.h"

namespace tandem::topology {

struct Region {
  std::string name;
  std::int64_t weight = 1;  ///< Route 53 weight, 0–255
};

/// How the domain's records choose a region: `routing:`.
enum class Routing { kWeighted, kLatency, kFailover };
/// "weighted", "latency", "failover".
std::string_view routing_text(Routing routing);

struct Key {
  std::string name;
  std::string type = "S";  ///< S, N or B
};

struct Table {
  std::string name;
  Key hash_key;
  std::optional<Key> range_key;
};

struct HealthCheck {
  std::string type = "HTTPS";
  std::string path;  ///< below the stage, "/todos/health"
  std::int64_t interval_s = 10;
  std::int64_t threshold = 3;
};

struct UsagePlan {
  std::optional<double> rate;
  std::optional<std::int64_t> burst;
  std::optional<std::int64_t> quota;
  std::string quota_period = "DAY";
};

/// Overrides for running locally; whatever is absent is chosen by `up`.
struct Network {
  std::map<std::string, std::string> addresses;  ///< by region name, and "global"
  std::map<std::string, std::uint16_t> ports;    ///< http, https, dns, endpoint, replication
};

/// Of the application's pipelines, one for each region: `pipeline:`.
struct PipelineSettings {
  enum class Source { kGitHub, kConnection, kS3 };
  std::filesystem::path template_file;  ///< absolute
  Source source = Source::kGitHub;
  std::string repository;  ///< "OWNER/REPOSITORY"
  std::string branch = "main";
  std::string token_variable = "GITHUB_TOKEN";  ///< of the environment; its value is a secret
  std::string connection;                       ///< an ARN
  std::string bucket;                           ///< with Source::kS3, and key
  std::string key = "source.zip";
  bool poll = false;
  std::string region;  ///< where all of them are; empty: each where it deploys to
};

struct Topology {
  std::filesystem::path file;
  std::string name;
  std::string domain;  ///< empty, as all of an application's keys, when none is declared
  std::string zone;
  std::string account = "123456789012";
  double clock_speed = 1.0;
  std::int64_t max_clock_drift_ms = 60'000;
  service::Durability durability = service::Durability::kWal;
  service::UnknownMembers unknown_members = service::UnknownMembers::kRefuse;
  service::LegacyGlobalTables legacy_global_tables = service::LegacyGlobalTables::kRefused;
  std::vector<Region> regions;
  Routing routing = Routing::kWeighted;
  std::string home;
  bool home_stated = false;             ///< false: home is the first region for want of `home:`
  std::filesystem::path template_file;  ///< absolute
  std::filesystem::path artifact;       ///< absolute
  std::map<std::string, std::string> parameters;
  std::string stage = "prod";
  Table table;
  HealthCheck health_check;
  std::optional<std::int64_t> ttl_s;  ///< absent: alias records with the target's TTL (60 s)
  UsagePlan usage_plan;
  Network network;
  service::RegionSettings settings;
  std::optional<PipelineSettings> pipeline;

  const Region* find_region(std::string_view name) const;
  /// With Routing::kFailover: the region with the most weight, home where they weigh the same.
  const Region& primary() const;
  /// False of a file with none of an application's keys: regions that other tools deploy to.
  bool declares_application() const { return !domain.empty(); }
};

/// What is wrong, where, and what to do about it.
struct TopologyError : std::exception {
  TopologyError(std::string text) : message(std::move(text)) {}
  const char* what() const noexcept override { return message.c_str(); }
  std::string message;  ///< "tandem.yaml:12: unknown key 'wieght' …; did you mean 'weight'?"
};

/// Only who deploys needs the template and the artifact.
enum class Files { kMustExist, kMayBeMissing };

/// Reads and validates the file. Throws TopologyError with every finding, a line each.
Topology load_topology(const std::filesystem::path& file, Files files = Files::kMayBeMissing);
/// The same from text; file only gives names to messages and a base to relative paths.
Topology parse_topology(std::string_view text, const std::filesystem::path& file,
                        Files files = Files::kMustExist);

/// The folder a topology file is in: one answer however the file was named.
std::filesystem::path folder_of(const std::filesystem::path& file);

}  // namespace tandem::topology
