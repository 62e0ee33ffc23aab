#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <set>

#include "cli/commands.h"
#include "cli/health_rows.h"
#include "cli/world.h"
#include "core/timer.h"
#include "topology/links.h"
#include "topology/obstacles.h"

namespace tandem::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLinksTimeout{1'000};
/// A region that has just begun connects within a moment: until then its link is not called down.
constexpr milliseconds kConnecting{1'200};
constexpr milliseconds kPoll{20};

/// One region's side of a link.
struct LinkRow {
  std::string from;
  std::string to;
  topology::LinkState link;
};

/// A copy of the deployment's table that does not share its writes with a region that should.
struct AloneRow {
  std::string region;
  std::string without;
};

struct Shown {
  const topology::Topology& topology;
  const topology::LocalWorld& world;
  std::vector<topology::ProcessState> processes;
  std::vector<LinkRow> links;
  bool links_known = true;
  std::string table;
  std::vector<AloneRow> alone;
  std::vector<HealthRow> health;
  bool health_known = true;
  std::map<std::string, topology::Traffic>
      traffic;          ///< of regions that are drained, or about to be
  std::string routing;  ///< of the domain's records, as DNS answers
};

/// What a checker said when it failed last.
Task<std::string> last_failure(aws::Api* api, std::string region, std::string id) {
  aws::ApiCall call{std::move(region), "route53", "GetHealthCheckLastFailureReason",
                    json::object{{"HealthCheckId", id}}, ""};
  const aws::ApiResult result = co_await api->call(std::move(call));
  const auto* seen = json::find_array(result.output, "HealthCheckObservations");
  for (std::size_t i = 0; seen != nullptr && i < seen->size(); ++i) {
    const auto* report = json::find_object((*seen)[i].as_object(), "StatusReport");
    if (report != nullptr) co_return json::string_or(*report, "Status");
  }
  co_return "";
}

/// By region, whether somebody has drained it; nothing where nobody who would know answers.
std::map<std::string, std::optional<bool>> switches(const Shown& shown, Client& client) {
  std::map<std::string, std::optional<bool>> found;
  if (!shown.topology.declares_application()) return found;
  const topology::Made made = made_of(shown.world);
  std::set<std::string> answering;
  for (const auto& process : shown.processes) {
    if (process.answers() && made.has_region(process.name)) answering.insert(process.name);
  }
  for (const auto& one :
       client.run(topology::read_switches(&client.api(), shown.topology, answering))) {
    if (one.on) found[one.region] = found[one.region].value_or(false) || *one.on;
  }
  return found;
}

/// Nothing when global does not say: the processes are worth showing all the same.
void ask_health(Shown& shown) {
  const auto& config = shown.world.config();
  Client client(config);
  try {
    const topology::DnsView view = client.run(topology::read_dns(&client.http(), &config));
    const auto switched = switches(shown, client);
    shown.health = health_rows(view, shown.topology, switched);
    shown.traffic = traffic_by_region(view, shown.topology, switched);
    shown.routing = view.policy_of(shown.topology.domain);
    for (HealthRow& row : shown.health) {
      if (row.well || row.check.looked == 0 || row.probed_id.empty()) continue;
      row.failure =
          client.run(last_failure(&client.api(), config.regions.front().name, row.probed_id));
    }
    return;
  } catch (const net::NetError& error) {
    remark("tandem: the health checks are not known: global: " + error.message);
  } catch (const aws::ApiError& error) {
    remark("tandem: the health checks are not known: global: " + error.message());
  } catch (const topology::DeployError& error) {
    remark(std::string("tandem: the health checks are not known: ") + error.what());
  }
  shown.health_known = false;
}

Task<std::vector<LinkRow>> links_of_all(net::HttpClient* http, const service::Config* config,
                                        std::vector<std::string> regions) {
  std::vector<LinkRow> rows;
  for (const std::string& region : regions) {
    const auto links = co_await topology::links_of(http, config, region, kLinksTimeout);
    for (const auto& [peer, link] : links) rows.push_back({region, peer, link});
  }
  co_return rows;
}

/// The other side was told to have nothing to do with this one.
bool is_cut_by_peer(const LinkRow& row, const std::vector<LinkRow>& all) {
  return std::ranges::any_of(all, [&](const LinkRow& other) {
    return other.from == row.to && other.to == row.from && other.link.state == "Partitioned";
  });
}

/// Neither works nor is kept from it by the other side: between two that run, it may be about to.
bool may_be_connecting(const LinkRow& row, const std::vector<LinkRow>& all,
                       const std::vector<std::string>& running) {
  if (row.link.state != "Disconnected") return false;
  return !is_cut_by_peer(row, all) &&
         std::find(running.begin(), running.end(), row.to) != running.end();
}

void ask_links(Shown& shown) {
  std::vector<std::string> running;
  for (const auto& process : shown.processes) {
    if (process.name != "global" && process.answers()) running.push_back(process.name);
  }
  const auto until = core::TimerClock::now() + kConnecting;
  Client client(shown.world.config());
  try {
    for (;;) {
      shown.links = client.run(links_of_all(&client.http(), &shown.world.config(), running));
      const bool settled = std::ranges::none_of(shown.links, [&](const LinkRow& row) {
        return may_be_connecting(row, shown.links, running);
      });
      if (settled || core::TimerClock::now() > until) break;
      client.run(core::sleep_for(kPoll));
    }
    for (LinkRow& row : shown.links) {
      if (row.link.state != "Disconnected" || !is_cut_by_peer(row, shown.links)) continue;
      row.link.reason = row.to + " is partitioned from " + row.from;
    }
  } catch (const std::exception& error) {
    remark(std::string("tandem: the replication links are not known: ") + error.what());
    shown.links_known = false;
  }
}

/// A link may work and carry nothing: the table must be the same global table at both ends.
Task<std::vector<AloneRow>> alone_ones(net::HttpClient* http, const service::Config* config,
                                       std::string table, std::vector<std::string> running,
                                       std::vector<std::string> deployed) {
  std::vector<AloneRow> rows;
  for (const std::string& region : running) {
    const auto sharers = co_await topology::sharers_of(http, config, region, table);
    for (const std::string& other : deployed) {
      if (other != region && !sharers.contains(other)) rows.push_back({region, other});
    }
  }
  co_return rows;
}

void ask_tables(Shown& shown) {
  const topology::Made made = made_of(shown.world);
  shown.table = made.table;
  if (made.table.empty()) return;
  std::vector<std::string> running;
  std::vector<std::string> deployed;
  for (const auto& process : shown.processes) {
    if (process.name == "global" || !made.has_region(process.name)) continue;
    deployed.push_back(process.name);
    if (process.answers()) running.push_back(process.name);
  }
  Client client(shown.world.config());
  try {
    shown.alone = client.run(
        alone_ones(&client.http(), &shown.world.config(), made.table, running, deployed));
  } catch (const std::exception& error) {
    remark(std::string("tandem: it is not known who holds copies of the table: ") + error.what());
    shown.links_known = false;
  }
}

json::object process_json(const topology::ProcessState& process, const Shown& at) {
  json::object entry{{"name", process.name},
                     {"address", process.address},
                     {"running", process.answers()},
                     {"state", topology::state_text(process)}};
  if (process.pid) entry["pid"] = *process.pid;
  if (const auto traffic = at.traffic.find(process.name); traffic != at.traffic.end()) {
    entry["traffic"] = traffic_text(traffic->second);
  }
  if (!process.ending.at.empty()) entry["ended"] = process.ending.at;
  if (!process.problem.empty()) entry["problem"] = process.problem;
  if (!process.store.empty()) entry["store"] = process.store;
  if (!process.clock.empty()) entry["clock"] = process.clock;
  return entry;
}

json::object link_json(const LinkRow& row) {
  const topology::LinkState& link = row.link;
  json::object entry{{"from", row.from},
                     {"to", row.to},
                     {"state", link.state},
                     {"connected", link.connected},
                     {"pendingEntries", link.pending},
                     {"snapshotsOwed", link.snapshots_owed},
                     {"lagMs", link.lag_ms},
                     {"delayMs", link.delay_ms}};
  if (link.clock_offset_ms) entry["clockOffsetMs"] = *link.clock_offset_ms;
  if (!link.reason.empty()) entry["reason"] = link.reason;
  if (!link.refused_by_peer.empty()) entry["refusedByPeer"] = link.refused_by_peer;
  if (!link.refuses_peer.empty()) entry["refusesPeer"] = link.refuses_peer;
  return entry;
}

std::string_view network_of(const topology::LocalWorld& world) {
  return sandbox::network_name(world.settings().function_network);
}

void print_status_json(const Shown& at) {
  json::array processes;
  for (const auto& process : at.processes) processes.push_back(process_json(process, at));
  json::array links;
  for (const LinkRow& row : at.links) links.push_back(link_json(row));
  json::array checks;
  for (const HealthRow& row : at.health) {
    const topology::DnsCheck& check = row.check;
    json::object entry{{"name", check.name},         {"status", row.status},
                       {"since", check.since},       {"healthyCheckers", check.healthy_checkers},
                       {"checkers", check.checkers}, {"checkersThatLooked", check.looked}};
    if (check.in_dns) entry["inDns"] = *check.in_dns;
    if (!row.failure.empty()) entry["failure"] = row.failure;
    checks.push_back(std::move(entry));
  }
  json::array alone;
  for (const AloneRow& row : at.alone) {
    alone.push_back(
        json::object{{"table", at.table}, {"region", row.region}, {"without", row.without}});
  }
  print_json(json::object{{"processes", std::move(processes)},
                          {"links", std::move(links)},
                          {"notReplicated", std::move(alone)},
                          {"healthChecks", std::move(checks)},
                          {"healthChecksKnown", at.health_known},
                          {"linksKnown", at.links_known},
                          {"url", base_url(at.world, at.topology)},
                          {"dns", dns_address(at.world.config())},
                          {"routing", at.routing},
                          {"clock", at.world.config().clock_speed},
                          {"functions", json::object{{"network", network_of(at.world)}}}});
}

std::string process_text(const topology::ProcessState& process, const Shown& at) {
  std::string text(topology::state_text(process));
  if (const auto traffic = at.traffic.find(process.name); traffic != at.traffic.end()) {
    text += ", " + std::string(traffic_text(traffic->second));
  }
  if (!process.store.empty()) text += " (" + process.store + ")";
  if (!process.ending.at.empty()) text += " at " + process.ending.at;
  if (process.life == topology::Life::kStopped &&
      process.ending.how == topology::Ending::How::kCrashed) {
    text += fmt::format(": nobody stopped it; 'tandem logs --process --region {}' shows its end",
                        process.name);
  }
  if (!process.problem.empty()) text += ": " + process.problem;
  return text;
}

std::string link_text(const topology::LinkState& link) {
  std::string text = link.state;
  if (link.delay_ms > 0) text += fmt::format(", delayed by {} ms", link.delay_ms);
  if (!link.refused_by_peer.empty()) text += ": " + link.refused_by_peer;
  if (!link.refuses_peer.empty()) text += ": " + link.refuses_peer;
  if (link.refused_by_peer.empty() && link.refuses_peer.empty() && !link.reason.empty()) {
    text += ": " + link.reason;
  }
  return text;
}

std::string behind_text(const topology::LinkState& link) {
  std::string text = fmt::format("{} {}", link.pending, link.pending == 1 ? "write" : "writes");
  if (link.snapshots_owed > 0) {
    text += fmt::format(", {} {} to be sent whole", link.snapshots_owed,
                        link.snapshots_owed == 1 ? "table" : "tables");
  }
  return text;
}

void print_links(const std::vector<LinkRow>& links) {
  if (links.empty()) return;
  std::vector<std::vector<std::string>> rows{
      {"LINK", "BEHIND", "LAST LAG", "PEER'S CLOCK", "STATE"}};
  for (const auto& [from, to, link] : links) {
    rows.push_back(
        {fmt::format("{} → {}", from, to), behind_text(link), fmt::format("{:.1f} ms", link.lag_ms),
         // Of -0.3 the sign alone would be left.
         link.clock_offset_ms ? fmt::format("{:+} ms", std::lround(*link.clock_offset_ms)) : "-",
         link_text(link)});
  }
  print(table(rows));
}

std::string checkers_text(const topology::DnsCheck& row) {
  if (row.looked == 0) return "none has looked yet";
  std::string text = fmt::format("{} of {} healthy", row.healthy_checkers, row.checkers);
  if (row.looked < row.checkers) text += fmt::format(", {} have looked", row.looked);
  return text;
}

void print_status(const Shown& at) {
  std::vector<std::vector<std::string>> rows{{"PROCESS", "ADDRESS", "PID", "STATE"}};
  for (const auto& process : at.processes) {
    rows.push_back({process.name, process.address, process.pid ? std::to_string(*process.pid) : "-",
                    process_text(process, at)});
  }
  print(table(rows));
  print_links(at.links);
  if (!at.health.empty()) {
    std::vector<std::vector<std::string>> checks{
        {"HEALTH CHECK", "STATUS", "SINCE", "CHECKERS", "IN DNS"}};
    for (const HealthRow& row : at.health) {
      const auto& in_dns = row.check.in_dns;
      checks.push_back({row.check.name, row.status, row.check.since, checkers_text(row.check),
                        !in_dns   ? "-"
                        : *in_dns ? "yes"
                                  : "no"});
    }
    print(table(checks));
  }
  std::vector<std::vector<std::string>> places{{"DNS", dns_address(at.world.config())}};
  if (const std::string url = base_url(at.world, at.topology); !url.empty()) {
    places.insert(places.begin(), {"URL", url});
  }
  if (!at.routing.empty()) places.push_back({"ROUTING", at.routing});
  print(table(places));
  if (at.world.settings().function_network != sandbox::Network::kIsolated) {
    print(fmt::format("  Functions: network {}{}.", network_of(at.world),
                      at.world.settings().function_network == sandbox::Network::kHost
                          ? ", which is unsafe"
                          : ""));
  }
  const double speed = at.world.config().clock_speed;
  if (speed != 1.0) {
    print(fmt::format("  Clock: {}x. Health-check intervals and DNS TTLs are not AWS's pace.",
                      speed));
  }
}

void explain_alone(const Shown& at) {
  for (const AloneRow& row : at.alone) {
    remark(
        fmt::format("tandem: table {} of {} is not replicated to {}; 'tandem up' mends it, or says "
                    "what stands in the way",
                    at.table, row.region, row.without));
  }
}

/// Why checkers call it so, which no table has room for.
void explain_unhealthy(const std::vector<HealthRow>& health) {
  for (const HealthRow& row : health) {
    if (row.well) continue;
    remark(fmt::format("tandem: {} is unhealthy since {}{}{}", row.check.name, row.check.since,
                       row.failure.empty() ? "" : ": ", row.failure));
  }
}

/// kNotRunning when any process is down, does not answer or refuses writes; kFailed when all are
/// well and a replication link between them or a health check is not: so that scripts can ask.
int status(const Common& common) {
  // Where nothing was ever started, a file that is missing or wrong is what there is to say.
  if (!topology::LocalWorld::find(common.file)) topology::load_topology(common.file);
  const auto world = topology::LocalWorld::open(common.file);
  const auto topology = with_deployed_domain(load_settled(common, world), world);
  Shown shown{topology, world, world.processes(), {}, true, "", {}, {}, true, {}, ""};
  for (topology::ProcessState& process : shown.processes) {
    if (process.life != topology::Life::kStopped || !has_lost_disk(world, process.name)) continue;
    process.problem = "its disk is lost; 'tandem up' copies its tables and deploys it anew";
  }
  ask_links(shown);
  ask_tables(shown);
  if (shown.processes.front().answers()) {
    ask_health(shown);
  } else {
    shown.health_known = false;
    const bool any =
        std::ranges::any_of(shown.processes, [](const auto& process) { return process.answers(); });
    if (any) {
      remark("tandem: the health checks are not known: global keeps them, and does not answer");
    }
  }
  if (common.format() == Format::kJson) {
    print_status_json(shown);
  } else {
    print_status(shown);
    all_answer(shown.processes);
    explain_alone(shown);
    explain_unhealthy(shown.health);
  }
  const bool all_up = std::ranges::all_of(shown.processes, [](const auto& process) {
    return process.life == topology::Life::kRunning;
  });
  if (!all_up) return kNotRunning;
  const bool all_linked =
      std::ranges::all_of(shown.links, [](const LinkRow& row) { return row.link.works(); });
  const bool all_healthy =
      std::ranges::all_of(shown.health, [](const HealthRow& row) { return row.well; });
  const bool known = shown.links_known && shown.health_known;
  return all_linked && shown.alone.empty() && all_healthy && known ? 0 : kFailed;
}

}  // namespace

void add_status(CLI::App& app, Common& common, int& exit_code) {
  auto* command = app.add_subcommand(
      "status", "Show processes, replication links, health checks and the clock's pace");
  command->footer(
      "Exit codes: 0 all is well, 1 all processes are, but a replication link, a table's replica "
      "or a\nhealth check is not, 3 a process does not run, does not answer or refuses writes.");
  command->callback([&common, &exit_code] { exit_code = status(common); });
}

}  // namespace tandem::cli
