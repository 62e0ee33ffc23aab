#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/edit.h"
#include "cli/target.h"
#include "core/text.h"

namespace tandem::cli {
namespace {

/// Of --detailed-exitcode. Not Terraform's 2, which is a wrong command line here.
constexpr int kChanges = 4;

struct PlanOptions {
  std::string target = kLocal;
  bool delete_data = false;
  bool detailed_exitcode = false;
};

json::object refusal_json(const Failure& refusal) {
  json::object shown = refusal.details;
  shown["message"] = refusal.what();
  return shown;
}

using ProcessChanges = topology::LocalWorld::ProcessChanges;

json::object processes_json(const ProcessChanges& changes) {
  const auto list = [](const std::vector<std::string>& from) {
    json::array names;
    for (const std::string& each : from) names.push_back(json::string(each));
    return names;
  };
  return {{"changed", list(changes.settings)},
          {"startAnew", list(changes.anew)},
          {"start", list(changes.start)},
          {"end", list(changes.end)}};
}

/// Stacks are one thing, the processes that serve them another.
std::string text_of(const ProcessChanges& changes) {
  std::string text;
  const auto add = [&text](std::string_view what, const std::vector<std::string>& names) {
    if (names.empty()) return;
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", what, core::join(names, ", "));
  };
  add("changed", changes.settings);
  add("started anew", changes.anew);
  add("started", changes.start);
  add("ended", changes.end);
  return "Processes: " + text + ".\n";
}

/// Before the first `up` nothing runs, and that is no failure of one process.
void check_answers(const topology::LocalWorld& world) {
  const auto processes = world.processes();
  const bool all_stopped = std::ranges::all_of(
      processes, [](const auto& process) { return process.life == topology::Life::kStopped; });
  if (all_stopped) {
    throw Failure(
        kNotRunning,
        "nothing runs here, so that nobody can say what there is; 'tandem up --no-deploy' "
        "starts the processes and changes nothing else");
  }
  for (const auto& process : processes) {
    if (process.answers()) continue;
    if (has_lost_disk(world, process.name)) {
      throw Failure(kNotRunning,
                    process.name +
                        " has lost its disk: 'tandem up' mends it, and what that takes is "
                        "known only then");
    }
    throw Failure(kNotRunning, topology::advice(process));
  }
}

struct Found {
  topology::Topology topology;
  Edit edit;
  ProcessChanges processes;
  std::optional<Failure> refusal;

  /// Of regions that come with an application its stacks tell.
  bool processes_change() const {
    return processes.any() || (!topology.declares_application() && !processes.start.empty());
  }
  bool changes() const { return edit.plan.changes() || processes_change(); }
};

void show(const Common& common, const Found& found) {
  const Edit& edit = found.edit;
  if (common.format() == Format::kJson) {
    json::object shown = topology::to_json(edit.plan);
    shown["losses"] = to_json(edit.losses);
    shown["processes"] = processes_json(found.processes);
    if (found.processes_change()) shown["changes"] = true;
    shown["refused"] = found.refusal ? json::value(refusal_json(*found.refusal)) : json::value();
    print_json(shown);
    return;
  }
  std::string text = found.processes_change() ? text_of(found.processes) : "";
  if (text.empty() || edit.plan.changes()) text += topology::text_of(edit.plan);
  if (!edit.domain_before.empty()) {
    text += fmt::format("The domain becomes {}; it is {} until then.\n", found.topology.domain,
                        edit.domain_before);
  }
  for (const auto& loss : edit.losses) text += "Data: " + topology::text_of(loss) + "\n";
  print(text);
  if (found.refusal) {
    remark(fmt::format("tandem: 'tandem up' refuses this: {}", found.refusal->what()));
  }
}

Found look(const topology::Topology& file, topology::LocalWorld& world, Losses losses) {
  const auto lock = world.lock();
  check_none_is_left(file, world);
  Found found{.topology = settle(file, world, world)};
  check_answers(world);
  found.processes = world.process_changes(found.topology);
  found.refusal = refusal_of_interpreters(file);
  if (!file.declares_application()) {
    if (!found.refusal) found.refusal = refusal_of_leaving(file, world, losses);
    return found;
  }
  Client client(world.config());
  const auto unseen = new_regions(found.topology, world);
  found.edit = find_edit(found.topology, world, client, unseen, losses);
  if (!found.refusal) found.refusal = refusal_of(found.edit, found.topology, world, losses);
  return found;
}

/// Where nothing was ever started.
Found look_nowhere(const topology::Topology& file) {
  Found found{.topology = file};
  if (file.declares_application()) {
    found.edit.plan = first_plan(file);
    return found;
  }
  found.processes.start.emplace_back("global");
  for (const auto& region : file.regions) found.processes.start.push_back(region.name);
  return found;
}

int plan(const Common& common, const PlanOptions& options) {
  const auto file = topology::load_topology(common.file, topology::Files::kMustExist);
  if (options.target == kAws) {
    require_application(file, "so that there is nothing to deploy to AWS");
  }
  std::optional<topology::LocalWorld> world;
  if (options.target == kLocal) world = topology::LocalWorld::find(common.file, remark);
  const Losses losses = options.delete_data ? Losses::kAgreed : Losses::kRefused;
  const Found found = world ? look(file, *world, losses) : look_nowhere(file);
  show(common, found);
  if (found.refusal) return found.refusal->exit_code;
  return options.detailed_exitcode && found.changes() ? kChanges : 0;
}

}  // namespace

void add_plan(CLI::App& app, Common& common, int& exit_code) {
  auto* command = app.add_subcommand(
      "plan", "Show what 'up' would do to every stack and resource; changes nothing");
  auto options = std::make_shared<PlanOptions>();
  add_target_option(*command, options->target);
  command->add_flag("--delete-data", options->delete_data,
                    "As it would be done by 'up --delete-data'");
  command->add_flag("--detailed-exitcode", options->detailed_exitcode,
                    "Exit with 4 when there is something to change, 0 when there is nothing");
  command->callback([&common, &exit_code, options] { exit_code = plan(common, *options); });
}

}  // namespace tandem::cli
