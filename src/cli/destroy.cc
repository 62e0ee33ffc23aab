#include <CLI/CLI.hpp>
#include <filesystem>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/world.h"
#include "topology/deployed.h"
#include "topology/obstacles.h"
#include "topology/stacks.h"

namespace tandem::cli {
namespace {

/// Whether DynamoDB would refuse to remove a copy of the table, and so CloudFormation to delete the
/// data stack. Says which and why: nothing is left of it all the same, as it is all in the folder.
bool has_bound_copy(const topology::LocalWorld& world, const topology::Topology& topology,
                    Client& client) {
  const std::string table = made_of(world).table;
  auto bound =
      client.run(topology::bound_copies(&client.http(), &world.config(), topology.home, table));
  bound.erase(topology.home);
  for (const auto& [region, until] : bound) {
    remark(fmt::format(
        "table {}: DynamoDB keeps the copy in {} until {}, because another was "
        "copied from it within 24 hours: stack {} is not deleted, and goes with {}",
        table, region, until, topology::data_stack_name(topology), world.folder().string()));
  }
  return !bound.empty();
}

/// Deletes what is deployed, and makes the topology say what that is: tandem.yaml may name another.
/// Returns what was done, in words. Throws when a stack could not be deleted.
std::string delete_stacks(topology::LocalWorld& world, topology::Topology& topology) {
  // One that does not answer would hold up every deletion: it goes, and comes back.
  for (const auto& process : world.processes()) {
    if (process.life != topology::Life::kSilent) continue;
    remark(
        fmt::format("{} (pid {}) does not answer: ended by SIGKILL", process.name, *process.pid));
    world.kill(process.name);
  }
  world.start_missing();
  Client client(world.config());
  topology = client.run(
      topology::as_deployed(topology::Cloud(client.api()), topology, region_names(world)));
  topology::Deployer deployer(client.api(), {}, [](const topology::Progress& step) {
    if (step.type == "AWS::CloudFormation::Stack") {
      remark(fmt::format("  {:<14} {:<16} {}{}", step.region, step.stack, step.status,
                         step.status.ends_with("_FAILED") ? " " + step.reason : ""));
    }
  });
  const bool bound = has_bound_copy(world, topology, client);
  client.run(deployer.destroy(
      topology, bound ? topology::Deployer::Data::kLeave : topology::Deployer::Data::kDelete));
  if (!bound) return "stacks deleted";
  return fmt::format("all stacks but {} deleted, which went with its data",
                     topology::data_stack_name(topology));
}

void report(const Common& common, const topology::Topology& topology, bool destroyed,
            const std::string& text) {
  if (common.format() == Format::kJson) {
    print_json(json::object{{"destroyed", topology.name}, {"changed", destroyed}});
  } else {
    print(text);
  }
}

/// Whatever state the world is in, nothing of it is left: all that it has is in its folder.
int destroy(const Common& common) {
  auto world = topology::LocalWorld::salvage(common.file, remark);
  const bool was_here = std::filesystem::exists(world.folder() / "config.json");
  auto topology = was_here ? load_settled(common, world) : topology::load_topology(common.file);
  if (!was_here) {
    // An interrupted first 'up' may have left a beginning.
    world.stop_all();
    std::filesystem::remove_all(world.folder());
    report(common, topology, false, "Nothing to destroy: nothing was started here.");
    return 0;
  }
  const auto lock = world.lock();
  std::string deleted;
  try {
    if (world.config().regions.empty()) throw Failure(kFailed, "the configuration is lost");
    deleted = delete_stacks(world, topology);
  } catch (const std::exception& error) {
    remark(
        fmt::format("tandem: not all stacks could be deleted: {}; what is left of them and "
                    "their data is removed with {}",
                    error.what(), world.folder().string()));
    deleted = "not every stack deleted, but all removed with their data";
  }
  world.stop_all();
  std::filesystem::remove_all(world.folder());
  report(common, topology, true,
         fmt::format("{}: {}, processes stopped, {} removed", topology.name, deleted,
                     world.folder().string()));
  return 0;
}

}  // namespace

void add_destroy(CLI::App& app, Common& common, int& exit_code) {
  auto* command = app.add_subcommand(
      "destroy", "Delete every stack, stop the processes and remove their data and the key");
  auto sure = std::make_shared<bool>(false);
  command->add_flag("--yes", *sure, "Required, since all data are deleted");
  command->callback([&common, &exit_code, sure] {
    if (!*sure) throw Failure(kUsage, "this deletes all data; say so with 'tandem destroy --yes'");
    exit_code = destroy(common);
  });
}

}  // namespace tandem::cli
