#include <CLI/CLI.hpp>
#include <filesystem>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/world.h"

namespace tandem::cli {
namespace {

int destroy(const Common& common) {
  const auto topology = topology::load_topology(common.file);
  auto world = topology::LocalWorld::open(topology);
  world.start_missing();
  {
    Client client(world.config());
    topology::Deployer deployer(client.api(), {}, [](const topology::Progress& step) {
      if (step.type == "AWS::CloudFormation::Stack") {
        remark(fmt::format("  {:<11} {:<16} {}", step.region, step.stack, step.status));
      }
    });
    client.run(deployer.destroy(topology));
  }
  world.stop_all();
  std::filesystem::remove_all(world.folder());
  if (common.format() == Format::kJson) {
    print_json(json::object{{"destroyed", topology.name}});
  } else {
    print(fmt::format("{}: stacks deleted, processes stopped, {} removed", topology.name,
                      world.folder().string()));
  }
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
