#include "topology/topology.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <fmt/format.h>
#include <fstream>
#include <regex>
#include <set>

#include "core/files.h"
#include "core/text.h"
#include "topology/aws_regions.h"
#include "topology/keys.h"
#include "topology/pipeline_keys.h"
#include "topology/routing_keys.h"
#include "topology/template_parameters.h"
#include "topology/yaml_reader.h"

namespace tandem::topology {
namespace {

constexpr std::size_t kMaxFileBytes = 256 * 1024;
constexpr std::size_t kMaxRegions = 8;
/// Of a name that may be anything.
constexpr std::size_t kShownBytes = 64;
/// What the deployment tells every template itself.
constexpr std::array<std::string_view, 4> kGivenParameters{"TableName", "StageName", "CodeBucket",
                                                           "CodeKey"};

/// Any of them makes the file one of an application, which then needs the whole.
constexpr std::array<std::string_view, 12> kApplicationKeys{
    "domain", "zone",         "template", "artifact",   "parameters", "stage",
    "table",  "health_check", "ttl",      "usage_plan", "pipeline",   "routing"};

bool matches(const std::string& text, const char* pattern) {
  return text.size() <= 255 && std::regex_match(text, std::regex(pattern));
}

class Parser {
 public:
  Parser(const std::filesystem::path& file, Files files)
      : file_(file), files_(files), base_(folder_of(file)), reader_(file.filename().string()) {}

  Topology parse(const YAML::Node& root) {
    Topology topology;
    topology.file = file_;
    if (!root.IsMap()) {
      reader_.fail(root, "the file must be a mapping; start with 'name: my-app'");
      return topology;
    }
    reader_.mapping(root, "the topology", keys_of(""));
    has_application_ = std::ranges::any_of(
        kApplicationKeys, [&](std::string_view key) { return root[std::string(key)].IsDefined(); });
    names(root, topology);
    pace(root, topology);
    regions(root, topology);
    if (has_application_) {
      domain(root, topology);
      read_routing(reader_, root, topology);
      application(root, topology);
      table(root, topology);
      health_check(root, topology);
      usage_plan(root, topology);
      read_pipeline(reader_, root, base_, topology);
    }
    network(root, topology);
    functions(root, topology);
    integrations(root, topology);
    git(root, topology);
    return topology;
  }

  YamlReader& reader() { return reader_; }

 private:
  void names(const YAML::Node& root, Topology& topology) {
    topology.name = reader_.required_text(root, "name", "todo");
    if (!topology.name.empty() && !matches(topology.name, "[a-z][a-z0-9-]{0,30}")) {
      reader_.fail(root["name"], fmt::format("'name' is '{}'; use up to 31 lower-case letters, "
                                             "digits and hyphens, a letter first",
                                             topology.name));
    }
    topology.account = reader_.text(root, "account").value_or(topology.account);
    if (!matches(topology.account, "[0-9]{12}")) {
      reader_.fail(root["account"], "'account' must be twelve digits, in quotes");
    }
  }

  void domain(const YAML::Node& root, Topology& topology) {
    topology.domain = reader_.required_text(root, "domain", "todos.tandem.test");
    constexpr auto kDomain = "([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}";
    if (!topology.domain.empty() && !matches(topology.domain, kDomain)) {
      reader_.fail(root["domain"], fmt::format("'domain' is '{}'; it must be a lower-case domain "
                                               "name such as todos.tandem.test",
                                               topology.domain));
    }
    const auto dot = topology.domain.find('.');
    const std::string parent = dot == std::string::npos ? "" : topology.domain.substr(dot + 1);
    topology.zone = reader_.text(root, "zone")
                        .value_or(parent.find('.') == std::string::npos ? topology.domain : parent);
    if (topology.domain != topology.zone && !topology.domain.ends_with("." + topology.zone)) {
      reader_.fail(root["zone"], fmt::format("'zone' {} does not contain the domain {}; name a "
                                             "parent of it",
                                             topology.zone, topology.domain));
    }
    topology.ttl_s = reader_.integer(root, "ttl", 1, 86'400);
    // RFC 1034 §3.6.2: where a CNAME is, nothing else may be, and a zone's name has SOA and NS.
    if (topology.ttl_s && topology.domain == topology.zone) {
      reader_.fail(root["ttl"],
                   fmt::format("'ttl' makes CNAME records, and the zone's own name {} can have "
                               "none; leave 'ttl' out or use a name below the zone",
                               topology.zone));
    }
  }

  void pace(const YAML::Node& root, Topology& topology) {
    if (const auto clock = reader_.text(root, "clock")) {
      std::smatch speed;
      const std::regex form("([0-9]{1,3})(\\.[0-9]{1,3})?x");
      if (std::regex_match(*clock, speed, form)) {
        topology.clock_speed = std::stod(*clock);
      }
      if (topology.clock_speed < 1.0 || topology.clock_speed > 100.0 || speed.empty()) {
        reader_.fail(root["clock"],
                     fmt::format("'clock' is '{}'; write a factor from 1x to 100x", *clock));
      }
    }
    if (const auto seconds = reader_.integer(root, "max_clock_drift", 1, 31'536'000)) {
      topology.max_clock_drift_ms = *seconds * 1000;
    }
    const std::string durability = reader_.text(root, "durability").value_or("wal");
    if (durability != "wal" && durability != "fsync") {
      reader_.fail(root["durability"], "'durability' must be wal or fsync");
    }
    topology.durability =
        durability == "fsync" ? service::Durability::kFsync : service::Durability::kWal;
    const std::string unknown = reader_.text(root, "unknown_members").value_or("refuse");
    if (unknown != "refuse" && unknown != "warn") {
      reader_.fail(root["unknown_members"], "'unknown_members' must be refuse or warn");
    }
    topology.unknown_members =
        unknown == "warn" ? service::UnknownMembers::kWarn : service::UnknownMembers::kRefuse;
    if (reader_.choice(root, "legacy_global_tables", {"true", "false"}) == "true") {
      topology.legacy_global_tables = service::LegacyGlobalTables::kServed;
    }
    capacity(root, topology);
  }

  void capacity(const YAML::Node& root, Topology& topology) {
    const YAML::Node node = root["capacity"];
    const bool section = node.IsDefined() && node.IsMap();
    if (section && !reader_.mapping(node, "capacity", keys_of("capacity"))) return;
    if (section && !node["mode"]) {
      reader_.fail(node, "'mode' is missing; add for example 'mode: enforce'");
    }
    const auto mode =
        reader_.choice(section ? node : root, section ? "mode" : "capacity", {"off", "enforce"});
    if (mode == "enforce") topology.settings.capacity = service::CapacityMode::kEnforce;
  }

  void regions(const YAML::Node& root, Topology& topology) {
    const YAML::Node node = root["regions"];
    if (!node.IsDefined() || !node.IsMap() || node.size() < 2) {
      reader_.fail(node.IsDefined() ? node : root,
                   "'regions' must name at least two regions, as in\n"
                   "    regions:\n      us-east-1: {weight: 50}\n      us-west-2: {weight: 50}");
      return;
    }
    if (node.size() > kMaxRegions) {
      reader_.fail(node,
                   fmt::format("{} regions; at most {} are supported", node.size(), kMaxRegions));
      return;
    }
    for (const auto& entry : node) {
      Region region{.name = entry.first.Scalar()};
      if (!is_aws_region(region.name)) {
        reader_.fail(entry.first, not_a_region(region.name.substr(0, kShownBytes)));
      }
      if (topology.find_region(region.name) != nullptr) {
        reader_.fail(entry.first, fmt::format("region {} is named twice", region.name));
      }
      if (!entry.second.IsNull()) {
        reader_.mapping(entry.second, "regions." + region.name, keys_of("regions.*"));
        region.weight = reader_.integer(entry.second, "weight", 0, 255).value_or(1);
        if (!has_application_ && entry.second["weight"].IsDefined()) {
          reader_.fail(entry.second["weight"],
                       "'weight' is of an application's records, and this file declares none; "
                       "leave it out");
        }
      }
      check_bucket_name(root["name"], topology, region.name);
      topology.regions.push_back(region);
    }
    const auto home = reader_.text(root, "home");
    topology.home_stated = home.has_value();
    topology.home = home.value_or(topology.regions.front().name);
    if (topology.find_region(topology.home) == nullptr) {
      reader_.fail(root["home"],
                   fmt::format("'home' is {}, which is not among the regions", topology.home));
    }
  }

  /// S3: a bucket's name has at most 63 characters. See bucket_name().
  void check_bucket_name(const YAML::Node& at, const Topology& topology,
                         const std::string& region) {
    const std::size_t others = std::string_view("tandem---").size() + 12 + region.size();
    if (topology.name.size() + others <= 63) return;
    reader_.fail(at, fmt::format("'name' is too long for the bucket name of {}; use at most {} "
                                 "characters",
                                 region, 63 - std::min<std::size_t>(others, 62)));
  }

  void application(const YAML::Node& root, Topology& topology) {
    topology.template_file = existing(root, "template", "template.yaml");
    topology.artifact = existing(root, "artifact", "build/app.zip");
    topology.stage = reader_.text(root, "stage").value_or(topology.stage);
    if (!matches(topology.stage, "[A-Za-z0-9_]{1,128}")) {
      reader_.fail(root["stage"], "'stage' must be letters, digits and underscores");
    }
    const YAML::Node parameters = root["parameters"];
    if (parameters.IsDefined() && !reader_.mapping(parameters, "parameters")) return;
    if (parameters.IsDefined()) values(parameters, topology);
    if (files_ == Files::kMustExist) check_declared(root, topology);
  }

  void values(const YAML::Node& parameters, Topology& topology) {
    for (const auto& entry : parameters) {
      const std::string& name = entry.first.Scalar();
      if (std::find(kGivenParameters.begin(), kGivenParameters.end(), name) !=
          kGivenParameters.end()) {
        reader_.fail(entry.first,
                     fmt::format("parameter '{}' is set by Tandem; leave it out", name));
      }
      if (!entry.second.IsScalar()) {
        reader_.fail(entry.first, "a template parameter's value must be a single value");
        continue;
      }
      topology.parameters[name] = entry.second.Scalar();
    }
  }

  /// CloudFormation refuses both a parameter that a template does not declare and a missing one,
  /// but only once other stacks have been made.
  void check_declared(const YAML::Node& root, const Topology& topology) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(topology.template_file, ignored)) return;  // It was said.
    const auto text = core::find_file(topology.template_file);
    const auto declared = text ? declared_parameters(*text) : std::nullopt;
    if (!declared) return;
    const std::string file = topology.template_file.filename().string();
    std::vector<std::string> names;
    for (const auto& [name, given] : *declared) {
      const bool is_ours = std::find(kGivenParameters.begin(), kGivenParameters.end(), name) !=
                           kGivenParameters.end();
      if (is_ours) continue;
      names.push_back(name);
      if (given == Given::kMay || topology.parameters.contains(name)) continue;
      const YAML::Node at = root["parameters"].IsDefined() ? root["parameters"] : root["template"];
      reader_.fail(at, fmt::format("{0} has a parameter {1} without a default; give it a value, as "
                                   "in 'parameters: {{{1}: value}}'",
                                   file, name));
    }
    for (const auto& entry : root["parameters"]) {
      const std::string& name = entry.first.Scalar();
      if (!topology.parameters.contains(name) || declared->contains(name)) continue;
      reader_.fail(entry.first,
                   fmt::format("{} has no parameter '{}'; {}", file, name.substr(0, kShownBytes),
                               names.empty() ? "it has none to be given a value here"
                                             : remedy(name, names, "it has")));
    }
    for (const std::string_view name : kGivenParameters) {
      if (declared->contains(std::string(name))) continue;
      reader_.fail(root["template"],
                   fmt::format("{} has no parameter {}, which every template is given; add it "
                               "there: '{}: {{Type: String}}'",
                               file, name, name));
    }
  }

  std::filesystem::path existing(const YAML::Node& root, const char* key, const char* example) {
    const std::string name = reader_.required_text(root, key, example);
    if (name.empty()) return {};
    auto path = (base_ / name).lexically_normal();
    std::error_code ignored;
    if (files_ == Files::kMustExist && !std::filesystem::is_regular_file(path, ignored)) {
      reader_.fail(root[key], fmt::format("'{}' names {}, which is no file; {}", key, name,
                                          std::string_view(key) == "artifact"
                                              ? "build the application first"
                                              : "check the path (it is relative to this file)"));
    }
    return path;
  }

  std::optional<Key> key(const YAML::Node& table, const char* name) {
    const YAML::Node node = table[name];
    if (!node.IsDefined()) return std::nullopt;
    if (node.IsScalar()) return checked(node, Key{node.Scalar()});
    const std::string section = fmt::format("table.{}", name);
    if (!reader_.mapping(node, section, keys_of(section))) return std::nullopt;
    Key key{reader_.required_text(node, "name", "id"), reader_.text(node, "type").value_or("S")};
    if (key.type != "S" && key.type != "N" && key.type != "B") {
      reader_.fail(node["type"], "a key's type must be S, N or B");
    }
    return checked(node, std::move(key));
  }

  Key checked(const YAML::Node& at, Key key) {
    if (key.name.empty() || key.name.size() > 255) {
      reader_.fail(at, "a key's name has 1 to 255 characters, as in 'hash_key: id'");
    }
    return key;
  }

  void table(const YAML::Node& root, Topology& topology) {
    const YAML::Node node = root["table"];
    if (!node.IsDefined()) {
      reader_.fail(root,
                   "'table' is missing; add for example 'table: {name: todos, hash_key: id}'");
      return;
    }
    if (!reader_.mapping(node, "table", keys_of("table"))) return;
    topology.table.name = reader_.required_text(node, "name", "todos");
    if (!topology.table.name.empty() && !matches(topology.table.name, "[A-Za-z0-9_.-]{3,255}")) {
      reader_.fail(node["name"], "a table's name is 3 to 255 letters, digits, '_', '-' and '.'");
    }
    const auto hash_key = key(node, "hash_key");
    if (!hash_key) {
      reader_.fail(node, "'hash_key' is missing; add for example 'hash_key: id'");
      return;
    }
    topology.table.hash_key = *hash_key;
    topology.table.range_key = key(node, "range_key");
    if (topology.table.range_key && topology.table.range_key->name == hash_key->name) {
      reader_.fail(node["range_key"], "'range_key' must differ from 'hash_key'");
    }
  }

  void health_check(const YAML::Node& root, Topology& topology) {
    const YAML::Node node = root["health_check"];
    if (!node.IsDefined()) {
      reader_.fail(root,
                   "'health_check' is missing; add for example "
                   "'health_check: {path: /todos/health}'");
      return;
    }
    if (!reader_.mapping(node, "health_check", keys_of("health_check"))) return;
    HealthCheck& check = topology.health_check;
    check.path = reader_.required_text(node, "path", "/todos/health");
    if (!check.path.empty() && !matches(check.path, "/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*")) {
      reader_.fail(node["path"], "'path' must start with '/' and be the path of a URL");
    }
    check.interval_s = reader_.integer(node, "interval", 10, 30).value_or(10);
    if (check.interval_s != 10 && check.interval_s != 30) {
      reader_.fail(node["interval"], "'interval' must be 10 or 30: Route 53 offers no other");
    }
    check.threshold = reader_.integer(node, "threshold", 1, 10).value_or(3);
  }

  void usage_plan(const YAML::Node& root, Topology& topology) {
    const YAML::Node node = root["usage_plan"];
    if (!node.IsDefined()) return;
    if (!reader_.mapping(node, "usage_plan", keys_of("usage_plan"))) return;
    UsagePlan& plan = topology.usage_plan;
    plan.rate = reader_.number(node, "rate", 0);
    plan.burst = reader_.integer(node, "burst", 0, INT32_MAX);
    plan.quota = reader_.integer(node, "quota", 1, INT32_MAX);
    plan.quota_period = reader_.text(node, "period").value_or("DAY");
    if (plan.quota_period != "DAY" && plan.quota_period != "WEEK" && plan.quota_period != "MONTH") {
      reader_.fail(node["period"], "'period' must be DAY, WEEK or MONTH");
    }
    if (node["rate"].IsDefined() != node["burst"].IsDefined()) {
      reader_.fail(node, "'rate' and 'burst' go together");
    }
  }

  void network(const YAML::Node& root, Topology& topology) {
    const YAML::Node node = root["network"];
    if (!node.IsDefined()) return;
    if (!reader_.mapping(node, "network", keys_of("network"))) return;
    if (node["addresses"].IsDefined()) addresses(node["addresses"], topology);
    if (node["ports"].IsDefined()) ports(node["ports"], topology);
  }

  void functions(const YAML::Node& root, Topology& topology) {
    const YAML::Node node = root["functions"];
    if (!node.IsDefined() || !reader_.mapping(node, "functions", keys_of("functions"))) return;
    const auto network = reader_.choice(node, "network", {"isolated", "outbound", "host"});
    if (network) {
      topology.settings.function_network =
          sandbox::parse_network(*network).value_or(topology.settings.function_network);
    }
    const auto root_of_cells = reader_.choice(node, "root", {"machine", "strict"});
    if (root_of_cells) {
      topology.settings.function_root =
          sandbox::parse_root(*root_of_cells).value_or(topology.settings.function_root);
    }
    runtimes(node["runtimes"], topology);
    modules(node["modules"], topology);
  }

  void integrations(const YAML::Node& root, Topology& topology) {
    const YAML::Node node = root["integrations"];
    if (!node.IsDefined() || !reader_.mapping(node, "integrations", keys_of("integrations")))
      return;
    if (const auto network = reader_.choice(node, "network", {"outbound", "host"})) {
      topology.settings.integration_network =
          sandbox::parse_network(*network).value_or(topology.settings.integration_network);
    }
  }

  std::string absolute(const std::string& path) const {
    return (base_ / path).lexically_normal().string();
  }

  void runtimes(const YAML::Node& node, Topology& topology) {
    if (!node.IsDefined() || !reader_.mapping(node, "functions.runtimes")) return;
    for (const auto& entry : node) {
      const auto name = entry.first.as<std::string>();
      if (!name.starts_with("nodejs") && !name.starts_with("python")) {
        reader_.fail(entry.first,
                     fmt::format("functions.runtimes names runtimes or languages: nodejs, "
                                 "python, nodejs22.x, python3.12 …, not {}",
                                 name));
        continue;
      }
      const auto program = reader_.text(node, name.c_str());
      if (program) topology.settings.runtimes[name] = absolute(*program);
    }
  }

  void modules(const YAML::Node& node, Topology& topology) {
    if (!node.IsDefined()) return;
    if (!reader_.mapping(node, "functions.modules", keys_of("functions.modules"))) return;
    for (const char* name : {"nodejs", "python"}) {
      const auto folder = reader_.text(node, name);
      if (folder) topology.settings.modules[name] = absolute(*folder);
    }
  }

  void git(const YAML::Node& root, Topology& topology) {
    const YAML::Node node = root["git"];
    if (!node.IsDefined() || !reader_.mapping(node, "git", keys_of("git"))) return;
    auto host = reader_.text(node, "host");
    if (!host) return;
    while (host->size() > 1 && host->ends_with('/')) host->pop_back();
    if (host->find("://") == std::string::npos) {
      std::string folder = (base_ / *host).lexically_normal().string();
      // "../.." ends in a slash when it is resolved.
      while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
      if (!std::filesystem::is_directory(folder)) {
        reader_.fail(node["host"], fmt::format("git.host: there is no folder {}", folder));
      }
      topology.settings.git_host = std::move(folder);
    } else if (matches(*host, "https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")) {
      topology.settings.git_host = *host;
    } else {
      reader_.fail(node["host"],
                   fmt::format("git.host '{}' is neither a URL such as https://github.com, "
                               "without user and password, nor a folder of repositories",
                               host->substr(0, kShownBytes)));
    }
  }

  void addresses(const YAML::Node& node, Topology& topology) {
    if (!reader_.mapping(node, "network.addresses")) return;
    std::set<std::string> given;
    for (const auto& entry : node) {
      const std::string& name = entry.first.Scalar();
      const std::string address = entry.second.IsScalar() ? entry.second.Scalar() : "";
      if (name != "global" && topology.find_region(name) == nullptr) {
        reader_.fail(entry.first, fmt::format("'{}' is neither a region nor 'global'", name));
      }
      in_addr parsed{};
      if (!address.starts_with("127.") || inet_pton(AF_INET, address.c_str(), &parsed) != 1) {
        reader_.fail(entry.first,
                     fmt::format("'{}' is not a loopback address (127.x.y.z)", address));
      } else if (!given.insert(address).second) {
        reader_.fail(
            entry.first,
            fmt::format("{} is given twice; every process needs an address of its own", address));
      }
      topology.network.addresses[name] = address;
    }
  }

  void ports(const YAML::Node& node, Topology& topology) {
    if (!reader_.mapping(node, "network.ports", keys_of("network.ports"))) return;
    std::map<std::int64_t, std::string> uses;
    for (const std::string& name : keys_of("network.ports")) {
      const auto port = reader_.integer(node, name.c_str(), 1, 65'535);
      if (!port) continue;
      const auto [use, is_new] = uses.emplace(*port, name);
      if (!is_new) {
        reader_.fail(node[name], fmt::format("port {} is given to both {} and {}; choose two",
                                             *port, use->second, name));
      }
      topology.network.ports[name] = static_cast<std::uint16_t>(*port);
    }
  }

  std::filesystem::path file_;
  Files files_;
  std::filesystem::path base_;
  YamlReader reader_;
  bool has_application_ = false;
};

}  // namespace

std::filesystem::path folder_of(const std::filesystem::path& file) {
  std::error_code failed;
  const std::filesystem::path whole = std::filesystem::absolute(file, failed);
  // getcwd(3) fails in a folder that has been removed.
  if (failed) throw TopologyError("the folder in which this runs is gone");
  return std::filesystem::weakly_canonical(whole.parent_path());
}

Topology parse_topology(std::string_view text, const std::filesystem::path& file, Files files) {
  const std::string name = file.filename().string();
  if (text.size() > kMaxFileBytes) {
    throw TopologyError(fmt::format("{}: larger than {} bytes", name, kMaxFileBytes));
  }
  std::vector<YAML::Node> documents;
  try {
    // Aliases share the node they name, so that no small file becomes a huge document here.
    documents = YAML::LoadAll(std::string(text));
  } catch (const YAML::Exception& error) {
    throw TopologyError(syntax_error(name, text, error, "docs/tandem-yaml.md"));
  }
  if (documents.size() > 1) {
    throw TopologyError(
        fmt::format("{}: holds {} YAML documents; keep one (without a '---' line between)", name,
                    documents.size()));
  }
  Parser parser(file, files);
  Topology topology = parser.parse(documents.empty() ? YAML::Node() : documents.front());
  const auto& failures = parser.reader().failures();
  if (!failures.empty()) throw TopologyError(core::join(failures, "\n"));
  return topology;
}

Topology load_topology(const std::filesystem::path& file, Files files) {
  std::error_code failed;
  const auto status = std::filesystem::status(file, failed);
  if (!std::filesystem::exists(status)) {
    throw TopologyError(
        fmt::format("there is no {} here; go to the folder that has one, or name "
                    "it with --file",
                    file.string()));
  }
  if (!std::filesystem::is_regular_file(status)) {
    throw TopologyError(fmt::format("{} is not a file; name a topology file, as in --file {}",
                                    file.string(), (file / "tandem.yaml").string()));
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) throw TopologyError(fmt::format("{} cannot be read; check its mode", file.string()));
  // One byte more than allowed is enough to see that it is too large.
  std::string text(kMaxFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return parse_topology(text, file, files);
}

}  // namespace tandem::topology
