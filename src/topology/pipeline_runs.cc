#include "topology/pipeline_runs.h"

#include <algorithm>
#include <fmt/format.h>

namespace tandem::topology {
namespace {

constexpr std::size_t kMostPages = 100;
constexpr int kEntriesOfPage = 100;

double number_or(const json::object& from, std::string_view member, double otherwise) {
  const json::value* found = json::find(from, member);
  if (found == nullptr || !found->is_number()) return otherwise;
  return found->to_number<double>();
}

/// f(each object of the list).
template <class F>
void each_of(const json::object& from, std::string_view member, F f) {
  const auto* list = json::find_array(from, member);
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    if ((*list)[i].is_object()) f((*list)[i].get_object());
  }
}

/// Of an action, as it is declared or as it was begun.
std::string provider_of(const json::object& action) {
  const auto* type = json::find_object(action, "actionTypeId");
  return type == nullptr ? "" : json::string_or(*type, "provider");
}

ActionView view_of(const json::object& detail) {
  ActionView view;
  view.name = json::string_or(detail, "actionName");
  view.status = json::string_or(detail, "status");
  view.begun_s = number_or(detail, "startTime", 0);
  view.changed_s = number_or(detail, "lastUpdateTime", 0);
  if (const auto* input = json::find_object(detail, "input")) view.provider = provider_of(*input);
  const auto* output = json::find_object(detail, "output");
  const auto* result = output == nullptr ? nullptr : json::find_object(*output, "executionResult");
  if (result == nullptr) return view;
  view.external_id = json::string_or(*result, "externalExecutionId");
  view.summary = json::string_or(*result, "externalExecutionSummary");
  if (const auto* error = json::find_object(*result, "errorDetails")) {
    view.error =
        fmt::format("{}: {}", json::string_or(*error, "code"), json::string_or(*error, "message"));
  }
  return view;
}

/// Of a stage that another run has entered since, from what the actions of this one have become.
std::string status_of(const StageView& stage) {
  bool any = false;
  bool all_good = true;
  for (const ActionView& action : stage.actions) {
    if (action.status == "Failed") return "Failed";
    if (action.status == "Abandoned") return "Stopped";
    if (action.status == "InProgress") return "InProgress";
    any = any || !action.status.empty();
    all_good = all_good && action.status == "Succeeded";
  }
  if (!any) return "";
  return all_good ? "Succeeded" : "InProgress";
}

/// A token is there for as long as the approval is due (API reference, "ActionExecution").
bool is_due(const json::object& action_state) {
  const auto* last = json::find_object(action_state, "latestExecution");
  return last != nullptr && json::string_or(*last, "status") == "InProgress" &&
         !json::string_or(*last, "token").empty();
}

bool stands_before(const json::object& stage, const std::string& run) {
  const auto is_run = [&](const json::object& execution) {
    return json::string_or(execution, "pipelineExecutionId") == run;
  };
  bool found = false;
  each_of(stage, "inboundExecutions",
          [&](const json::object& one) { found = found || is_run(one); });
  const auto* inbound = json::find_object(stage, "inboundExecution");
  return found || (inbound != nullptr && is_run(*inbound));
}

StageView stage_of(const json::object& from, const std::string& run) {
  StageView stage{.name = json::string_or(from, "stageName")};
  if (const auto* gate = json::find_object(from, "inboundTransitionState")) {
    stage.is_held = !json::bool_or(*gate, "enabled", true);
    stage.held = json::string_or(*gate, "disabledReason");
  }
  const auto* latest = json::find_object(from, "latestExecution");
  const bool is_own = latest != nullptr && json::string_or(*latest, "pipelineExecutionId") == run;
  if (is_own) stage.status = json::string_or(*latest, "status");
  stage.waits = stands_before(from, run);
  each_of(from, "actionStates", [&](const json::object& action) {
    ActionView view;
    view.name = json::string_or(action, "actionName");
    view.waits_for_approval = is_own && is_due(action);
    stage.other_waits_for_approval = stage.other_waits_for_approval || (!is_own && is_due(action));
    stage.actions.push_back(std::move(view));
  });
  return stage;
}

/// One that has none of this name is one of those that are gone.
StageView& stage_named(RunView& run, const std::string& name) {
  for (auto* list : {&run.stages, &run.gone}) {
    const auto found = std::ranges::find(*list, name, &StageView::name);
    if (found != list->end()) return *found;
  }
  return run.gone.emplace_back(StageView{.name = name});
}

/// Entries of one action come newest first: of one that was tried again the last try counts.
void enter(RunView& run, const json::array& details) {
  for (const json::value& each : details) {
    if (!each.is_object()) continue;
    const json::object& detail = each.get_object();
    StageView& stage = stage_named(run, json::string_or(detail, "stageName"));
    ActionView view = view_of(detail);
    const auto action = std::ranges::find(stage.actions, view.name, &ActionView::name);
    if (action == stage.actions.end()) {
      stage.actions.push_back(std::move(view));
    } else if (action->status.empty()) {
      view.waits_for_approval = action->waits_for_approval && view.status == "InProgress";
      *action = std::move(view);
    }
  }
}

void enter_revision(RunView& run, const json::object& summary) {
  each_of(summary, "sourceRevisions", [&](const json::object& revision) {
    if (!run.revision.empty()) return;
    run.revision = json::string_or(revision, "revisionId");
    run.revision_summary = json::string_or(revision, "revisionSummary");
  });
}

/// Nothing when there is none. They come newest first, so that one that is followed is on the first
/// page.
Task<std::optional<json::object>> find_summary(Cloud cloud, PipelineAt at, std::string id) {
  std::string next;
  for (std::size_t page = 0; page < kMostPages; ++page) {
    json::object ask{{"pipelineName", at.name}, {"maxResults", id.empty() ? 1 : kEntriesOfPage}};
    if (!next.empty()) ask["nextToken"] = next;
    const json::object answer =
        co_await cloud.call(at.region, "codepipeline", "ListPipelineExecutions", std::move(ask));
    std::optional<json::object> found;
    each_of(answer, "pipelineExecutionSummaries", [&](const json::object& one) {
      const bool wanted = id.empty() || json::string_or(one, "pipelineExecutionId") == id;
      if (wanted && !found) found = one;
    });
    if (found) co_return found;
    next = json::string_or(answer, "nextToken");
    if (next.empty()) break;
  }
  co_return std::nullopt;
}

}  // namespace

double StageView::seconds(double now_s) const {
  double first = 0;
  double last = 0;
  for (const ActionView& action : actions) {
    if (action.begun_s == 0) continue;
    if (first == 0 || action.begun_s < first) first = action.begun_s;
    last = std::max(last, action.status == "InProgress" ? now_s : action.changed_s);
  }
  return first == 0 ? 0 : std::max(0.0, last - first);
}

bool RunView::ended() const {
  return status == "Succeeded" || status == "Failed" || status == "Stopped" ||
         status == "Superseded" || status == "Cancelled";
}

double RunView::seconds(double now_s) const {
  if (begun_s == 0) return 0;
  return std::max(0.0, (ended() ? changed_s : now_s) - begun_s);
}

RunView run_of(const json::object& summary, const json::object& state, const json::array& actions) {
  RunView run;
  run.id = json::string_or(summary, "pipelineExecutionId");
  run.status = json::string_or(summary, "status");
  run.begun_s = number_or(summary, "startTime", 0);
  run.changed_s = number_or(summary, "lastUpdateTime", run.begun_s);
  if (const auto* trigger = json::find_object(summary, "trigger")) {
    run.trigger = json::string_or(*trigger, "triggerType");
  }
  enter_revision(run, summary);
  each_of(state, "stageStates",
          [&](const json::object& stage) { run.stages.push_back(stage_of(stage, run.id)); });
  enter(run, actions);
  for (auto* list : {&run.stages, &run.gone}) {
    for (StageView& stage : *list) {
      if (stage.status.empty()) stage.status = status_of(stage);
    }
  }
  return run;
}

Task<json::object> read_state(Cloud cloud, PipelineAt at) {
  json::object ask{{"name", at.name}};
  co_return co_await cloud.call(at.region, "codepipeline", "GetPipelineState", std::move(ask));
}

Task<std::optional<RunView>> read_run(Cloud cloud, PipelineAt at, std::string id) {
  // First, so that the stages of one that has ended are read as they have become.
  const auto summary = co_await find_summary(cloud, at, std::move(id));
  if (!summary) co_return std::nullopt;
  const json::object state = co_await read_state(cloud, at);
  json::object filter{{"pipelineExecutionId", json::string_or(*summary, "pipelineExecutionId")}};
  json::object ask{{"pipelineName", at.name}, {"filter", std::move(filter)}};
  Cloud::Paging paging{"actionExecutionDetails", "nextToken", "nextToken"};
  const json::array actions = co_await cloud.pages(
      at.region, "codepipeline", "ListActionExecutions", std::move(ask), std::move(paging));
  co_return run_of(*summary, state, actions);
}

std::vector<WaitingApproval> approvals_in(const json::object& state) {
  std::vector<WaitingApproval> found;
  each_of(state, "stageStates", [&](const json::object& stage) {
    const auto* latest = json::find_object(stage, "latestExecution");
    each_of(stage, "actionStates", [&](const json::object& action) {
      if (!is_due(action)) return;
      found.push_back(
          {.stage = json::string_or(stage, "stageName"),
           .action = json::string_or(action, "actionName"),
           .run = latest == nullptr ? "" : json::string_or(*latest, "pipelineExecutionId"),
           .token = json::string_or(*json::find_object(action, "latestExecution"), "token")});
    });
  });
  return found;
}

std::vector<std::string> stages_in(const json::object& state) {
  std::vector<std::string> names;
  each_of(state, "stageStates",
          [&](const json::object& stage) { names.push_back(json::string_or(stage, "stageName")); });
  return names;
}

bool has_builds(const json::object& declared, const std::string& stage) {
  const auto* pipeline = json::find_object(declared, "pipeline");
  bool found = false;
  if (pipeline == nullptr) return found;
  each_of(*pipeline, "stages", [&](const json::object& one) {
    if (json::string_or(one, "name") != stage) return;
    each_of(one, "actions", [&](const json::object& action) {
      found = found || provider_of(action) == "CodeBuild";
    });
  });
  return found;
}

Task<json::object> read_declaration(Cloud cloud, PipelineAt at) {
  json::object ask{{"name", at.name}};
  co_return co_await cloud.call(at.region, "codepipeline", "GetPipeline", std::move(ask));
}

}  // namespace tandem::topology
