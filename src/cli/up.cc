#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/api_key.h"
#include "cli/commands.h"
#include "cli/harmless.h"
#include "cli/world.h"

namespace tandem::cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Shows stack events: on a terminal one line that moves, elsewhere a line a stack's state.
class ProgressView {
 public:
  void show(const topology::Progress& step) {
    if (step.status.ends_with("_FAILED")) {
      clear();
      remark(fmt::format("  {} {} {}: {} {}", step.region, step.stack, step.resource, step.status,
                         step.reason));
      return;
    }
    if (moving_) {
      const std::string line =
          fmt::format("  {} {} {} {}", step.region, step.stack, step.resource, step.status);
      fmt::print(stderr, "\r\033[K{}", harmless(line, Lines::kEscape).substr(0, 110));
    } else if (step.type == "AWS::CloudFormation::Stack") {
      remark(fmt::format("  {:<11} {:<16} {}", step.region, step.stack, step.status));
    }
  }
  void clear() {
    if (moving_) fmt::print(stderr, "\r\033[K");
  }

 private:
  bool moving_ = on_terminal(STDERR_FILENO);
};

std::string ready_text(std::size_t started, std::size_t all, double ready_ms) {
  if (started == 0) return fmt::format("all {} processes run already", all);
  return fmt::format("{} {} ready in {:.0f} ms", started, started == 1 ? "process" : "processes",
                     ready_ms);
}

std::string outcome_text(topology::Outcome outcome) {
  switch (outcome) {
    case topology::Outcome::kCreated:
      return "created";
    case topology::Outcome::kUpdated:
      return "updated";
    case topology::Outcome::kUnchanged:
      return "unchanged";
  }
  return "";
}

struct Summary {
  const topology::Topology& topology;
  topology::LocalWorld& world;
  const std::vector<std::string>& started;
  const std::vector<topology::StackResult>& stacks;
  const std::string& api_key;
  double ready_ms;
  double deployed_s;

  bool unchanged() const {
    return started.empty() && std::all_of(stacks.begin(), stacks.end(), [](const auto& stack) {
             return stack.outcome == topology::Outcome::kUnchanged;
           });
  }
};

void print_summary_json(const Summary& at) {
  json::array regions;
  for (const auto& region : at.topology.regions) {
    const auto* where = at.world.config().find_region(region.name);
    regions.push_back(json::object{
        {"name", region.name}, {"address", where->address}, {"weight", region.weight}});
  }
  json::array stacks;
  for (const auto& stack : at.stacks) {
    stacks.push_back(json::object{{"region", stack.region},
                                  {"stack", stack.stack},
                                  {"outcome", outcome_text(stack.outcome)}});
  }
  json::array started;
  for (const auto& name : at.started) started.push_back(json::string(name));
  const auto& config = at.world.config();
  print_json(json::object{
      {"url", base_url(at.world, at.topology)},
      {"apiKey", at.api_key},
      {"dns", dns_address(config)},
      {"endpoint", fmt::format("http://{}:{}", config.global_address, config.ports.endpoint)},
      {"ca", at.world.ca_file().string()},
      {"clock", config.clock_speed},
      {"regions", regions},
      {"stacks", stacks},
      {"started", started},
      {"changed", !at.unchanged()},
      {"readyMs", std::llround(at.ready_ms)},
      {"deployedMs", std::llround(at.deployed_s * 1000)}});
}

void print_summary(const Summary& at) {
  const auto& config = at.world.config();
  if (at.unchanged()) print("Nothing to change: everything runs as tandem.yaml says.\n");
  std::vector<std::vector<std::string>> rows{{"REGION", "ADDRESS", "WEIGHT", "STACKS"}};
  for (const auto& region : at.topology.regions) {
    std::string stacks;
    for (const auto& stack : at.stacks) {
      if (stack.region != region.name) continue;
      stacks += fmt::format("{}{} {}", stacks.empty() ? "" : ", ", stack.stack,
                            outcome_text(stack.outcome));
    }
    rows.push_back({region.name, config.find_region(region.name)->address,
                    std::to_string(region.weight), stacks});
  }
  print(table(rows));
  print(table({{"URL", base_url(at.world, at.topology)},
               {"API key", at.api_key},
               {"DNS", dns_address(config)},
               {"AWS endpoint",
                fmt::format("http://{}:{}", config.global_address, config.ports.endpoint)}}));
  if (config.clock_speed != 1.0) {
    print(fmt::format("  Clock: {}x. Health-check intervals and DNS TTLs are not AWS's pace.\n",
                      config.clock_speed));
  }
  if (!at.started.empty()) {
    print(fmt::format("  {}, deployed in {:.1f} s.\n",
                      ready_text(at.started.size(), at.world.names().size(), at.ready_ms),
                      at.deployed_s));
  }
  print("  " + curl_line(at.world, at.topology, at.topology.health_check.path, at.api_key));
}

int up(const Common& common) {
  const auto topology = topology::load_topology(common.file, topology::Files::kMustExist);
  topology::LocalWorld world(common.file, remark);
  const auto lock = world.lock();
  world.prepare(topology);
  const auto start = Clock::now();
  const std::vector<std::string> started = world.start_missing();
  const double ready_ms = seconds_since(start) * 1000;

  Client client(world.config());
  const std::string key = api_key(world, topology, client, MissingKey::kMake);
  ProgressView view;
  topology::Deployer deployer(client.api(), {.api_key = key},
                              [&view](const topology::Progress& step) { view.show(step); });
  const auto deploy_start = Clock::now();
  std::vector<topology::StackResult> stacks;
  try {
    stacks = client.run(deployer.apply(topology, world.leaving(topology)));
  } catch (const std::exception&) {
    view.clear();
    all_answer(world.processes());  // Whoever froze meanwhile is the likely reason.
    throw;
  }
  view.clear();
  world.forget_leaving(topology);
  world.start_missing();
  const Summary summary{
      topology, world, started, stacks, key, ready_ms, seconds_since(deploy_start)};
  if (common.format() == Format::kJson) {
    print_summary_json(summary);
  } else {
    print_summary(summary);
  }
  return 0;
}

int start_only(const Common& common) {
  const auto topology = topology::load_topology(common.file);
  topology::LocalWorld world(common.file, remark);
  const auto lock = world.lock();
  world.prepare(topology);
  const auto start = Clock::now();
  const std::vector<std::string> started = world.start_missing();
  const double ready_ms = seconds_since(start) * 1000;
  if (common.format() == Format::kJson) {
    json::array names;
    for (const auto& name : started) names.push_back(json::string(name));
    print_json(json::object{{"started", names}, {"readyMs", std::llround(ready_ms)}});
  } else {
    print(ready_text(started.size(), world.names().size(), ready_ms));
  }
  return 0;
}

}  // namespace

void add_up(CLI::App& app, Common& common, int& exit_code) {
  auto* command = app.add_subcommand(
      "up", "Start what is not running and apply tandem.yaml; does nothing when nothing changed");
  auto no_deploy = std::make_shared<bool>(false);
  command->add_flag("--no-deploy", *no_deploy, "Only start the processes; deploy nothing");
  command->callback([&common, &exit_code, no_deploy] {
    exit_code = *no_deploy ? start_only(common) : up(common);
  });
}

}  // namespace tandem::cli
