#include "cli/world.h"

#include <algorithm>
#include <fmt/format.h>

#include "cli/command.h"
#include "core/nearest.h"
#include "core/text.h"
#include "topology/identity.h"

namespace tandem::cli {

void check_known(const topology::LocalWorld& world, const std::string& name) {
  const std::vector<std::string> names = world.names();
  if (std::ranges::find(names, name) != names.end()) return;
  const auto meant = core::nearest_word(name, names);
  throw Failure(kUsage, fmt::format("there is no region '{}'{}; there are {}", name,
                                    meant ? ", did you mean '" + *meant + "'?" : "",
                                    core::join(names, ", ")));
}

bool all_answer(const std::vector<topology::ProcessState>& processes) {
  bool all = true;
  for (const auto& process : processes) {
    if (process.life != topology::Life::kSilent) continue;
    remark("tandem: " + topology::advice(process));
    all = false;
  }
  return all;
}

std::vector<topology::ProcessState> check_running(const topology::LocalWorld& world,
                                                  const std::string& name) {
  std::vector<topology::ProcessState> others;
  std::vector<topology::ProcessState> all = world.processes();
  for (const auto& process : all) {
    if (process.name != name) {
      others.push_back(process);
    } else if (!process.answers()) {
      throw Failure(kNotRunning, topology::advice(process));
    }
  }
  all_answer(others);
  return all;
}

std::vector<std::string> region_names(const topology::LocalWorld& world) {
  std::vector<std::string> names;
  for (const auto& region : world.config().regions) names.push_back(region.name);
  return names;
}

std::filesystem::path made_file(const topology::LocalWorld& world) {
  return world.folder() / "deployed";
}

topology::Made made_of(const topology::LocalWorld& world) {
  return topology::load_made(made_file(world));
}

bool has_lost_disk(const topology::LocalWorld& world, const std::string& name) {
  if (!made_of(world).has_region(name)) return false;
  const auto store = world.folder() / name / "store";
  std::error_code failed;
  const auto kind = std::filesystem::symlink_status(store, failed).type();
  if (kind == std::filesystem::file_type::not_found) return true;
  // What is there and damaged, the process itself names.
  return kind == std::filesystem::file_type::directory && std::filesystem::is_empty(store, failed);
}

void check_has_store(const topology::LocalWorld& world, const std::string& name) {
  if (!has_lost_disk(world, name)) return;
  throw Failure(
      kUsage,
      fmt::format("{} has lost its disk (there is nothing in {}): put a copy of its folder back, "
                  "or run 'tandem up', which copies its tables from another region and "
                  "deploys it anew",
                  name, (world.folder() / name / "store").string()),
      json::object{{"refused", "the region has lost its disk"}, {"name", name}});
}

topology::Topology load_settled(const Common& common, const topology::LocalWorld& world) {
  const topology::Made made = made_of(world);
  const auto identity = topology::identity_of(made);
  try {
    return topology::settled(topology::load_topology(common.file), region_names(world), identity);
  } catch (const topology::TopologyError& error) {
    // A name that somebody gave and that names nothing is a slip, and is told as one.
    const std::filesystem::path file = common.file;
    if (file.filename() != "tandem.yaml" && !std::filesystem::exists(file)) throw;
    remark(fmt::format("tandem: {}\ntandem: what .tandem/ knows is used instead", error.message));
  }
  // Of a world that was never deployed only the regions are known.
  topology::Topology known{.file = common.file, .domain = topology::domain_of(made)};
  known.account = world.config().account;
  if (identity) known.name = identity->name;
  for (const std::string& name : region_names(world)) known.regions.push_back({.name = name});
  known.home = identity ? identity->home : known.regions.empty() ? "" : known.regions.front().name;
  return known;
}

void require_application(const topology::Topology& topology, std::string_view why) {
  if (topology.declares_application()) return;
  throw Failure(kUsage,
                fmt::format("{} declares no application (domain, template, artifact, table, "
                            "health_check), {}",
                            topology.file.filename().string(), why));
}

void check_none_is_left(const topology::Topology& topology, const topology::LocalWorld& world) {
  const auto identity = topology::identity_of(made_of(world));
  if (topology.declares_application() || !identity) return;
  throw Failure(kUsage,
                fmt::format("{0} is deployed here, and {1} declares no application: give it its "
                            "keys back, or delete {0} and its data with 'tandem destroy --yes'",
                            identity->name, topology.file.filename().string()));
}

topology::Topology with_deployed_domain(topology::Topology topology,
                                        const topology::LocalWorld& world) {
  const std::string deployed = topology::domain_of(made_of(world));
  if (deployed.empty() || deployed == topology.domain) return topology;
  remark(fmt::format("tandem: {} says {}, which 'tandem up' deploys; until then it is {}",
                     topology.file.filename().string(), topology.domain, deployed));
  topology.domain = deployed;
  return topology;
}

std::string base_url(const topology::LocalWorld& world, const topology::Topology& topology) {
  if (topology.domain.empty()) return "";  // Nothing was deployed, and no file says what will be.
  const std::uint16_t port = world.config().ports.https;
  return port == 443 ? fmt::format("https://{}", topology.domain)
                     : fmt::format("https://{}:{}", topology.domain, port);
}

std::string dns_address(const service::Config& config) {
  return fmt::format("{}:{}", config.global_address, config.ports.dns);
}

std::string curl_line(const topology::LocalWorld& world, const topology::Topology& topology,
                      const std::string& path, const std::string& api_key) {
  const service::Config& config = world.config();
  return fmt::format(
      "curl --cacert {} --resolve {}:{}:$(dig +short -p {} @{} {} A | tail -1) "
      "-H 'x-api-key: {}' {}",
      shell_word(world.ca_file().string()), topology.domain, config.ports.https, config.ports.dns,
      config.global_address, topology.domain, api_key,
      shell_word(base_url(world, topology) + path));
}

}  // namespace tandem::cli
