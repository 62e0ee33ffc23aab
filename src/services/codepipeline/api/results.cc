#include "services/codepipeline/api/operations.h"

namespace tandem::codepipeline::api {
namespace {

/// Of all output variables of an action.
constexpr std::size_t kMostVariableBytes = 122'880;

struct FoundJob {
  std::string key;
  json::object record;
};

FoundJob require_job(Scope& scope, const std::string& id) {
  const auto key = scope.store().find_job(id);
  auto record = key ? scope.store().action(*key) : std::nullopt;
  if (!record) throw errors::job_not_found(id);
  if (json::string_or(*record, "status") != "InProgress" || record->contains("jobResult")) {
    throw errors::invalid_job_state(id);
  }
  return {*key, std::move(*record)};
}

void put_result(Scope& scope, FoundJob job, json::object result) {
  job.record["jobResult"] = std::move(result);
  job.record["updated_ms"] = scope.now_ms();
  store::WriteBatch batch;
  PipelineStore::put_action(batch, job.key, job.record);
  scope.store().write(std::move(batch));
  scope.engine.wake(json::string_or(job.record, "id"));
}

void show_external(json::object& record, std::string_view member, const std::string& value) {
  if (value.empty()) return;
  json::value& external = record["external"];
  if (!external.is_object()) external.emplace_object();
  external.get_object()[member] = value;
}

/// The last run of the action that waits for an approval.
FoundJob require_approval(Scope& scope, const std::string& pipeline, const std::string& stage,
                          const std::string& action) {
  const auto record = scope.store().stage(pipeline, stage);
  const auto* runs = record ? json::find_object(*record, "actions") : nullptr;
  const auto* place = runs == nullptr ? nullptr : json::find_array(*runs, action);
  if (place == nullptr || place->size() != 2) throw errors::invalid_approval_token();
  FoundJob found;
  found.key = PipelineStore::action_key({pipeline, place->at(0).to_number<std::uint64_t>()},
                                        place->at(1).to_number<std::uint64_t>());
  auto run = scope.store().action(found.key);
  if (!run) throw errors::invalid_approval_token();
  found.record = std::move(*run);
  return found;
}

}  // namespace

json::object put_approval_result(Scope& scope, Request& request, const json::object& input) {
  const std::string name = json::string_or(input, "pipelineName");
  const std::string stage_name = json::string_or(input, "stageName");
  const std::string action_name = json::string_or(input, "actionName");
  const json::object pipeline = scope.require_pipeline(name);
  const Structure structure = stored_structure(pipeline.at("declaration").as_object());
  const Stage* stage = structure.find(stage_name);
  if (stage == nullptr) throw errors::stage_not_found(name, stage_name);
  if (stage->find(action_name) == nullptr) {
    throw errors::action_not_found(stage_name, action_name);
  }
  FoundJob found = require_approval(scope, name, stage_name, action_name);
  if (json::string_or(found.record, "token") != json::string_or(input, "token")) {
    throw errors::invalid_approval_token();
  }
  if (json::string_or(found.record, "status") != "InProgress" ||
      found.record.contains("approval")) {
    throw errors::approval_completed();
  }
  const auto* result = json::find_object(input, "result");
  found.record["approval"] = json::object{{"status", json::string_or(*result, "status")},
                                          {"summary", json::string_or(*result, "summary")}};
  found.record["by"] = request.caller.arn;
  found.record["updated_ms"] = scope.now_ms();
  store::WriteBatch batch;
  PipelineStore::put_action(batch, found.key, found.record);
  scope.store().write(std::move(batch));
  scope.engine.wake(json::string_or(found.record, "id"));
  return {{"approvedAt", static_cast<double>(scope.now_ms()) / 1000.0}};
}

json::object put_job_success_result(Scope& scope, const json::object& input) {
  FoundJob job = require_job(scope, json::string_or(input, "jobId"));
  json::object result;
  if (const auto* variables = json::find_object(input, "outputVariables")) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : *variables) {
      bytes += name.size() + (value.is_string() ? value.get_string().size() : 0);
    }
    if (bytes > kMostVariableBytes) throw errors::output_variables_size();
    result["variables"] = *variables;
  }
  const std::string token = json::string_or(input, "continuationToken");
  if (!token.empty()) result["continuationToken"] = token;
  if (const auto* details = json::find_object(input, "executionDetails")) {
    result["summary"] = json::string_or(*details, "summary");
    show_external(job.record, "externalExecutionId",
                  json::string_or(*details, "externalExecutionId"));
    if (const auto percent = json::find_int(*details, "percentComplete")) {
      job.record["percent"] = *percent;
    }
  }
  put_result(scope, std::move(job), std::move(result));
  return {};
}

json::object put_job_failure_result(Scope& scope, const json::object& input) {
  FoundJob job = require_job(scope, json::string_or(input, "jobId"));
  const auto* details = json::find_object(input, "failureDetails");
  show_external(job.record, "externalExecutionId",
                json::string_or(*details, "externalExecutionId"));
  json::object failure{{"type", json::string_or(*details, "type")},
                       {"message", json::string_or(*details, "message")}};
  put_result(scope, std::move(job), json::object{{"failure", std::move(failure)}});
  return {};
}

}  // namespace tandem::codepipeline::api
