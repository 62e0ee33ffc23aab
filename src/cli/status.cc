#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/world.h"

namespace tandem::cli {
namespace {

struct Shown {
  const topology::Topology& topology;
  const topology::LocalWorld& world;
  std::vector<topology::ProcessState> processes;
  std::vector<HealthRow> health;
};

/// Nothing when global does not say: the processes are worth showing all the same.
std::vector<HealthRow> ask_health(const topology::LocalWorld& world) {
  const auto& config = world.config();
  Client client(config);
  try {
    return client.run(health_checks(&client.http(), &config));
  } catch (const net::NetError& error) {
    remark("tandem: the health checks are not known: global: " + error.message);
  } catch (const Failure& error) {
    remark(std::string("tandem: the health checks are not known: ") + error.what());
  }
  return {};
}

std::string_view network_of(const topology::LocalWorld& world) {
  return sandbox::network_name(world.functions().network);
}

void print_status_json(const Shown& at) {
  json::array processes;
  for (const auto& process : at.processes) {
    json::object entry{{"name", process.name},
                       {"address", process.address},
                       {"running", process.answers()},
                       {"state", topology::life_text(process.life)}};
    if (process.pid) entry["pid"] = *process.pid;
    if (!process.problem.empty()) entry["problem"] = process.problem;
    processes.push_back(std::move(entry));
  }
  json::array checks;
  for (const HealthRow& row : at.health) {
    json::object entry{
        {"name", row.name},         {"status", row.healthy ? "healthy" : "unhealthy"},
        {"since", row.since},       {"healthyCheckers", row.healthy_checkers},
        {"checkers", row.checkers}, {"checkersThatLooked", row.looked}};
    if (row.in_dns) entry["inDns"] = *row.in_dns;
    checks.push_back(std::move(entry));
  }
  print_json(json::object{{"processes", processes},
                          {"healthChecks", checks},
                          {"url", base_url(at.world, at.topology)},
                          {"dns", dns_address(at.world.config())},
                          {"clock", at.world.config().clock_speed},
                          {"functions", json::object{{"network", network_of(at.world)}}}});
}

std::string checkers_text(const HealthRow& row) {
  if (row.looked == 0) return "none has looked yet";
  return fmt::format("{} of {} healthy", row.healthy_checkers, row.checkers);
}

void print_status(const Shown& at) {
  std::vector<std::vector<std::string>> rows{{"PROCESS", "ADDRESS", "PID", "STATE"}};
  for (const auto& process : at.processes) {
    const std::string state(topology::life_text(process.life));
    rows.push_back({process.name, process.address, process.pid ? std::to_string(*process.pid) : "-",
                    process.problem.empty() ? state : state + ": " + process.problem});
  }
  print(table(rows));
  if (!at.health.empty()) {
    std::vector<std::vector<std::string>> checks{
        {"HEALTH CHECK", "STATUS", "SINCE", "CHECKERS", "IN DNS"}};
    for (const HealthRow& row : at.health) {
      checks.push_back({row.name, row.healthy ? "healthy" : "unhealthy", row.since,
                        checkers_text(row),
                        !row.in_dns   ? "-"
                        : *row.in_dns ? "yes"
                                      : "no"});
    }
    print(table(checks));
  }
  print(table({{"URL", base_url(at.world, at.topology)}, {"DNS", dns_address(at.world.config())}}));
  if (at.world.functions().network != sandbox::Network::kIsolated) {
    print(fmt::format(
        "  Functions: network {}{}.", network_of(at.world),
        at.world.functions().network == sandbox::Network::kHost ? ", which is unsafe" : ""));
  }
  const double speed = at.world.config().clock_speed;
  if (speed != 1.0) {
    print(fmt::format("  Clock: {}x. Health-check intervals and DNS TTLs are not AWS's pace.",
                      speed));
  }
}

/// kNotRunning when any process is down or does not answer, so that scripts can ask.
int status(const Common& common) {
  const auto topology = topology::load_topology(common.file);
  const auto world = topology::LocalWorld::open(common.file);
  Shown shown{topology, world, world.processes(), {}};
  if (shown.processes.front().answers()) shown.health = ask_health(world);
  if (common.format() == Format::kJson) {
    print_status_json(shown);
  } else {
    print_status(shown);
    all_answer(shown.processes);
  }
  const bool all_up = std::ranges::all_of(shown.processes, [](const auto& process) {
    return process.life == topology::Life::kRunning;
  });
  return all_up ? 0 : kNotRunning;
}

}  // namespace

void add_status(CLI::App& app, Common& common, int& exit_code) {
  auto* command =
      app.add_subcommand("status", "Show processes, health checks and the clock's pace");
  command->callback([&common, &exit_code] { exit_code = status(common); });
}

}  // namespace tandem::cli
