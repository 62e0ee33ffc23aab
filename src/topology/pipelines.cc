#include "topology/pipelines.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "aws/error.h"
#include "core/text.h"
#include "topology/template_parameters.h"

namespace tandem::topology {
namespace {

using Source = PipelineSettings::Source;
using Parameters = std::map<std::string, std::string>;

constexpr std::string_view kToken = "OAuthToken";

std::string_view kind_of(Source source) {
  switch (source) {
    case Source::kGitHub:
      return "GitHub";
    case Source::kConnection:
      return "Connection";
    case Source::kS3:
      break;
  }
  return "S3";
}

Parameters parameters_for(const Topology& topology, const std::string& region) {
  const PipelineSettings& settings = *topology.pipeline;
  const auto slash = settings.repository.find('/');
  return {
      {"AppName", topology.name},
      {"DeploymentRegion", region},
      {"StageName", topology.stage},
      {"TableName", topology.table.name},
      {"SourceKind", std::string(kind_of(settings.source))},
      {"RepositoryOwner", settings.repository.substr(0, slash)},
      {"RepositoryName", slash == std::string::npos ? "" : settings.repository.substr(slash + 1)},
      {"Branch", settings.branch},
      {"ConnectionArn", settings.connection},
      {"SourceBucket", settings.bucket},
      {"SourceKey", settings.key},
      {"PollForSourceChanges", settings.poll ? "true" : "false"}};
}

double number_or(const json::object& from, std::string_view member, double otherwise) {
  const json::value* found = json::find(from, member);
  if (found == nullptr || !found->is_number()) return otherwise;
  return found->to_number<double>();
}

ActionView view_of(const json::object& detail) {
  ActionView view;
  view.name = json::string_or(detail, "actionName");
  view.status = json::string_or(detail, "status");
  view.begun_s = number_or(detail, "startTime", 0);
  view.changed_s = number_or(detail, "lastUpdateTime", 0);
  if (const auto* input = json::find_object(detail, "input")) {
    if (const auto* type = json::find_object(*input, "actionTypeId")) {
      view.provider = json::string_or(*type, "provider");
    }
  }
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

/// Of a stage, from what its actions are in.
std::string status_of(const StageView& stage) {
  bool any = false;
  bool all_good = true;
  for (const ActionView& action : stage.actions) {
    if (action.status == "Failed" || action.status == "Abandoned") return "Failed";
    if (action.status == "InProgress") return "InProgress";
    any = any || !action.status.empty();
    all_good = all_good && action.status == "Succeeded";
  }
  if (!any) return "";
  return all_good ? "Succeeded" : "InProgress";
}

/// The stages as they are declared, and what only the state says: tokens, disabled transitions.
std::vector<StageView> stages_of(const json::object& state, const std::string& run) {
  std::vector<StageView> stages;
  const auto* list = json::find_array(state, "stageStates");
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const json::object& from = (*list)[i].as_object();
    StageView stage{.name = json::string_or(from, "stageName")};
    if (const auto* gate = json::find_object(from, "inboundTransitionState")) {
      const json::value* enabled = json::find(*gate, "enabled");
      stage.is_held = enabled != nullptr && enabled->is_bool() && !enabled->as_bool();
      stage.held = json::string_or(*gate, "disabledReason");
    }
    const auto* latest = json::find_object(from, "latestExecution");
    const bool has_run =
        latest != nullptr && json::string_or(*latest, "pipelineExecutionId") == run;
    const auto* actions = json::find_array(from, "actionStates");
    for (std::size_t k = 0; actions != nullptr && k < actions->size(); ++k) {
      const json::object& action = (*actions)[k].as_object();
      ActionView view;
      view.name = json::string_or(action, "actionName");
      const auto* last = json::find_object(action, "latestExecution");
      if (has_run && last != nullptr) view.token = json::string_or(*last, "token");
      stage.actions.push_back(std::move(view));
    }
    stages.push_back(std::move(stage));
  }
  return stages;
}

/// Entries of one action come newest first: of one that was tried again the last try counts.
void enter(std::vector<StageView>& stages, const json::array& details) {
  for (const json::value& each : details) {
    const json::object& detail = each.as_object();
    const std::string stage_name = json::string_or(detail, "stageName");
    const auto stage = std::ranges::find(stages, stage_name, &StageView::name);
    if (stage == stages.end()) continue;
    ActionView view = view_of(detail);
    const auto action = std::ranges::find(stage->actions, view.name, &ActionView::name);
    if (action == stage->actions.end()) {
      stage->actions.push_back(std::move(view));
    } else if (action->status.empty()) {
      view.token = action->token;
      *action = std::move(view);
    }
  }
  for (StageView& stage : stages) stage.status = status_of(stage);
}

void enter_revision(RunView& run, const json::object& execution) {
  const auto* revisions = json::find_array(execution, "artifactRevisions");
  if (revisions == nullptr || revisions->empty()) return;
  const json::object& first = revisions->front().as_object();
  run.revision = json::string_or(first, "revisionId");
  run.revision_summary = json::string_or(first, "revisionSummary");
}

Task<std::string> newest_run(Cloud cloud, PipelineAt at) {
  json::object ask{{"pipelineName", at.name}, {"maxResults", 1}};
  const json::object answer =
      co_await cloud.call(at.region, "codepipeline", "ListPipelineExecutions", std::move(ask));
  const auto* list = json::find_array(answer, "pipelineExecutionSummaries");
  if (list == nullptr || list->empty()) co_return "";
  co_return json::string_or(list->front().as_object(), "pipelineExecutionId");
}

}  // namespace

std::string pipeline_stack_name(const Topology& topology, std::string_view deploys_to) {
  return fmt::format("{}-pipeline-{}", topology.name, deploys_to);
}

bool needs_token(const Topology& topology, const std::string& body) {
  const auto declared = declared_parameters(body);
  return topology.pipeline->source == Source::kGitHub &&
         (!declared || declared->contains(std::string(kToken)));
}

std::vector<StackSpec> pipeline_stacks(const Topology& topology, const std::string& body,
                                       const std::optional<std::string>& token) {
  const auto declared = declared_parameters(body);
  std::vector<StackSpec> specs;
  for (const Region& region : topology.regions) {
    StackSpec spec;
    spec.region = topology.pipeline->region.empty() ? region.name : topology.pipeline->region;
    spec.name = pipeline_stack_name(topology, region.name);
    spec.body = body;
    spec.parameters = parameters_for(topology, region.name);
    if (token) spec.parameters[std::string(kToken)] = *token;
    if (declared) {
      std::erase_if(spec.parameters,
                    [&](const auto& entry) { return !declared->contains(entry.first); });
      if (!token && declared->contains(std::string(kToken))) spec.kept.emplace(kToken);
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

Task<std::vector<PipelineAt>> find_pipelines(Cloud cloud, Topology topology) {
  std::vector<PipelineAt> found;
  for (const Region& deploys_to : topology.regions) {
    const std::string stack_name = pipeline_stack_name(topology, deploys_to.name);
    // Where it is expected first.
    std::vector<std::string> regions;
    const bool together = topology.pipeline && !topology.pipeline->region.empty();
    regions.push_back(together ? topology.pipeline->region : deploys_to.name);
    for (const Region& other : topology.regions) {
      if (other.name != regions.front()) regions.push_back(other.name);
    }
    for (const std::string& region : regions) {
      const json::object stack = co_await cloud.stack(region, stack_name);
      if (stack.empty()) continue;
      const auto outputs = outputs_of(stack);
      const auto name = outputs.find("PipelineName");
      found.push_back(
          {deploys_to.name, region, stack_name, name == outputs.end() ? stack_name : name->second});
      break;
    }
  }
  co_return found;
}

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

Task<std::optional<RunView>> read_run(Cloud cloud, PipelineAt at, std::string id) {
  if (id.empty()) id = co_await newest_run(cloud, at);
  if (id.empty()) co_return std::nullopt;
  json::object which{{"pipelineName", at.name}, {"pipelineExecutionId", id}};
  const json::object answer =
      co_await cloud.call(at.region, "codepipeline", "GetPipelineExecution", std::move(which));
  json::object ask_state{{"name", at.name}};
  const json::object state =
      co_await cloud.call(at.region, "codepipeline", "GetPipelineState", std::move(ask_state));
  json::object filter{{"pipelineExecutionId", id}};
  json::object ask_actions{{"pipelineName", at.name}, {"filter", std::move(filter)}};
  Cloud::Paging paging{"actionExecutionDetails", "nextToken", "nextToken"};
  const json::array details = co_await cloud.pages(
      at.region, "codepipeline", "ListActionExecutions", std::move(ask_actions), std::move(paging));
  RunView run;
  run.id = id;
  if (const auto* execution = json::find_object(answer, "pipelineExecution")) {
    run.status = json::string_or(*execution, "status");
    if (const auto* trigger = json::find_object(*execution, "trigger")) {
      run.trigger = json::string_or(*trigger, "triggerType");
    }
    enter_revision(run, *execution);
  }
  run.stages = stages_of(state, id);
  enter(run.stages, details);
  for (const StageView& stage : run.stages) {
    for (const ActionView& action : stage.actions) {
      const bool earlier = action.begun_s > 0 && (run.begun_s == 0 || action.begun_s < run.begun_s);
      if (earlier) run.begun_s = action.begun_s;
    }
  }
  co_return run;
}

}  // namespace tandem::topology
