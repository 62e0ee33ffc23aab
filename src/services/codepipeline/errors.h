// CodePipeline's exceptions, by the names and texts the service uses.
#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>

#include "aws/error.h"

namespace tandem::codepipeline::errors {

inline aws::ApiError validation(std::string message) {
  return aws::ApiError::validation_exception(std::move(message));
}
inline aws::ApiError invalid_structure(std::string message) {
  return {400, "InvalidStructureException", std::move(message)};
}
inline aws::ApiError invalid_stage(std::string message) {
  return {400, "InvalidStageDeclarationException", std::move(message)};
}
inline aws::ApiError invalid_action(std::string message) {
  return {400, "InvalidActionDeclarationException", std::move(message)};
}
inline aws::ApiError invalid_blocker(std::string message) {
  return {400, "InvalidBlockerDeclarationException", std::move(message)};
}
inline aws::ApiError limit_exceeded(std::string message) {
  return {400, "LimitExceededException", std::move(message)};
}

inline aws::ApiError name_in_use(std::string_view account, std::string_view name) {
  return {
      400, "PipelineNameInUseException",
      fmt::format("A pipeline with the name '{}' already exists in account '{}'", name, account)};
}
inline aws::ApiError pipeline_not_found(std::string_view account, std::string_view name) {
  return {400, "PipelineNotFoundException",
          fmt::format("Account '{}' does not have a pipeline with name '{}'", account, name)};
}
/// GetPipeline's answer for a version that there is not, too: aws/aws-sdk issue 558.
inline aws::ApiError version_not_found(std::string_view account, std::string_view name,
                                       std::int64_t version) {
  return {400, "PipelineNotFoundException",
          fmt::format("Account '{}' does not have a pipeline with name '{}' and version '{}'",
                      account, name, version)};
}
inline aws::ApiError execution_not_found(std::string_view name, std::string_view id) {
  return {400, "PipelineExecutionNotFoundException",
          fmt::format("Pipeline execution with ID '{}' does not exist in pipeline with name '{}'",
                      id, name)};
}
inline aws::ApiError stage_not_found(std::string_view pipeline, std::string_view stage) {
  return {400, "StageNotFoundException",
          fmt::format("Stage with name '{}' does not exist in pipeline with name '{}'", stage,
                      pipeline)};
}
inline aws::ApiError action_not_found(std::string_view stage, std::string_view action) {
  return {
      400, "ActionNotFoundException",
      fmt::format("Action with name '{}' does not exist in stage with name '{}'", action, stage)};
}
inline aws::ApiError invalid_next_token() {
  return {400, "InvalidNextTokenException", "The next token is invalid"};
}
inline aws::ApiError conflict(std::string message) {
  return {400, "ConflictException", std::move(message)};
}
inline aws::ApiError too_many_executions() {
  return {400, "ConcurrentPipelineExecutionsLimitExceededException",
          "The pipeline has reached the limit for concurrent pipeline executions."};
}
inline aws::ApiError not_stoppable(std::string_view id, std::string_view status) {
  return {400, "PipelineExecutionNotStoppableException",
          fmt::format("Pipeline execution with ID '{}' cannot be stopped because its status is {}",
                      id, status)};
}
inline aws::ApiError duplicated_stop(std::string_view id) {
  return {400, "DuplicatedStopRequestException",
          fmt::format("Pipeline execution with ID '{}' is already stopping", id)};
}
inline aws::ApiError stage_not_retryable(std::string message) {
  return {400, "StageNotRetryableException", std::move(message)};
}
inline aws::ApiError not_latest_execution() {
  return {400, "NotLatestPipelineExecutionException",
          "The stage has failed in a later run of the pipeline and the pipelineExecutionId "
          "associated with the request is out of date."};
}
inline aws::ApiError invalid_approval_token() {
  return {400, "InvalidApprovalTokenException", "The approval token is invalid or has expired."};
}
inline aws::ApiError approval_completed() {
  return {400, "ApprovalAlreadyCompletedException",
          "The approval action has already been completed."};
}
inline aws::ApiError job_not_found(std::string_view id) {
  return {400, "JobNotFoundException", fmt::format("No job with ID {} was found", id)};
}
inline aws::ApiError invalid_job_state(std::string_view id) {
  return {400, "InvalidJobStateException", fmt::format("Job with ID {} is not in progress", id)};
}
inline aws::ApiError output_variables_size() {
  return {400, "OutputVariablesSizeExceededException",
          "Exceeded the total size limit for all variables in the pipeline."};
}
inline aws::ApiError resource_not_found(std::string_view arn) {
  return {400, "ResourceNotFoundException",
          fmt::format("The resource with ARN '{}' does not exist", arn)};
}
inline aws::ApiError invalid_arn(std::string_view arn) {
  return {400, "InvalidArnException", fmt::format("Invalid ARN: {}", arn)};
}
inline aws::ApiError too_many_tags() {
  return {400, "TooManyTagsException", "A resource can have no more than 50 tags."};
}
inline aws::ApiError invalid_tags(std::string message) {
  return {400, "InvalidTagsException", std::move(message)};
}
inline aws::ApiError action_type_not_found() {
  return {400, "ActionTypeNotFoundException", "The action type could not be found."};
}

}  // namespace tandem::codepipeline::errors
