#include <CLI/CLI.hpp>
#include <filesystem>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/world.h"
#include "topology/deployed.h"

namespace tandem::cli {
namespace {

/// Deletes what is deployed, and makes the topology say what that is: tandem.yaml may name another.
void delete_stacks(topology::LocalWorld& world, topology::Topology& topology) {
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
      remark(fmt::format("  {:<11} {:<16} {}", step.region, step.stack, step.status));
    }
  });
  client.run(deployer.destroy(topology));
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
  auto topology = topology::load_topology(common.file);
  auto world = topology::LocalWorld::salvage(common.file, remark);
  const bool was_here = std::filesystem::exists(world.folder() / "config.json");
  if (!was_here) {
    // An interrupted first 'up' may have left a beginning.
    world.stop_all();
    std::filesystem::remove_all(world.folder());
    report(common, topology, false, "Nothing to destroy: nothing was started here.");
    return 0;
  }
  const auto lock = world.lock();
  std::string deleted = "stacks deleted";
  try {
    if (world.config().regions.empty()) throw Failure(kFailed, "the configuration is lost");
    delete_stacks(world, topology);
  } catch (const std::exception& error) {
    remark(fmt::format("tandem: not all stacks could be deleted, so their data go without: {}",
                       error.what()));
    deleted = "stacks removed with their data";
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
  command->add_flag("--yes", *sure, "Do it without asking again");
  command->callback([&common, &exit_code, sure] {
    if (!*sure) throw Failure(kUsage, "this deletes all data; say so with 'tandem destroy --yes'");
    exit_code = destroy(common);
  });
}

}  // namespace tandem::cli
