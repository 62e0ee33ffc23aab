// What each action type asks of other services, and what it makes of their answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/unpack.h"
#include "services/codepipeline/test_world.h"

namespace tandem::codepipeline {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kRole = "arn:aws:iam::123456789012:role/stacks";

class Actions : public testing::Test {
 protected:
  /// Runs a pipeline whose second stage is these actions; how it ends.
  std::string run(std::vector<json::object> actions, json::object more = {}) {
    if (world.objects.objects.empty()) put_code("t.yaml", "Resources: {}");
    json::object pipeline =
        pipeline_of({stage_of("Source", {s3_source()}), stage_of("Work", std::move(actions))});
    for (const auto& [key, value] : more) pipeline[key] = value;
    if (pipeline.contains("artifactStores")) pipeline.erase("artifactStore");
    const json::object answer = world.call("CreatePipeline", {{"pipeline", pipeline}});
    EXPECT_EQ(json::string_or(answer, "Message"), "");
    return end();
  }
  std::string end() {
    return world.end_of(json::string_or(world.executions().back(), "pipelineExecutionId"));
  }
  void put_code(const std::string& name, const std::string& content) {
    world.objects.objects["/code/app.zip"] = world.zip_of(name, content);
  }
  json::object stack(std::string_view mode, json::object more = {}) {
    more["ActionMode"] = mode;
    more["StackName"] = "app";
    more["RoleArn"] = kRole;
    if (mode != "DELETE_ONLY") more["TemplatePath"] = "Code::t.yaml";
    return action_of("Stack", "Deploy/AWS/CloudFormation", std::move(more), {"Code"});
  }
  std::string error() {
    const json::object action = world.action("Work", "Stack");
    const auto* details = json::find_object(action, "errorDetails");
    return details == nullptr ? "" : json::string_or(*details, "message");
  }
  void there(std::string status) {
    FakeAws::Stack& one = world.aws.stacks["app"];
    one.id = "stack/app";
    one.status = std::move(status);
  }
  const json::object& asked(const std::string& what) { return world.aws.inputs[what]; }

  TestWorld world;
};

TEST_F(Actions, AStackIsMadeOnBehalfOfItsRole) {
  EXPECT_EQ(run({stack("CREATE_UPDATE",
                       {{"Capabilities", "CAPABILITY_IAM,CAPABILITY_NAMED_IAM"},
                        {"ParameterOverrides",
                         R"({"A":"1","K":{"Fn::GetArtifactAtt":["Code","ObjectKey"]}})"}})}),
            "Succeeded");
  const json::object& input = asked("cloudformation CreateStack");
  EXPECT_EQ(json::string_or(input, "TemplateBody"), "Resources: {}");
  EXPECT_EQ(json::find_array(input, "Capabilities")->size(), 2U);
  const json::array& parameters = *json::find_array(input, "Parameters");
  EXPECT_EQ(json::string_or(parameters.at(0).as_object(), "ParameterValue"), "1");
  EXPECT_THAT(json::string_or(parameters.at(1).as_object(), "ParameterValue"),
              HasSubstr("shop/Code/"));
  EXPECT_THAT(world.aws.callers["cloudformation CreateStack"], HasSubstr(":assumed-role/stacks/"));
  EXPECT_EQ(json::string_or(world.action("Work", "Stack"), "externalExecutionId"), "stack/app");
}

TEST_F(Actions, AStackThatIsThereIsUpdated) {
  there("CREATE_COMPLETE");
  EXPECT_EQ(run({stack("CREATE_UPDATE")}), "Succeeded");
  EXPECT_THAT(world.aws.calls, Contains("cloudformation UpdateStack"));
}

TEST_F(Actions, NothingToUpdateIsWell) {
  there("CREATE_COMPLETE");
  world.aws.refusals.emplace(
      "cloudformation UpdateStack",
      aws::ApiError(400, "ValidationError", "No updates are to be performed."));
  EXPECT_EQ(run({stack("CREATE_UPDATE")}), "Succeeded");
}

TEST_F(Actions, AStackThatFailsFailsTheAction) {
  world.aws.end_of_stacks = "_FAILED";
  EXPECT_EQ(run({stack("CREATE_UPDATE")}), "Failed");
  EXPECT_EQ(error(), "The stack app is in CREATE_FAILED state");
}

TEST_F(Actions, ReplaceOnFailureDeletesWhatHasFailedFirst) {
  there("ROLLBACK_COMPLETE");
  EXPECT_EQ(run({stack("REPLACE_ON_FAILURE")}), "Succeeded");
  EXPECT_THAT(world.aws.calls, Contains("cloudformation DeleteStack"));
  EXPECT_THAT(world.aws.calls, Contains("cloudformation CreateStack"));
}

TEST_F(Actions, ReplaceOnFailureUpdatesWhatHasNot) {
  there("UPDATE_COMPLETE");
  EXPECT_EQ(run({stack("REPLACE_ON_FAILURE")}), "Succeeded");
  EXPECT_THAT(world.aws.calls, Not(Contains("cloudformation DeleteStack")));
}

TEST_F(Actions, DeletingWhatIsNotThereSucceeds) {
  EXPECT_EQ(run({stack("DELETE_ONLY")}), "Succeeded");
  EXPECT_THAT(world.aws.calls, Not(Contains("cloudformation DeleteStack")));
  there("CREATE_COMPLETE");
  world.begin();
  EXPECT_EQ(end(), "Succeeded");
  EXPECT_TRUE(world.aws.stacks.empty());
}

TEST_F(Actions, ALargeTemplateGoesByWayOfS3) {
  put_code("t.yaml", "Resources: {}\n#" + std::string(60'000, 'x'));
  EXPECT_EQ(run({stack("CREATE_UPDATE")}), "Succeeded");
  const json::object& input = asked("cloudformation CreateStack");
  EXPECT_FALSE(input.contains("TemplateBody"));
  const std::string url = json::string_or(input, "TemplateURL");
  EXPECT_THAT(url, HasSubstr("https://artifacts.s3.us-east-1.amazonaws.com/shop/Code/"));
}

TEST_F(Actions, AMissingFileIsSaidByName) {
  put_code("other.yaml", "x");
  EXPECT_EQ(run({stack("CREATE_UPDATE")}), "Failed");
  EXPECT_EQ(error(), "File [t.yaml] does not exist in artifact [Code]");
}

TEST_F(Actions, WhatIsNoArchiveIsSaid) {
  world.objects.objects["/code/app.zip"] = "no zip";
  EXPECT_EQ(run({stack("CREATE_UPDATE")}), "Failed");
  EXPECT_THAT(error(), HasSubstr("Artifact [Code] cannot be read"));
}

TEST_F(Actions, OutputsBecomeAFileAndVariables) {
  json::object make = stack("CREATE_UPDATE", {{"OutputFileName", "out.json"}});
  make["outputArtifacts"] = json::array{json::object{{"name", "Out"}}};
  make["namespace"] = "made";
  json::object build = build_of("Use", "p", {}, 2);
  build["configuration"].as_object()["EnvironmentVariables"] =
      R"([{"name":"U","value":"#{made.Url}"}])";
  EXPECT_EQ(run({make, build}), "Succeeded");
  const json::array& variables =
      *json::find_array(asked("codebuild StartBuild"), "environmentVariablesOverride");
  EXPECT_EQ(json::string_or(variables.at(0).as_object(), "value"), "http://app");
  for (const auto& [name, content] : world.objects.objects) {
    if (!name.starts_with("/artifacts/shop/Out/")) continue;
    const std::filesystem::path zip = world.folder / "out.zip";
    core::replace_file(zip, content, 0600);
    EXPECT_EQ(archive::read_entry(zip, "out.json", 1'000), R"({"Url":"http://app"})");
  }
}

TEST_F(Actions, InputsAreBroughtIntoTheActionsRegion) {
  json::object far = stack("CREATE_UPDATE");
  far["region"] = "us-west-2";
  json::object stores;
  stores["us-east-1"] = json::object{{"type", "S3"}, {"location", "artifacts"}};
  stores["us-west-2"] = json::object{{"type", "S3"}, {"location", "west"}};
  EXPECT_EQ(run({far}, {{"artifactStores", stores}}), "Succeeded");
  bool brought = false;
  for (const auto& [name, content] : world.objects.objects) {
    brought = brought || name.starts_with("us-west-2/west/shop/Code/");
  }
  EXPECT_TRUE(brought);
  const json::object answer = world.call("ListActionExecutions", {{"pipelineName", "shop"}});
  const json::object& input = *json::find_object(
      json::find_array(answer, "actionExecutionDetails")->at(0).as_object(), "input");
  const json::object& place = *json::find_object(
      json::find_array(input, "inputArtifacts")->at(0).as_object(), "s3location");
  EXPECT_EQ(json::string_or(place, "bucket"), "west");
}

TEST_F(Actions, ABuildIsGivenItsSourcesAndPlaces) {
  json::object second = s3_source();
  second["name"] = "Other";
  second["outputArtifacts"] = json::array{json::object{{"name", "More"}}};
  json::object build = build_of("Make", "p", {"A", "B"});
  build["inputArtifacts"] =
      json::array{json::object{{"name", "More"}}, json::object{{"name", "Code"}}};
  build["configuration"].as_object()["PrimarySource"] = "Code";
  world.objects.objects["/code/app.zip"] = "code";
  world.call("CreatePipeline", {{"pipeline", pipeline_of({stage_of("Source", {s3_source(), second}),
                                                          stage_of("Work", {build})})}});
  EXPECT_EQ(end(), "Succeeded");
  const json::object& input = asked("codebuild StartBuild");
  EXPECT_THAT(json::string_or(input, "sourceLocationOverride"), HasSubstr("artifacts/shop/Code/"));
  const json::object& other =
      json::find_array(input, "secondarySourcesOverride")->at(0).as_object();
  EXPECT_EQ(json::string_or(other, "sourceIdentifier"), "More");
  EXPECT_EQ(json::find_array(input, "secondaryArtifactsOverride")->size(), 2U);
  EXPECT_EQ(json::string_or(*json::find_object(input, "artifactsOverride"), "type"),
            "NO_ARTIFACTS");
  EXPECT_EQ(world.aws.callers["codebuild StartBuild"], "codepipeline.amazonaws.com");
  EXPECT_THAT(json::to_text(input), HasSubstr("codepipeline/shop"));
}

TEST_F(Actions, AnArtifactIsExtractedIntoABucket) {
  put_code("site/index.html", "<p>");
  EXPECT_EQ(run({action_of("Publish", "Deploy/AWS/S3",
                           {{"BucketName", "www"},
                            {"Extract", "true"},
                            {"ObjectKey", "v1"},
                            {"CacheControl", "no-store"}},
                           {"Code"})}),
            "Succeeded");
  EXPECT_EQ(world.objects.objects["/www/v1/site/index.html"], "<p>");
  const json::object& members = world.objects.members["/www/v1/site/index.html"];
  EXPECT_EQ(json::string_or(members, "ContentType"), "text/html");
  EXPECT_EQ(json::string_or(members, "CacheControl"), "no-store");
}

TEST_F(Actions, AFunctionIsToldOfItsJob) {
  put_code("t.yaml", "x");
  world.call(
      "CreatePipeline",
      {{"pipeline",
        pipeline_of({stage_of("Source", {s3_source()}),
                     stage_of("Work", {action_of("Call", "Invoke/AWS/Lambda",
                                                 {{"FunctionName", "f"}, {"UserParameters", "p"}},
                                                 {"Code"}, {"Made"})})})}});
  ASSERT_TRUE(world.run_until([&] { return !world.aws.jobs.empty(); }));
  const auto event = json::parse_text(world.aws.payloads.at(0));
  const json::object& job = *json::find_object(event.value().as_object(), "CodePipeline.job");
  EXPECT_EQ(json::string_or(job, "accountId"), "123456789012");
  const json::object& data = *json::find_object(job, "data");
  EXPECT_THAT(json::to_text(data), HasSubstr(R"("UserParameters":"p")"));
  EXPECT_THAT(json::to_text(data), HasSubstr(R"("bucketName":"artifacts")"));
  EXPECT_EQ(json::string_or(*json::find_object(data, "artifactCredentials"), "accessKeyId"),
            "AKID");
  EXPECT_EQ(json::find_array(data, "outputArtifacts")->size(), 1U);

  const std::string id = json::string_or(job, "id");
  world.call("PutJobSuccessResult", {{"jobId", id}, {"continuationToken", "more"}});
  EXPECT_EQ(json::string_or(world.call("PutJobSuccessResult", {{"jobId", id}}), "Error"),
            "InvalidJobStateException");
  ASSERT_TRUE(world.run_until([&] { return world.aws.payloads.size() == 2; }));
  EXPECT_THAT(world.aws.payloads.at(1), HasSubstr(R"("continuationToken":"more")"));
  world.run_for(std::chrono::seconds(1));
  world.call("PutJobFailureResult",
             {{"jobId", id}, {"failureDetails", {{"type", "JobFailed"}, {"message", "bad"}}}});
  EXPECT_EQ(end(), "Failed");
  EXPECT_EQ(
      json::string_or(*json::find_object(world.action("Work", "Call"), "errorDetails"), "message"),
      "bad");
}

TEST_F(Actions, AFunctionThatSaysNothingFailsAfterTwentyMinutes) {
  EXPECT_EQ(run({action_of("Call", "Invoke/AWS/Lambda", {{"FunctionName", "f"}})}), "Failed");
  EXPECT_THAT(json::to_text(world.action("Work", "Call")),
              HasSubstr("The AWS Lambda function f failed to return a result."));
}

TEST_F(Actions, ARefusalIsShownWithItsCode) {
  world.aws.refusals.emplace("codebuild StartBuild",
                             aws::ApiError(400, "ResourceNotFoundException", "no such project"));
  EXPECT_EQ(run({build_of("Make", "p")}), "Failed");
  EXPECT_THAT(json::to_text(world.action("Work", "Make")),
              HasSubstr("no such project (Status Code: 400; Error Code: "
                        "ResourceNotFoundException)"));
}

TEST_F(Actions, WhatCannotBeReachedIsAskedAgain) {
  world.aws.refusals.emplace("codebuild BatchGetBuilds",
                             aws::ApiError(503, "ServiceUnavailable", "away"));
  put_code("t.yaml", "x");
  world.call("CreatePipeline",
             {{"pipeline", pipeline_of({stage_of("Source", {s3_source()}),
                                        stage_of("Work", {build_of("Make", "p")})})}});
  world.run_for(std::chrono::seconds(10));
  world.aws.refusals.clear();
  EXPECT_EQ(end(), "Succeeded");
}

}  // namespace
}  // namespace tandem::codepipeline
