#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <optional>

#include "cli/api_key.h"
#include "cli/commands.h"
#include "cli/edit.h"
#include "cli/exec_network.h"
#include "cli/progress_view.h"
#include "cli/target.h"
#include "cli/world.h"
#include "core/text.h"
#include "core/timer.h"
#include "sandbox/way_out.h"
#include "topology/app_check.h"
#include "topology/links.h"
#include "topology/lost_disk.h"
#include "topology/obstacles.h"
#include "topology/repair.h"

namespace tandem::cli {
namespace {

using Clock = core::TimerClock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

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
  const std::vector<topology::AppAnswer>& answers;
  const std::vector<std::string>& not_restored;
  const Edit& edit;
  double ready_ms;
  double deployed_s;
  bool mended = false;  ///< tables were copied anew

  bool unchanged() const {
    return !mended && started.empty() &&
           std::all_of(stacks.begin(), stacks.end(), [](const auto& stack) {
             return stack.outcome == topology::Outcome::kUnchanged;
           });
  }
  bool answers_everywhere() const {
    return std::all_of(answers.begin(), answers.end(), [](const auto& one) { return one.good(); });
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
  json::array application;
  for (const auto& answer : at.answers) {
    json::object shown{
        {"region", answer.region}, {"asked", answer.asked}, {"status", answer.status}};
    if (!answer.good()) shown["reason"] = answer.reason;
    if (!answer.functions.empty()) shown["functions"] = answer.functions;
    application.push_back(std::move(shown));
  }
  json::array not_restored;
  for (const auto& text : at.not_restored) not_restored.push_back(json::string(text));
  json::array started;
  for (const auto& name : at.started) started.push_back(json::string(name));
  json::array warnings;
  for (const auto& text : at.edit.plan.warnings) warnings.push_back(json::string(text));
  const auto& config = at.world.config();
  print_json(json::object{
      {"url", base_url(at.world, at.topology)},
      {"apiKey", at.api_key},
      {"dns", dns_address(config)},
      {"endpoint", fmt::format("http://{}:{}", config.global_address, config.ports.endpoint)},
      {"ca", at.world.ca_file().string()},
      {"clock", config.clock_speed},
      {"routing", topology::routing_text(at.topology.routing)},
      {"regions", regions},
      {"stacks", stacks},
      {"application", application},
      {"notRestored", not_restored},
      {"deleted", to_json(at.edit.losses)},
      {"warnings", warnings},
      {"started", started},
      {"changed", !at.unchanged()},
      {"readyMs", std::llround(at.ready_ms)},
      {"deployedMs", std::llround(at.deployed_s * 1000)}});
}

/// What of the answers the region gets.
std::string share_text(const topology::Topology& topology, const topology::Region& region) {
  switch (topology.routing) {
    case topology::Routing::kWeighted:
      return std::to_string(region.weight);
    case topology::Routing::kLatency:
      return "latency";
    case topology::Routing::kFailover:
      return region.name == topology.primary().name ? "primary" : "secondary";
  }
  return "";
}

void print_summary(const Summary& at) {
  const auto& config = at.world.config();
  if (at.unchanged() && at.answers_everywhere())
    print("Nothing to change: everything runs as tandem.yaml says.\n");
  const bool weighted = at.topology.routing == topology::Routing::kWeighted;
  std::vector<std::vector<std::string>> rows{
      {"REGION", "ADDRESS", weighted ? "WEIGHT" : "ROUTING", "STACKS"}};
  for (const auto& region : at.topology.regions) {
    std::string stacks;
    for (const auto& stack : at.stacks) {
      if (stack.region != region.name) continue;
      stacks += fmt::format("{}{} {}", stacks.empty() ? "" : ", ", stack.stack,
                            outcome_text(stack.outcome));
    }
    rows.push_back({region.name, config.find_region(region.name)->address,
                    share_text(at.topology, region), stacks});
  }
  print(table(rows));
  if (!at.not_restored.empty()) {
    std::string text = "  Mended after a lost disk. Not restored:\n";
    for (const auto& one : at.not_restored) text += "    " + one + "\n";
    print(text);
  }
  if (!at.edit.losses.empty()) {
    std::string text = "  Deleted:\n";
    for (const auto& loss : at.edit.losses) text += "    " + topology::text_of_done(loss) + "\n";
    print(text);
  }
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

void say_move(const Edit& edit, const topology::Topology& topology) {
  if (edit.domain_before.empty()) return;
  remark(fmt::format("the domain became {}: {} is answered no more", topology.domain,
                     edit.domain_before));
}

/// Green is what serves.
int report_answers(const std::vector<topology::AppAnswer>& answers) {
  int exit_code = 0;
  for (const auto& answer : answers) {
    if (answer.good()) continue;
    remark("tandem: " + topology::text_of(answer));
    exit_code = kFailed;
  }
  return exit_code;
}

Task<void> await_all_drained(Client* client, const service::Config* config,
                             std::vector<std::string> leaving) {
  for (const std::string& region : leaving) {
    co_await topology::await_drained(&client->http(), config, region);
  }
}

/// Throws when a person has to agree first. What was written in leaving regions has arrived then.
void check_edit(const Edit& edit, const topology::Topology& topology,
                const topology::LocalWorld& world, Client& client, Losses losses) {
  if (auto refusal = refusal_of(edit, topology, world, losses)) throw *std::move(refusal);
  if (!edit.domain_before.empty()) {
    remark(fmt::format("the domain is to become {}; it is {} until that is deployed",
                       topology.domain, edit.domain_before));
  }
  for (const std::string& warning : edit.plan.warnings) remark("tandem: warning: " + warning);
  client.run(await_all_drained(&client, &world.config(), world.leaving(topology)));
  for (const auto& loss : edit.losses) {
    remark("deleting, as --delete-data says: " + topology::text_of(loss));
  }
}

struct UpOptions {
  std::string target = kLocal;
  bool dry_run = false;
  bool no_deploy = false;
  bool delete_data = false;
};

/// Looks again: what is deleted here must have been there when somebody agreed to it.
void mend_damage(Client& client, topology::Repair& repair, const topology::Topology& topology,
                 bool delete_data) {
  const topology::Damage damage = client.run(repair.find_damage());
  if (!delete_data) check_no_strangers(topology, damage);
  client.run(repair.mend(damage));
}

/// They hold what is nowhere else as long as they run: what they wrote is to reach the others
/// first.
void end_processes_without_disk(topology::LocalWorld& world) {
  for (const std::string& name : topology::running_without_disk(world)) {
    remark(fmt::format("the store of {} was removed while it ran: it is started anew", name));
    try {
      Client client(world.config());
      if (name != "global") {
        client.run(topology::await_drained(&client.http(), &world.config(), name));
      }
    } catch (const std::exception& error) {
      remark(fmt::format("tandem: what {} wrote last may be lost: {}", name, error.what()));
    }
    world.stop(name);
  }
}

/// What functions are to have must be there, and what is unsafe is said.
void check_function_network(const topology::Topology& topology) {
  const sandbox::Network network = topology.settings.function_network;
  if (network == sandbox::Network::kOutbound) {
    const std::string missing = sandbox::missing_for_way_out();
    if (!missing.empty()) {
      throw Failure(kUsage, "functions.network is outbound, which needs " + missing);
    }
  }
  if (network != sandbox::Network::kHost) return;
  remark(
      "tandem: warning: functions.network is host: functions reach whatever listens on this "
      "machine, which is unsafe; 'outbound' gives them the world without it");
}

/// The framework packs what its folder holds: what is kept beside the file must not be there.
void warn_of_framework(const topology::LocalWorld& world) {
  for (const char* name :
       {"serverless.yml", "serverless.yaml", "serverless.ts", "serverless.js", "serverless.json"}) {
    std::error_code ignored;
    if (!std::filesystem::exists(world.folder().parent_path() / name, ignored)) continue;
    remark(fmt::format(
        "tandem: warning: {0} is in this folder, and its packages will hold .tandem/ with the "
        "CA's key: keep tandem.yaml in a folder of its own and name it with --file, "
        "or leave '.tandem/**' out of the packages",
        name));
    return;
  }
}

/// Borrows.
topology::Deployer::Options deploy_options(topology::LocalWorld& world, Client& client,
                                           const std::string& key) {
  topology::Deployer::Options options;
  options.api_key = key;
  options.before_drop = [&world, &client](std::string region) {
    return topology::await_drained(&client.http(), &world.config(), std::move(region));
  };
  options.note = remark;
  return options;
}

/// What they wrote reaches the others first. Their copies of tables that others share would stay in
/// those tables' descriptions, where nobody could take them out any more.
void end_leaving(const topology::Topology& topology, topology::LocalWorld& world) {
  const std::vector<std::string> leaving = world.leaving(topology);
  if (leaving.empty()) return;
  {
    Client client(world.config());
    const auto shared = client.run(topology::shared_tables(&client.api(), leaving));
    if (!shared.empty()) {
      throw Failure(kUsage, fmt::format("{} cannot be deleted yet; nothing was changed:\n  {}",
                                        core::join(leaving, " and "), core::join(shared, "\n  ")));
    }
    client.run(await_all_drained(&client, &world.config(), leaving));
  }
  world.forget_leaving(topology);
  remark(fmt::format("deleted, as --delete-data says: {}", core::join(leaving, ", ")));
}

int start_only(const Common& common, Losses losses) {
  const auto file = topology::load_topology(common.file);
  check_function_network(file);
  if (auto refusal = refusal_of_interpreters(file)) throw *std::move(refusal);
  topology::LocalWorld world(common.file, remark);
  const auto lock = world.lock();
  check_none_is_left(file, world);
  warn_of_framework(world);
  const bool declares_application = file.declares_application();
  const auto before = world_before(common);
  if (before && !declares_application) {
    if (auto refusal = refusal_of_leaving(file, *before, losses)) throw *std::move(refusal);
  }
  world.prepare(settle(file, world, before));
  for (const auto& region : world.config().regions) check_has_store(world, region.name);
  const auto start = Clock::now();
  const std::vector<std::string> started = world.start_missing();
  const double ready_ms = seconds_since(start) * 1000;
  if (!declares_application) end_leaving(file, world);
  if (common.format() == Format::kJson) {
    json::array names;
    for (const auto& name : started) names.push_back(json::string(name));
    print_json(json::object{{"started", names}, {"readyMs", std::llround(ready_ms)}});
  } else {
    print(ready_text(started.size(), world.names().size(), ready_ms));
    if (!declares_application) {
      print(
          fmt::format("\n  No application is declared: your own tools deploy one, as in\n"
                      "  tandem exec -- aws cloudformation deploy --region {} …\n",
                      world.config().regions.front().name));
    }
  }
  return 0;
}

int up(const Common& common, const UpOptions& options) {
  const auto file = topology::load_topology(common.file, topology::Files::kMustExist);
  const Losses losses = options.delete_data ? Losses::kAgreed : Losses::kRefused;
  if (!file.declares_application()) return start_only(common, losses);
  check_function_network(file);
  if (auto refusal = refusal_of_interpreters(file)) throw *std::move(refusal);
  topology::LocalWorld world(common.file, remark);
  const auto lock = world.lock();
  warn_of_framework(world);
  const auto start = Clock::now();
  const auto before = world_before(common);
  const auto topology = settle(file, world, before);
  const auto unseen = before ? new_regions(topology, before) : std::set<std::string>{};
  const auto known = without(topology, unseen);
  world.prepare(known);
  end_processes_without_disk(world);
  std::vector<std::string> started = world.start_missing();
  double ready_ms = seconds_since(start) * 1000;
  Edit edit;
  {
    Client client(world.config());
    edit = find_edit(topology, world, client, unseen, losses);
    check_edit(edit, known, world, client, losses);
  }
  const auto restart = Clock::now();
  world.prepare(topology);
  for (const std::string& name : world.start_missing()) {
    if (std::find(started.begin(), started.end(), name) == started.end()) started.push_back(name);
  }
  ready_ms += seconds_since(restart) * 1000;

  Client client(world.config());
  const std::string key = api_key(world, topology, client, MissingKey::kMake);
  ProgressView view;
  topology::Deployer deployer(client.api(), deploy_options(world, client, key),
                              [&view](const topology::Progress& step) { view.show(step); });
  const auto deploy_start = Clock::now();
  auto repair = make_repair(world, client, deployer, topology);
  std::vector<topology::StackResult> stacks;
  try {
    mend_damage(client, repair, topology, options.delete_data);
    // What was planned holds as long as nothing else was done.
    if (repair.changed() || !unseen.empty()) {
      edit.plan = find_plan(topology, world, client, {}, edit.losses);
    }
    stacks = client.run(deployer.execute(edit.plan));
  } catch (const std::exception&) {
    view.clear();
    all_answer(world.processes());  // Whoever froze meanwhile is the likely reason.
    throw;
  }
  view.clear();
  topology::save_made(made_file(world),
                      client.run(topology::read_made(topology::Cloud(client.api()), topology)));
  say_move(edit, topology);
  world.forget_leaving(topology);
  world.start_missing();
  const double deployed_s = seconds_since(deploy_start);
  topology::AppCheck check(client.api(), client.http(), world.config());
  const auto answers = client.run(check.ask(topology));
  const Summary summary{
      topology, world,    started,    stacks,         key, answers, repair.not_restored(),
      edit,     ready_ms, deployed_s, repair.mended()};
  common.format() == Format::kJson ? print_summary_json(summary) : print_summary(summary);
  return report_answers(answers);
}

int up_on_aws(const Common& common, const UpOptions& options) {
  if (!options.dry_run) throw no_deployment_to_aws();
  const auto file = topology::load_topology(common.file, topology::Files::kMustExist);
  require_application(file, "so that there is nothing to deploy to AWS");
  return rehearse_on_aws(common, file);
}
}  // namespace

void add_up(CLI::App& app, Common& common, int& exit_code) {
  auto* command = app.add_subcommand(
      "up", "Start what is not running and apply tandem.yaml; does nothing when nothing changed");
  auto options = std::make_shared<UpOptions>();
  command->add_flag("--no-deploy", options->no_deploy, "Only start the processes; deploy nothing");
  command->add_flag("--delete-data", options->delete_data,
                    "Go on although the edit of tandem.yaml deletes tables or regions with data");
  add_target_option(*command, options->target);
  command->add_flag("--dry-run", options->dry_run,
                    "With --target aws: print every API call it would make; make none");
  command->callback([&common, &exit_code, options] {
    if (options->target == kAws) {
      exit_code = up_on_aws(common, *options);
    } else if (options->dry_run) {
      throw Failure(kUsage,
                    "--dry-run goes with --target aws; 'tandem plan' shows what 'up' would "
                    "do on this machine");
    } else {
      require_outside_of_exec("up");
      const Losses losses = options->delete_data ? Losses::kAgreed : Losses::kRefused;
      exit_code = options->no_deploy ? start_only(common, losses) : up(common, *options);
    }
  });
}

}  // namespace tandem::cli
