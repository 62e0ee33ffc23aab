#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/exec_network.h"
#include "cli/region_drain.h"
#include "cli/world.h"
#include "core/clock.h"
#include "service/own_paths.h"
#include "topology/links.h"

namespace tandem::cli {
namespace {

constexpr std::chrono::minutes kRebuildTimeout{10};

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

/// Whether its clock keeps it from writing, or a peer refuses what it writes because of it: a peer
/// may know before the region does. Peers refuse for other reasons, too.
bool needs_rebuild(const topology::LocalWorld& world, Client& client,
                   const topology::ProcessState& process) {
  if (!process.clock.empty()) return true;
  const auto links = client.run(topology::links_of(&client.http(), &world.config(), process.name));
  return std::ranges::any_of(links, [](const auto& entry) {
    return entry.second.refused_by_peer.find("clock") != std::string::npos;
  });
}

void report_no_need(const Common& common, const std::string& name) {
  if (common.format() == Format::kJson) {
    print_json(json::object{{"name", name}, {"action", "none"}, {"changed", false}});
  } else {
    print(
        fmt::format("{}: nothing is wrong with its clock, and nothing was done; --force rebuilds "
                    "it all the same",
                    name));
  }
}

/// Asks the region's process, which must run: it refuses writes, it does not stop.
int rebuild(const Common& common, const std::string& name, bool force) {
  const auto world = topology::LocalWorld::open(common.file, remark);
  check_known(world, name);
  const service::RegionAddress* region = world.config().find_region(name);
  if (region == nullptr) throw Failure(kUsage, "global keeps no copies of tables; name a region");
  Client client(world.config());
  for (const auto& process : check_running(world, name)) {
    if (process.name != name || force || needs_rebuild(world, client, process)) continue;
    report_no_need(common, name);
    return 0;
  }
  net::HttpRequest request;
  request.method = "POST";
  request.target = "/_tandem/rebuild";
  service::sign_own_path(request, region->address, world.config().credentials,
                         core::SystemClock().now_s());
  const net::HttpResponse response =
      client.run(client.http().send({.address = region->address, .port = world.config().ports.http},
                                    std::move(request), kRebuildTimeout));
  const auto answer = json::parse_text(response.body);
  const json::object document =
      answer && answer.value().is_object() ? answer.value().as_object() : json::object{};
  if (response.status != 200) {
    // 409: it refuses, and has changed nothing.
    throw Failure(response.status == 409 ? kUsage : kFailed,
                  json::string_or(document, "message", response.body));
  }
  const std::int64_t count = json::int_or(document, "RestampedItems", 0);
  if (common.format() == Format::kJson) {
    print_json(json::object{
        {"name", name}, {"action", "rebuilt"}, {"changed", true}, {"restampedItems", count}});
  } else {
    print(
        fmt::format("{}: rebuilt; {} items have new times, and the other regions are sent "
                    "everything anew",
                    name, count));
  }
  return 0;
}

}  // namespace

void add_region(CLI::App& app, Common& common, int& exit_code) {
  auto* group =
      app.add_subcommand("region", "Kill, stop, start, drain, restore or rebuild one region");
  group->require_subcommand(1);
  add_action(*group, common, exit_code, "kill", "End it with SIGKILL, as a crash would", "killed",
             "stopped",
             [](topology::LocalWorld& world, const std::string& name) { return world.kill(name); });
  add_action(*group, common, exit_code, "stop", "End it in good order", "stopped", "stopped",
             [](topology::LocalWorld& world, const std::string& name) { return world.stop(name); });
  add_action(*group, common, exit_code, "start", "Start it again on its own data", "started",
             "running", [](topology::LocalWorld& world, const std::string& name) {
               require_outside_of_exec("region start " + name);
               const auto lock = world.lock();
               check_has_store(world, name);
               return world.start(name);
             });
  add_region_drain(*group, common, exit_code);
  auto* command = group->add_subcommand(
      "rebuild",
      "After its clock was ahead by more than max_clock_drift: new times for its items, sent anew");
  auto chosen = std::make_shared<Chosen>();
  auto force = std::make_shared<bool>(false);
  command->add_option("name", chosen->name, "A region of the topology")->required();
  command->add_flag("--force", *force, "Also when nothing is wrong with its clock");
  command->callback(
      [&common, &exit_code, chosen, force] { exit_code = rebuild(common, chosen->name, *force); });
}

}  // namespace tandem::cli
