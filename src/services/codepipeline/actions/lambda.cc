#include <fmt/format.h>

#include "services/codepipeline/actions/actions.h"

namespace tandem::codepipeline {
namespace {

/// Between a result with a continuation token and the function's next call.
constexpr std::chrono::seconds kContinuation{30};

json::array artifacts_for(const ActionScope& scope, const std::vector<std::string>& names,
                          ArtifactPlace (ActionScope::*where)(std::string_view) const) {
  json::array list;
  for (const std::string& name : names) {
    const ArtifactPlace place = (scope.*where)(name);
    json::object location;
    location["type"] = "S3";
    location["s3Location"] = json::object{{"bucketName", place.bucket}, {"objectKey", place.key}};
    json::object artifact;
    artifact["name"] = name;
    artifact["revision"] = nullptr;
    artifact["location"] = std::move(location);
    list.push_back(std::move(artifact));
  }
  return list;
}

/// User guide, "Example JSON event".
json::object event_of(const ActionScope& scope, const std::string& account,
                      json::object credentials, const std::string& token) {
  json::object configuration;
  configuration["FunctionName"] = scope.configured("FunctionName");
  if (scope.configuration().contains("UserParameters")) {
    configuration["UserParameters"] = scope.configured("UserParameters");
  }
  json::object data;
  data["actionConfiguration"] = json::object{{"configuration", std::move(configuration)}};
  data["inputArtifacts"] = artifacts_for(scope, scope.action().inputs, &ActionScope::input);
  data["outputArtifacts"] = artifacts_for(scope, scope.action().outputs, &ActionScope::output);
  data["artifactCredentials"] = std::move(credentials);
  if (!token.empty()) data["continuationToken"] = token;
  json::object job;
  job["id"] = scope.id();
  job["accountId"] = account;
  job["data"] = std::move(data);
  return {{"CodePipeline.job", std::move(job)}};
}

/// Of the pipeline's role, for the artifacts: for an hour.
Task<json::object> artifact_credentials(ActionScope* scope) {
  json::object input;
  input["RoleArn"] = scope->role_arn();
  input["RoleSessionName"] = scope->execution();
  std::optional<ActionFailure> failure;
  json::object credentials;
  try {
    Task<aws::ApiResult> asking =
        scope->call_as("codepipeline.amazonaws.com", "sts", "AssumeRole", std::move(input), "");
    const aws::ApiResult answer = co_await std::move(asking);
    if (const auto* given = json::find_object(answer.output, "Credentials")) {
      credentials["accessKeyId"] = json::string_or(*given, "AccessKeyId");
      credentials["secretAccessKey"] = json::string_or(*given, "SecretAccessKey");
      credentials["sessionToken"] = json::string_or(*given, "SessionToken");
      const auto expiration = json::find_number(*given, "Expiration");
      credentials["expirationTime"] = static_cast<std::int64_t>(expiration.value_or(0) * 1000);
    }
  } catch (const aws::ApiError& error) {
    failure = ActionFailure{"PermissionError",
                            fmt::format("CodePipeline is not authorized to perform AssumeRole on "
                                        "role {}: {}",
                                        scope->role_arn(), error.message())};
  }
  if (failure) throw ActionFailure(*failure);
  co_return credentials;
}

Task<void> invoke(ActionScope* scope, std::string token) {
  Task<json::object> making = artifact_credentials(scope);
  json::object credentials = co_await std::move(making);
  const std::string function = scope->configured("FunctionName");
  const std::string payload = json::to_text(
      event_of(*scope, scope->workshop().environment.account(), std::move(credentials), token));
  json::object input;
  input["FunctionName"] = function;
  input["InvocationType"] = "Event";
  std::optional<ActionFailure> failure;
  try {
    Task<aws::ApiResult> invoking =
        scope->call_as(scope->caller(), "lambda", "Invoke", std::move(input), payload);
    co_await std::move(invoking);
  } catch (const aws::ApiError& error) {
    if (error.code() != "ResourceNotFoundException") throw;
    failure = ActionFailure{
        "ConfigurationError",
        fmt::format("The AWS Lambda function {} cannot be found. Make sure that the function "
                    "exists in the region {}.",
                    function, scope->region())};
  }
  if (failure) throw ActionFailure(*failure);
}

/// What PutJobSuccessResult and PutJobFailureResult have written.
Task<json::object> result_of(ActionScope* scope) {
  for (;;) {
    const json::object record = scope->record();
    if (const auto* said = json::find_object(record, "jobResult")) co_return *said;
    if (scope->deadline_ms() <= scope->workshop().now_ms()) {
      throw ActionFailure{
          "JobFailed",
          fmt::format("The AWS Lambda function {} failed to return a result. Check the function to "
                      "verify that it has permission to call the PutJobSuccessResult action and "
                      "that it made a call to PutJobSuccessResult.",
                      scope->configured("FunctionName"))};
    }
    Task<void> resting = scope->rest(std::chrono::hours(1));
    co_await std::move(resting);
  }
}

}  // namespace

// A process that died between the call and the note of it calls the function again, for the same
// job: an asynchronous invocation may come twice on AWS, too.
Task<ActionResult> run_lambda(ActionScope* scope) {
  for (;;) {
    const json::object work = scope->work();
    const std::string token = json::string_or(work, "continuation");
    if (!json::bool_or(work, "invoked", false)) {
      Task<void> invoking = invoke(scope, token);
      co_await std::move(invoking);
      scope->keep("invoked", true);
    }
    Task<json::object> waiting = result_of(scope);
    const json::object said = co_await std::move(waiting);
    if (const auto* failed = json::find_object(said, "failure")) {
      throw ActionFailure{json::string_or(*failed, "type", "JobFailed"),
                          json::string_or(*failed, "message")};
    }
    const std::string next = json::string_or(said, "continuationToken");
    if (next.empty()) {
      ActionResult result;
      if (const auto* given = json::find_object(said, "variables")) result.variables = *given;
      result.summary = json::string_or(said, "summary");
      co_return result;
    }
    Task<void> resting =
        scope->rest(scope->workshop().at_pace(std::chrono::milliseconds(kContinuation)));
    co_await std::move(resting);
    scope->change([&](json::object& record) {
      record.erase("jobResult");
      json::object again;
      again["continuation"] = next;
      record["work"] = std::move(again);
    });
  }
}

}  // namespace tandem::codepipeline
