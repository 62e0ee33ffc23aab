#include "cli/region_drain.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/world.h"
#include "topology/drain.h"

namespace tandem::cli {
namespace {

enum class Verb { kDrain, kRestore };

struct Chosen {
  std::string name;
  bool force = false;
};

std::set<std::string> answering_regions(const topology::LocalWorld& world) {
  std::set<std::string> names;
  for (const auto& process : world.processes()) {
    if (process.name != "global" && process.answers()) names.insert(process.name);
  }
  return names;
}

json::object result_json(const std::string& name, Verb verb,
                         const topology::Drain::Result& result) {
  json::array switches;
  for (const topology::SwitchState& one : result.switches) {
    json::object entry{{"region", one.holder}};
    if (one.on) entry["on"] = *one.on;
    if (!one.problem.empty()) entry["problem"] = one.problem;
    switches.push_back(std::move(entry));
  }
  json::object document{{"name", name},
                        {"action", verb == Verb::kDrain ? "drained" : "restored"},
                        {"changed", result.changed},
                        {"switches", std::move(switches)},
                        {"seconds", result.seconds}};
  if (result.in_dns) document["inDns"] = *result.in_dns;
  return document;
}

std::string result_text(const std::string& name, Verb verb, const topology::Topology& topology,
                        const service::Config& config, const topology::Drain::Result& result) {
  const char* done = verb == Verb::kDrain ? "drained" : "restored";
  if (!result.changed) {
    return fmt::format("{}: already {}", name, verb == Verb::kDrain ? done : "in service");
  }
  if (verb == Verb::kRestore || result.in_dns.value_or(true)) {
    return fmt::format("{}: {} after {:.1f} s", name, done, result.seconds);
  }
  // Alias records have their target's TTL, 60 s.
  const auto ttl = config.pace().of(std::chrono::seconds(topology.ttl_s.value_or(60)));
  return fmt::format("{}: {} after {:.1f} s; clients keep what they resolved for up to {:.2g} s",
                     name, done, result.seconds, std::chrono::duration<double>(ttl).count());
}

topology::Drain::Result act(const topology::LocalWorld& world, Client& client, Verb verb,
                            const topology::Topology& topology, const Chosen& chosen) {
  topology::Drain drain(client.api(), client.http(), world.config(), answering_regions(world),
                        remark);
  if (verb == Verb::kRestore) return client.run(drain.restore(topology, chosen.name));
  return client.run(drain.drain(topology, chosen.name, chosen.force));
}

int run_verb(const Common& common, Verb verb, const Chosen& chosen) {
  const auto world = topology::LocalWorld::open(common.file, remark);
  check_known(world, chosen.name);
  if (chosen.name == "global") {
    throw Failure(kUsage, "global answers for DNS and serves no traffic; name a region");
  }
  const auto topology = with_deployed_domain(load_settled(common, world), world);
  require_application(topology, "so that no traffic is led to its regions");
  const topology::Made made = made_of(world);
  if (topology.find_region(chosen.name) == nullptr || !made.has_region(chosen.name)) {
    throw Failure(
        kUsage,
        fmt::format("the application is not deployed in {}; 'tandem up' does that", chosen.name));
  }
  if (answering_regions(world).empty()) {
    throw Failure(kNotRunning, "no region answers; 'tandem up' starts them");
  }
  Client client(world.config());
  const topology::Drain::Result result = act(world, client, verb, topology, chosen);
  if (!result.problem.empty()) {
    throw Failure(result.in_dns ? kFailed : kNotRunning, chosen.name + ": " + result.problem,
                  result_json(chosen.name, verb, result));
  }
  if (common.format() == Format::kJson) {
    print_json(result_json(chosen.name, verb, result));
  } else {
    print(result_text(chosen.name, verb, topology, world.config(), result));
  }
  return 0;
}

}  // namespace

void add_region_drain(CLI::App& group, Common& common, int& exit_code) {
  const auto add = [&](Verb verb, const char* name, const char* help, const char* footer) {
    auto* command = group.add_subcommand(name, help);
    auto chosen = std::make_shared<Chosen>();
    command->add_option("name", chosen->name, "A region of the topology")->required();
    if (verb == Verb::kDrain) {
      command->add_flag("--force", chosen->force, "Also when it is the last healthy region");
    }
    command->footer(footer);
    command->callback(
        [&common, &exit_code, verb, chosen] { exit_code = run_verb(common, verb, *chosen); });
  };
  add(Verb::kDrain, "drain", "Take it out of DNS while it runs on, and wait until it is out",
      "A switch in the other regions' S3 is turned, which health checkers watch: no record is\n"
      "changed, and neither the region itself nor Route 53's API is asked. It stays drained,\n"
      "whatever dies or is deployed, until 'tandem region restore'.\n"
      "Exit codes: 0 it is out of DNS, 1 it is not yet, 2 refused: no other region is healthy,\n"
      "3 global does not answer: the switch is turned, and DNS has yet to see it.");
  add(Verb::kRestore, "restore", "Let DNS answer with it again, and wait until it does",
      "Exit codes: 0 it is in DNS, 1 it is not: its endpoint is unhealthy, or another region "
      "could\n"
      "not be asked to turn its switch, 3 global does not answer.");
}

}  // namespace tandem::cli
