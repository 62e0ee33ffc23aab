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
  if (!changes.any()) return "";
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

void show(const Common& common, const Edit& edit, const ProcessChanges& processes,
          const topology::Topology& topology, const std::optional<Failure>& refusal) {
  if (common.format() == Format::kJson) {
    json::object shown = topology::to_json(edit.plan);
    shown["losses"] = to_json(edit.losses);
    shown["processes"] = processes_json(processes);
    if (processes.any()) shown["changes"] = true;
    shown["refused"] = refusal ? json::value(refusal_json(*refusal)) : json::value();
    print_json(shown);
    return;
  }
  std::string text = text_of(processes);
  if (text.empty() || edit.plan.changes()) text += topology::text_of(edit.plan);
  if (!edit.domain_before.empty()) {
    text += fmt::format("The domain becomes {}; it is {} until then.\n", topology.domain,
                        edit.domain_before);
  }
  for (const auto& loss : edit.losses) text += "Data: " + topology::text_of(loss) + "\n";
  print(text);
  if (refusal) remark(fmt::format("tandem: 'tandem up' refuses this: {}", refusal->what()));
}

int plan(const Common& common, const PlanOptions& options) {
  const auto file = topology::load_topology(common.file, topology::Files::kMustExist);
  const Losses losses = options.delete_data ? Losses::kAgreed : Losses::kRefused;
  std::optional<topology::LocalWorld> world;
  if (options.target == kLocal) world = topology::LocalWorld::find(common.file, remark);
  Edit edit;
  ProcessChanges processes;
  std::optional<Failure> refusal;
  topology::Topology topology = file;
  if (world) {
    const auto lock = world->lock();
    topology = settle(file, *world, world);
    check_answers(*world);
    processes = world->process_changes(topology);
    Client client(world->config());
    edit = find_edit(topology, *world, client, new_regions(topology, world), losses);
    refusal = refusal_of(edit, topology, *world, losses);
  } else {
    edit.plan = first_plan(topology);
  }
  show(common, edit, processes, topology, refusal);
  if (refusal) return refusal->exit_code;
  const bool changes = edit.plan.changes() || processes.any();
  return options.detailed_exitcode && changes ? kChanges : 0;
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
