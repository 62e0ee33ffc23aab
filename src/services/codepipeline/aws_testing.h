// The other services, as far as actions ask them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "aws/error.h"
#include "core/clock.h"
#include "services/codepipeline/ports.h"

namespace tandem::codepipeline {

/// S3's metadata, CodeBuild, CloudFormation, Lambda and STS as far as actions ask. An answer is
/// late: what was asked for has happened a moment before it comes.
class FakeAws final : public aws::Api {
 public:
  explicit FakeAws(const core::Clock& clock) : clock_(clock) {}

  Task<aws::ApiResult> call(aws::ApiCall call) override {
    co_await core::sleep_for(std::chrono::milliseconds(1));
    const std::string name = call.service + " " + call.operation;
    calls.push_back(name);
    inputs[name] = call.input;
    callers[name] = call.caller;
    if (const auto found = refusals.find(name); found != refusals.end()) throw found->second;
    aws::ApiResult result;
    result.output = answer(name, call);
    co_await core::sleep_for(std::chrono::milliseconds(1));
    co_return result;
  }

  struct Build {
    std::string id;
    std::string project;
    std::int64_t ends_ms = 0;
  };
  struct Stack {
    std::string id;
    std::string token;
    std::int64_t ends_ms = 0;
    std::string status;  ///< once it has ended
  };

  std::vector<std::string> calls;
  std::map<std::string, json::object> inputs;
  std::map<std::string, std::string> callers;
  std::map<std::string, aws::ApiError> refusals;  ///< "codebuild StartBuild"
  std::map<std::string, Build> builds;            ///< by idempotency token
  std::set<std::string> failing;                  ///< projects
  std::int64_t build_ms = 3'000;
  std::map<std::string, Stack> stacks;  ///< by name
  std::string end_of_stacks = "_COMPLETE";
  int stack_operations = 0;  ///< begun, each token once
  std::string object_version = "v1";
  std::string versioning = "Enabled";
  std::set<std::string> jobs;  ///< that Lambda was told of
  std::vector<std::string> payloads;

 private:
  json::object answer(const std::string& name, const aws::ApiCall& call) {
    if (name == "s3 GetBucketVersioning") return {{"Status", versioning}};
    if (name == "s3 HeadObject") return {{"VersionId", object_version}, {"ETag", "\"e\""}};
    if (name == "codebuild StartBuild") return start_build(call.input);
    if (name == "codebuild BatchGetBuilds") return show_build(call.input);
    if (name == "cloudformation DescribeStacks") return show_stack(call.input);
    if (name == "cloudformation DescribeStackEvents") return {{"StackEvents", json::array()}};
    if (name == "cloudformation CreateStack") return change_stack(call.input, "CREATE");
    if (name == "cloudformation UpdateStack") return change_stack(call.input, "UPDATE");
    if (name == "cloudformation DeleteStack") return delete_stack(call.input);
    if (name == "lambda Invoke") return invoke(call.payload);
    if (name == "sts AssumeRole") {
      return {{"Credentials", json::object{{"AccessKeyId", "AKID"},
                                           {"SecretAccessKey", "s"},
                                           {"SessionToken", "t"},
                                           {"Expiration", 1.0}}}};
    }
    throw aws::ApiError(400, "InvalidAction", "the fake does not know " + name);
  }
  json::object start_build(const json::object& input) {
    Build& build = builds[json::string_or(input, "idempotencyToken")];
    if (build.id.empty()) {
      build.project = json::string_or(input, "projectName");
      build.id = build.project + ":" + std::to_string(builds.size());
      build.ends_ms = clock_.now_ms() + build_ms;
    }
    return {{"build", json::object{{"id", build.id}}}};
  }
  json::object show_build(const json::object& input) {
    const std::string id = json::to_std(json::find_array(input, "ids")->at(0));
    json::array found;
    for (const auto& [token, build] : builds) {
      if (build.id != id) continue;
      const bool done = clock_.now_ms() >= build.ends_ms;
      const bool bad = failing.contains(build.project);
      json::object shown{{"id", id},
                         {"buildStatus", !done ? "IN_PROGRESS"
                                         : bad ? "FAILED"
                                               : "SUCCEEDED"}};
      shown["exportedEnvironmentVariables"] =
          json::array{json::object{{"name", "TAG"}, {"value", "1.2"}}};
      if (bad) {
        json::object context{{"statusCode", "COMMAND_EXECUTION_ERROR"}, {"message", "exit 1"}};
        json::object phase{{"phaseType", "BUILD"}, {"phaseStatus", "FAILED"}};
        phase["contexts"] = json::array{std::move(context)};
        shown["phases"] = json::array{std::move(phase)};
      }
      found.push_back(std::move(shown));
    }
    return {{"builds", std::move(found)}};
  }
  json::object show_stack(const json::object& input) {
    const std::string wanted = json::string_or(input, "StackName");
    for (const auto& [name, stack] : stacks) {
      if (name != wanted && stack.id != wanted) continue;
      std::string status = stack.status;
      if (clock_.now_ms() < stack.ends_ms) {
        status = status.substr(0, status.find('_')) + "_IN_PROGRESS";
      }
      json::object output{{"OutputKey", "Url"}, {"OutputValue", "http://" + name}};
      return {{"Stacks", json::array{json::object{{"StackName", name},
                                                  {"StackId", stack.id},
                                                  {"StackStatus", status},
                                                  {"Outputs", json::array{output}}}}}};
    }
    throw aws::ApiError(400, "ValidationError", "Stack with id " + wanted + " does not exist");
  }
  json::object change_stack(const json::object& input, const std::string& what) {
    const std::string token = json::string_or(input, "ClientRequestToken");
    Stack& stack = stacks[json::string_or(input, "StackName")];
    if (stack.token == token) return {{"StackId", stack.id}};
    if (stack.id.empty() == (what == "UPDATE")) {
      throw aws::ApiError(400, "ValidationError", "the stack is there, or is not");
    }
    ++stack_operations;
    if (stack.id.empty()) stack.id = "stack/" + json::string_or(input, "StackName");
    stack.token = token;
    stack.ends_ms = clock_.now_ms() + 2'000;
    stack.status = what + end_of_stacks;
    return {{"StackId", stack.id}};
  }
  json::object delete_stack(const json::object& input) {
    const std::string wanted = json::string_or(input, "StackName");
    std::erase_if(
        stacks, [&](const auto& each) { return each.first == wanted || each.second.id == wanted; });
    return {};
  }
  json::object invoke(const std::string& payload) {
    payloads.push_back(payload);
    const auto event = json::parse_text(payload);
    const auto* job = json::find_object(event.value().as_object(), "CodePipeline.job");
    jobs.insert(json::string_or(*job, "id"));
    return {};
  }

  const core::Clock& clock_;
};

}  // namespace tandem::codepipeline
