#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/world.h"

namespace tandem::cli {
namespace {

struct Chosen {
  std::string name;
};

/// state is what it is in when there was nothing to do: "running" or "stopped".
void report(const Common& common, const std::string& name, const std::string& action, bool did,
            const std::string& state) {
  if (common.format() == Format::kJson) {
    print_json(json::object{{"name", name}, {"action", action}, {"changed", did}});
  } else {
    print(fmt::format("{}: {}{}", name, did ? "" : "already ", did ? action : state));
  }
}

template <class Act>
void add_action(CLI::App& group, Common& common, int& exit_code, const char* verb, const char* help,
                const char* done, const char* state, Act act) {
  auto* command = group.add_subcommand(verb, help);
  auto chosen = std::make_shared<Chosen>();
  command->add_option("name", chosen->name, "A region of the topology, or 'global'")->required();
  command->callback([&common, &exit_code, chosen, done, state, act] {
    auto world = topology::LocalWorld::open(common.file, remark);
    check_known(world, chosen->name);
    report(common, chosen->name, done, act(world, chosen->name), state);
    exit_code = 0;
  });
}

}  // namespace

void add_region(CLI::App& app, Common& common, int& exit_code) {
  auto* group = app.add_subcommand("region", "Kill, stop or start one region's process");
  group->require_subcommand(1);
  add_action(*group, common, exit_code, "kill", "End it with SIGKILL, as a crash would", "killed",
             "stopped",
             [](topology::LocalWorld& world, const std::string& name) { return world.kill(name); });
  add_action(*group, common, exit_code, "stop", "End it in good order", "stopped", "stopped",
             [](topology::LocalWorld& world, const std::string& name) { return world.stop(name); });
  add_action(*group, common, exit_code, "start", "Start it again on its own data", "started",
             "running", [](topology::LocalWorld& world, const std::string& name) {
               const auto lock = world.lock();
               return world.start(name);
             });
}

}  // namespace tandem::cli
