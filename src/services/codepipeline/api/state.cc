#include "services/codepipeline/api/operations.h"

namespace tandem::codepipeline::api {
namespace {

/// Of the last run of an action.
json::object latest_of(const json::object& record) {
  json::object shown;
  const std::string status = json::string_or(record, "status");
  shown["actionExecutionId"] = json::string_or(record, "id");
  shown["status"] = status;
  shown["lastStatusChange"] = seconds_of(record, "updated_ms");
  if (const auto summary = json::find_string(record, "summary")) shown["summary"] = *summary;
  if (const auto by = json::find_string(record, "by")) shown["lastUpdatedBy"] = *by;
  if (const auto token = json::find_string(record, "token"); token && status == "InProgress") {
    shown["token"] = *token;
  }
  if (const auto percent = json::find_int(record, "percent")) shown["percentComplete"] = *percent;
  if (const auto* external = json::find_object(record, "external")) {
    for (const std::string_view member : {"externalExecutionId", "externalExecutionUrl"}) {
      if (const auto* value = json::find(*external, member)) shown[member] = *value;
    }
  }
  if (const auto* error = json::find_object(record, "error")) shown["errorDetails"] = *error;
  return shown;
}

json::object action_state(Scope& scope, const std::string& pipeline, const json::object& stage,
                          const Action& action) {
  json::object state;
  state["actionName"] = action.name;
  if (const auto link = action.configured("ExternalEntityLink"); !link.empty()) {
    state["entityUrl"] = link;
  }
  const auto* runs = json::find_object(stage, "actions");
  const auto* place = runs == nullptr ? nullptr : json::find_array(*runs, action.name);
  if (place == nullptr || place->size() != 2) return state;
  const ExecutionKey execution{pipeline, place->at(0).to_number<std::uint64_t>()};
  const auto record = scope.store().action(
      PipelineStore::action_key(execution, place->at(1).to_number<std::uint64_t>()));
  if (!record) return state;
  state["latestExecution"] = latest_of(*record);
  const auto* revision = json::find_object(*record, "revision");
  if (revision == nullptr) return state;
  const std::string id = json::string_or(*revision, "revisionId");
  const auto* created = json::find(*revision, "created");
  state["currentRevision"] = json::object{
      {"revisionId", id},
      {"revisionChangeId", id.substr(0, 100)},
      {"created", created == nullptr ? json::value(seconds_of(*record, "updated_ms")) : *created}};
  if (const auto url = json::find_string(*revision, "revisionUrl")) state["revisionUrl"] = *url;
  return state;
}

json::object transition_state(const json::object& pipeline, const Structure& structure,
                              std::size_t index) {
  const auto* transitions = json::find_object(pipeline, "transitions");
  const auto find = [&](std::size_t at, std::string_view type) -> const json::object* {
    const auto* of_stage = transitions == nullptr
                               ? nullptr
                               : json::find_object(*transitions, structure.stages[at].name);
    return of_stage == nullptr ? nullptr : json::find_object(*of_stage, type);
  };
  const json::object* disabled = find(index, "Inbound");
  if (disabled == nullptr && index > 0) disabled = find(index - 1, "Outbound");
  json::object state{{"enabled", disabled == nullptr}};
  if (disabled == nullptr) return state;
  state["lastChangedBy"] = json::string_or(*disabled, "by");
  state["lastChangedAt"] = seconds_of(*disabled, "at_ms");
  state["disabledReason"] = json::string_or(*disabled, "reason");
  return state;
}

/// Executions that wait before the stage, oldest first.
json::array inbound_of(Scope& scope, const std::string& pipeline, const std::string& stage) {
  json::array list;
  for (const std::uint64_t number : scope.store().live(pipeline)) {
    const auto execution = scope.store().execution({pipeline, number});
    if (!execution || json::bool_or(*execution, "inside", false)) continue;
    if (json::string_or(*execution, "stage") != stage) continue;
    list.push_back(json::object{{"pipelineExecutionId", json::string_or(*execution, "id")},
                                {"status", json::string_or(*execution, "status")},
                                {"type", "STANDARD"}});
  }
  return list;
}

void add_latest(Scope& scope, const std::string& pipeline, const std::string& stage,
                const json::object& record, json::object& state) {
  if (!record.contains("execution")) return;
  const std::string id = json::string_or(record, "execution");
  state["latestExecution"] = json::object{{"pipelineExecutionId", id},
                                          {"status", json::string_or(record, "status")},
                                          {"type", "STANDARD"}};
  const auto key = scope.store().find_execution(id);
  const auto execution = key ? scope.store().execution(*key) : std::nullopt;
  const auto* part = execution ? find_stage_part(*execution, stage) : nullptr;
  const std::int64_t attempt = part == nullptr ? 1 : json::int_or(*part, "attempt", 1);
  if (attempt > 1 && key->pipeline == pipeline) {
    state["retryStageMetadata"] = json::object{{"manualStageRetryAttempt", attempt - 1},
                                               {"latestRetryTrigger", "ManualStageRetry"}};
  }
}

void require_stage(const Structure& structure, const std::string& stage) {
  if (structure.find(stage) == nullptr) throw errors::stage_not_found(structure.name, stage);
}

}  // namespace

json::object get_pipeline_state(Scope& scope, const json::object& input) {
  const std::string name = json::string_or(input, "name");
  const json::object pipeline = scope.require_pipeline(name);
  const json::object& declaration = pipeline.at("declaration").as_object();
  const Structure structure = stored_structure(declaration);
  json::array stages;
  for (std::size_t i = 0; i < structure.stages.size(); ++i) {
    const Stage& stage = structure.stages[i];
    const json::object record = scope.store().stage(name, stage.name).value_or(json::object());
    json::object state;
    state["stageName"] = stage.name;
    json::array inbound = inbound_of(scope, name, stage.name);
    if (!inbound.empty()) {
      state["inboundExecution"] = inbound.back();
      state["inboundExecutions"] = std::move(inbound);
    }
    state["inboundTransitionState"] = transition_state(pipeline, structure, i);
    json::array actions;
    for (const Action& action : stage.actions) {
      actions.push_back(action_state(scope, name, record, action));
    }
    state["actionStates"] = std::move(actions);
    add_latest(scope, name, stage.name, record, state);
    stages.push_back(std::move(state));
  }
  json::object output;
  output["pipelineName"] = name;
  output["pipelineVersion"] = json::int_or(declaration, "version", 1);
  output["stageStates"] = std::move(stages);
  output["created"] = seconds_of(pipeline, "created_ms");
  output["updated"] = seconds_of(pipeline, "updated_ms");
  return output;
}

json::object disable_stage_transition(Scope& scope, Request& request, const json::object& input) {
  const std::string name = json::string_or(input, "pipelineName");
  const std::string stage = json::string_or(input, "stageName");
  json::object pipeline = scope.require_pipeline(name);
  require_stage(stored_structure(pipeline.at("declaration").as_object()), stage);
  json::value& transitions = pipeline["transitions"];
  if (!transitions.is_object()) transitions.emplace_object();
  json::value& of_stage = transitions.get_object()[stage];
  if (!of_stage.is_object()) of_stage.emplace_object();
  of_stage.get_object()[json::string_or(input, "transitionType")] =
      json::object{{"reason", json::string_or(input, "reason")},
                   {"by", request.caller.arn},
                   {"at_ms", scope.now_ms()}};
  store::WriteBatch batch;
  PipelineStore::put_pipeline(batch, name, pipeline);
  scope.store().write(std::move(batch));
  return {};
}

json::object enable_stage_transition(Scope& scope, const json::object& input) {
  const std::string name = json::string_or(input, "pipelineName");
  const std::string stage = json::string_or(input, "stageName");
  json::object pipeline = scope.require_pipeline(name);
  require_stage(stored_structure(pipeline.at("declaration").as_object()), stage);
  json::value* transitions = pipeline.if_contains("transitions");
  json::value* of_stage = transitions == nullptr || !transitions->is_object()
                              ? nullptr
                              : transitions->get_object().if_contains(stage);
  if (of_stage != nullptr && of_stage->is_object()) {
    of_stage->get_object().erase(json::string_or(input, "transitionType"));
    store::WriteBatch batch;
    PipelineStore::put_pipeline(batch, name, pipeline);
    scope.store().write(std::move(batch));
  }
  scope.engine.advance(name);
  return {};
}

}  // namespace tandem::codepipeline::api
