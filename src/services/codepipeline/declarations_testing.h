// Pipelines to be made by tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace tandem::codepipeline {

/// An action's declaration. type: "Source/AWS/S3".
inline json::object action_of(std::string_view name, std::string_view type,
                              json::object configuration, std::vector<std::string> inputs = {},
                              std::vector<std::string> outputs = {}, int run_order = 1) {
  const auto first = type.find('/');
  const auto second = type.rfind('/');
  json::object action;
  action["name"] = name;
  action["actionTypeId"] = json::object{{"category", type.substr(0, first)},
                                        {"owner", type.substr(first + 1, second - first - 1)},
                                        {"provider", type.substr(second + 1)},
                                        {"version", "1"}};
  action["runOrder"] = run_order;
  action["configuration"] = std::move(configuration);
  json::array in;
  for (const std::string& one : inputs) in.push_back(json::object{{"name", one}});
  json::array out;
  for (const std::string& one : outputs) out.push_back(json::object{{"name", one}});
  action["inputArtifacts"] = std::move(in);
  action["outputArtifacts"] = std::move(out);
  return action;
}

inline json::object s3_source() {
  return action_of(
      "Fetch", "Source/AWS/S3",
      {{"S3Bucket", "code"}, {"S3ObjectKey", "app.zip"}, {"PollForSourceChanges", "false"}}, {},
      {"Code"});
}
inline json::object build_of(std::string_view name, std::string_view project,
                             std::vector<std::string> outputs = {}, int run_order = 1) {
  return action_of(name, "Build/AWS/CodeBuild", {{"ProjectName", project}}, {"Code"},
                   std::move(outputs), run_order);
}
inline json::object approval_of(std::string_view name, int run_order = 1) {
  return action_of(name, "Approval/AWS/Manual", {}, {}, {}, run_order);
}
inline json::object stage_of(std::string_view name, std::vector<json::object> actions) {
  json::array list;
  for (json::object& one : actions) list.push_back(std::move(one));
  return {{"name", name}, {"actions", std::move(list)}};
}
inline json::object pipeline_of(std::vector<json::object> stages, std::string_view mode = "") {
  json::object pipeline;
  pipeline["name"] = "shop";
  pipeline["roleArn"] = "arn:aws:iam::123456789012:role/pipes/shop";
  pipeline["artifactStore"] = json::object{{"type", "S3"}, {"location", "artifacts"}};
  if (!mode.empty()) {
    pipeline["pipelineType"] = "V2";
    pipeline["executionMode"] = mode;
  }
  json::array list;
  for (json::object& one : stages) list.push_back(std::move(one));
  pipeline["stages"] = std::move(list);
  return pipeline;
}

}  // namespace tandem::codepipeline
