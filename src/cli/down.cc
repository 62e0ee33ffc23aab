#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "topology/local.h"

namespace tandem::cli {

void add_down(CLI::App& app, Common& common, int& exit_code) {
  auto* command = app.add_subcommand(
      "down", "Stop all processes. Data, stacks and the key stay; 'tandem up' goes on from there");
  command->callback([&common, &exit_code] {
    json::array stopped;
    topology::LocalWorld world = topology::LocalWorld::salvage(common.file, remark);
    if (std::filesystem::exists(world.folder())) {
      const auto lock = world.lock();
      for (const std::string& name : world.stop_all()) stopped.push_back(json::string(name));
    }
    world.end_strays();
    if (common.format() == Format::kJson) {
      print_json(json::object{{"stopped", stopped}});
    } else if (stopped.empty()) {
      print("Nothing was running.");
    } else {
      for (const auto& name : stopped) print("stopped " + json::to_std(name));
    }
    exit_code = 0;
  });
}

}  // namespace tandem::cli
