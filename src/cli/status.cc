#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/world.h"

namespace tandem::cli {
namespace {

/// kNotRunning when any process is down, so that scripts can ask.
int status(const Common& common) {
  const auto topology = topology::load_topology(common.file);
  const auto world = topology::LocalWorld::open(common.file);
  const auto& config = world.config();
  bool all_up = true;
  bool global_up = false;
  std::vector<std::vector<std::string>> rows{{"PROCESS", "ADDRESS", "PID", "STATE"}};
  json::array processes;
  for (const auto& process : world.processes()) {
    all_up &= process.pid.has_value();
    if (process.name == "global") global_up = process.pid.has_value();
    rows.push_back({process.name, process.address, process.pid ? std::to_string(*process.pid) : "-",
                    process.pid ? "running" : "stopped"});
    json::object entry{
        {"name", process.name}, {"address", process.address}, {"running", process.pid.has_value()}};
    if (process.pid) entry["pid"] = *process.pid;
    processes.push_back(std::move(entry));
  }
  std::vector<HealthRow> health;
  if (global_up) {
    Client client(config);
    health = client.run(health_checks(&client.api()));
  }
  if (common.format() == Format::kJson) {
    json::array checks;
    for (const auto& row : health) {
      checks.push_back(json::object{{"name", row.name}, {"status", row.status}});
    }
    print_json(json::object{{"processes", processes},
                            {"healthChecks", checks},
                            {"url", base_url(world, topology)},
                            {"dns", dns_address(config)},
                            {"clock", config.clock_speed}});
  } else {
    print(table(rows));
    if (!health.empty()) {
      std::vector<std::vector<std::string>> checks{{"HEALTH CHECK", "STATUS"}};
      for (const auto& row : health) checks.push_back({row.name, row.status});
      print(table(checks));
    }
    print(table({{"URL", base_url(world, topology)}, {"DNS", dns_address(config)}}));
    if (config.clock_speed != 1.0) {
      print(fmt::format("  Clock: {}x. Health-check intervals and DNS TTLs are not AWS's pace.",
                        config.clock_speed));
    }
  }
  return all_up ? 0 : kNotRunning;
}

}  // namespace

void add_status(CLI::App& app, Common& common, int& exit_code) {
  auto* command =
      app.add_subcommand("status", "Show processes, health checks and the clock's pace");
  command->callback([&common, &exit_code] { exit_code = status(common); });
}

}  // namespace tandem::cli
