#include "services/codepipeline/service.h"

#include "service/table.h"
#include "services/codepipeline/api/operations.h"

namespace tandem::codepipeline {
namespace {

using service::row;

std::vector<service::Operation> table(api::Scope& s) {
  return {
      row(s, "CreatePipeline", api::create_pipeline,
          {"pipeline", "tags", "pipeline.pipelineType", "pipeline.executionMode",
           "pipeline.variables", "pipeline.stages.actions.timeoutInMinutes"}),
      row(s, "GetPipeline", api::get_pipeline, {"name", "version"}),
      row(s, "UpdatePipeline", api::update_pipeline,
          {"pipeline", "pipeline.pipelineType", "pipeline.executionMode", "pipeline.variables",
           "pipeline.stages.actions.timeoutInMinutes"}),
      row(s, "DeletePipeline", api::delete_pipeline, {"name"}),
      row(s, "ListPipelines", api::list_pipelines, {"nextToken", "maxResults"}),
      row(s, "GetPipelineState", api::get_pipeline_state, {"name"}),
      row(s, "GetPipelineExecution", api::get_pipeline_execution,
          {"pipelineName", "pipelineExecutionId"}),
      row(s, "ListPipelineExecutions", api::list_pipeline_executions,
          {"pipelineName", "maxResults", "filter", "nextToken"}),
      row(s, "ListActionExecutions", api::list_action_executions,
          {"pipelineName", "filter", "maxResults", "nextToken"}),
      row(s, "ListActionTypes", api::list_action_types,
          {"actionOwnerFilter", "nextToken", "regionFilter"}),
      row(s, "StartPipelineExecution", api::start_pipeline_execution,
          {"name", "variables", "clientRequestToken", "sourceRevisions"}),
      row(s, "StopPipelineExecution", api::stop_pipeline_execution,
          {"pipelineName", "pipelineExecutionId", "abandon", "reason"}),
      row(s, "RetryStageExecution", api::retry_stage_execution,
          {"pipelineName", "stageName", "pipelineExecutionId", "retryMode"}),
      row(s, "EnableStageTransition", api::enable_stage_transition,
          {"pipelineName", "stageName", "transitionType"}),
      row(s, "DisableStageTransition", api::disable_stage_transition,
          {"pipelineName", "stageName", "transitionType", "reason"}),
      row(s, "PutApprovalResult", api::put_approval_result,
          {"pipelineName", "stageName", "actionName", "result", "token"}),
      row(s, "PutJobSuccessResult", api::put_job_success_result,
          {"jobId", "continuationToken", "executionDetails", "outputVariables"}),
      row(s, "PutJobFailureResult", api::put_job_failure_result, {"jobId", "failureDetails"}),
      row(s, "TagResource", api::tag_resource, {"resourceArn", "tags"}),
      row(s, "UntagResource", api::untag_resource, {"resourceArn", "tagKeys"}),
      row(s, "ListTagsForResource", api::list_tags_for_resource,
          {"resourceArn", "nextToken", "maxResults"}),
  };
}

}  // namespace

struct CodePipelineService::State {
  State(service::Environment environment, CodePipelinePorts ports)
      : engine(std::move(environment), ports), scope{engine}, operations(table(scope)) {}

  Engine engine;
  api::Scope scope;
  std::vector<service::Operation> operations;
};

CodePipelineService::CodePipelineService(service::Environment environment, CodePipelinePorts ports)
    : state_(std::make_unique<State>(std::move(environment), ports)) {}

CodePipelineService::~CodePipelineService() = default;

const std::vector<service::Operation>& CodePipelineService::operations() const {
  return state_->operations;
}

void CodePipelineService::start() { state_->engine.resume(); }

Task<void> CodePipelineService::stop() { co_await state_->engine.stop(); }

const service::Environment& CodePipelineService::environment() const {
  return state_->engine.environment();
}

Task<void> CodePipelineService::pause() { co_await state_->engine.stop(); }

// Pipelines, executions and actions are read from the store each time.
std::function<void()> CodePipelineService::forgetting() {
  return [] {};
}

void CodePipelineService::describe_metrics(core::MetricSet& metrics) const {
  metrics
      .gauge("tandem_pipeline_stages_under_way",
             "Stages of CodePipeline's pipelines that an execution is in.")
      .add(state_->engine.stages_under_way());
}

void CodePipelineService::resume() { state_->engine.go_on(); }

}  // namespace tandem::codepipeline
