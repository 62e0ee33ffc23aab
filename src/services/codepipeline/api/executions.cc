#include <algorithm>

#include "services/codepipeline/api/operations.h"

namespace tandem::codepipeline::api {
namespace {

const Action* find_source(const Structure& structure, std::string_view name) {
  return structure.stages.front().find(name);
}

json::object given_variables(const Structure& structure, const json::object& input) {
  json::object values;
  const auto* list = json::find_array(input, "variables");
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const json::object& one = list->at(i).as_object();
    const std::string name = json::string_or(one, "name");
    const auto& declared = structure.variables;
    const bool known = std::any_of(declared.begin(), declared.end(),
                                   [&](const Variable& each) { return each.name == name; });
    if (!known) {
      throw errors::validation(fmt::format("The variable '{}' is not declared in the pipeline '{}'",
                                           name, structure.name));
    }
    values[name] = json::string_or(one, "value");
  }
  for (const Variable& one : structure.variables) {
    if (!one.value && !values.contains(one.name)) {
      throw errors::validation(fmt::format(
          "The variable '{}' of the pipeline '{}' has no default value and was not given one",
          one.name, structure.name));
    }
  }
  return values;
}

void check_override(const Structure& structure, const std::string& name, const std::string& type) {
  const Action* action = find_source(structure, name);
  if (action == nullptr) {
    throw errors::validation(fmt::format(
        "The source action '{}' does not exist in the pipeline '{}'", name, structure.name));
  }
  using Kind = ActionType::Kind;
  const Kind kind = action->type->kind;
  const bool git = kind == Kind::kGitHub || kind == Kind::kConnection;
  const bool fits = git ? type == "COMMIT_ID"
                        : type == "S3_OBJECT_VERSION_ID" ||
                              (type == "S3_OBJECT_KEY" &&
                               action->configured("AllowOverrideForS3ObjectKey") == "true");
  if (!fits) {
    throw errors::validation(fmt::format(
        "The source revision type '{}' is not valid for the source action '{}'", type, name));
  }
}

json::object given_overrides(const Structure& structure, const json::object& input) {
  json::object overrides;
  const auto* list = json::find_array(input, "sourceRevisions");
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const json::object& one = list->at(i).as_object();
    const std::string name = json::string_or(one, "actionName");
    const std::string type = json::string_or(one, "revisionType");
    check_override(structure, name, type);
    overrides[name] =
        json::object{{"type", type}, {"value", json::string_or(one, "revisionValue")}};
  }
  return overrides;
}

json::array revisions_of(const json::object& execution, std::string_view name_member) {
  json::array list;
  const auto* revisions = json::find_object(execution, "revisions");
  if (revisions == nullptr) return list;
  for (const auto& [action, revision] : *revisions) {
    const json::object& found = revision.as_object();
    json::object shown;
    const bool of_artifact = name_member == "name";
    shown[name_member] = of_artifact ? json::value(json::string(json::string_or(found, "artifact")))
                                     : json::value(json::string(action));
    for (const std::string_view member : {"revisionId", "revisionSummary", "revisionUrl"}) {
      if (const auto* value = json::find(found, member)) shown[member] = *value;
    }
    if (const auto* created = json::find(found, "created"); of_artifact && created != nullptr) {
      shown["created"] = *created;
    }
    list.push_back(std::move(shown));
  }
  return list;
}

void add_common(json::object& shown, const json::object& execution) {
  shown["pipelineExecutionId"] = json::string_or(execution, "id");
  shown["status"] = json::string_or(execution, "status");
  shown["executionMode"] = json::string_or(execution, "mode");
  shown["executionType"] = "STANDARD";
  if (const auto* trigger = json::find_object(execution, "trigger")) {
    shown["trigger"] = json::object{{"triggerType", json::string_or(*trigger, "type")},
                                    {"triggerDetail", json::string_or(*trigger, "detail")}};
  }
}

json::object summary_of(const json::object& execution) {
  json::object shown;
  add_common(shown, execution);
  shown["startTime"] = seconds_of(execution, "started_ms");
  shown["lastUpdateTime"] = seconds_of(execution, "updated_ms");
  shown["sourceRevisions"] = revisions_of(execution, "actionName");
  if (const auto reason = json::find_string(execution, "stop")) {
    shown["stopTrigger"] = json::object{{"reason", *reason}};
  }
  return shown;
}

/// filter.succeededInStage.stageName, or nothing.
std::optional<std::string> wanted_stage(const json::object& input) {
  const auto* filter = json::find_object(input, "filter");
  const auto* succeeded =
      filter == nullptr ? nullptr : json::find_object(*filter, "succeededInStage");
  return succeeded == nullptr ? std::nullopt : json::find_string(*succeeded, "stageName");
}

}  // namespace

json::object start_pipeline_execution(Scope& scope, Request& request, const json::object& input) {
  const std::string name = json::string_or(input, "name");
  auto pipeline = scope.store().pipeline(name);
  if (!pipeline) {
    throw aws::ApiError(
        400, "PipelineNotFoundException",
        fmt::format("Pipeline with name {} does not exist in account {}", name, scope.account()));
  }
  const Structure structure = stored_structure(pipeline->at("declaration").as_object());
  StartRequest start;
  // EventBridge starts it for a rule ("View pipeline executions": trigger types).
  const std::string& rule = request.caller.source_arn;
  start.trigger = rule.empty() ? "StartPipelineExecution" : "CloudWatchEvent";
  start.trigger_detail = rule.empty() ? request.caller.arn : rule;
  start.token = json::string_or(input, "clientRequestToken");
  if (!start.token.empty()) {
    if (const auto number = scope.store().find_start(name, start.token)) {
      const auto before = scope.store().execution({name, *number});
      if (before) return {{"pipelineExecutionId", json::string_or(*before, "id")}};
    }
  }
  start.variables = given_variables(structure, input);
  start.overrides = given_overrides(structure, input);
  if (!scope.engine.has_place_for_one_more(structure)) throw errors::too_many_executions();
  return {{"pipelineExecutionId", scope.engine.start({}, std::move(*pipeline), start)}};
}

json::object stop_pipeline_execution(Scope& scope, const json::object& input) {
  const std::string name = json::string_or(input, "pipelineName");
  const std::string id = json::string_or(input, "pipelineExecutionId");
  scope.require_pipeline(name);
  auto found = scope.require_execution(name, id);
  const bool abandon = json::bool_or(input, "abandon", false);
  const std::string status = json::string_or(found.document, "status");
  if (status == "Stopping" && !abandon) throw errors::duplicated_stop(id);
  if (!is_live(found.document)) throw errors::not_stoppable(id, status);
  scope.engine.stop_execution(found.key, std::move(found.document), abandon,
                              json::string_or(input, "reason"));
  return {{"pipelineExecutionId", id}};
}

json::object retry_stage_execution(Scope& scope, const json::object& input) {
  const std::string name = json::string_or(input, "pipelineName");
  const std::string stage = json::string_or(input, "stageName");
  const std::string id = json::string_or(input, "pipelineExecutionId");
  const json::object pipeline = scope.require_pipeline(name);
  const Structure structure = stored_structure(pipeline.at("declaration").as_object());
  if (structure.find(stage) == nullptr) throw errors::stage_not_found(name, stage);
  const auto record = scope.store().stage(name, stage);
  if (!record || json::string_or(*record, "execution") != id) throw errors::not_latest_execution();
  auto found = scope.require_execution(name, id);
  const auto* part = find_stage_part(found.document, stage);
  const std::string status = part == nullptr ? "" : json::string_or(*part, "status");
  if (is_live(found.document) || (status != "Failed" && status != "Stopped")) {
    throw errors::stage_not_retryable(fmt::format(
        "The stage '{}' cannot be retried: the stage is not in a failed or stopped state", stage));
  }
  if (!structure_of(scope.store(), name, found.document)) {
    throw errors::stage_not_retryable(fmt::format(
        "The stage '{}' cannot be retried: the pipeline was updated since the execution", stage));
  }
  const bool all = json::string_or(input, "retryMode") == "ALL_ACTIONS";
  scope.engine.retry(found.key, std::move(found.document), stage,
                     all ? RetryMode::kAllActions : RetryMode::kFailedActions);
  return {{"pipelineExecutionId", id}};
}

json::object get_pipeline_execution(Scope& scope, const json::object& input) {
  const std::string name = json::string_or(input, "pipelineName");
  scope.require_pipeline(name);
  const auto found = scope.require_execution(name, json::string_or(input, "pipelineExecutionId"));
  json::object shown;
  add_common(shown, found.document);
  shown["pipelineName"] = name;
  shown["pipelineVersion"] = json::int_or(found.document, "version", 1);
  shown["artifactRevisions"] = revisions_of(found.document, "name");
  if (const auto* variables = json::find_array(found.document, "variables")) {
    shown["variables"] = *variables;
  }
  if (const auto reason = json::find_string(found.document, "stop")) {
    shown["statusSummary"] = *reason;
  }
  return {{"pipelineExecution", std::move(shown)}};
}

json::object list_pipeline_executions(Scope& scope, const json::object& input) {
  const std::string name = json::string_or(input, "pipelineName");
  scope.require_pipeline(name);
  const auto stage = wanted_stage(input);
  service::Page page(kPages, input, "pipelineExecutionSummaries",
                     service::Page::Order::kDescending);
  scope.store().each_execution(
      name, PipelineStore::Order::kNewestFirst,
      [&](std::uint64_t number, const json::object& execution) {
        if (stage) {
          const auto* part = find_stage_part(execution, *stage);
          if (part == nullptr || json::string_or(*part, "status") != "Succeeded") return true;
        }
        return page.add(service::sortable(static_cast<std::int64_t>(number)),
                        [&] { return summary_of(execution); });
      });
  return std::move(page).finish();
}

}  // namespace tandem::codepipeline::api
