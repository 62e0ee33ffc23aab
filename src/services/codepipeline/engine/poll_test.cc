// Sources that are asked for changes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/codepipeline/test_world.h"

namespace tandem::codepipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

json::object github_source() {
  json::object source = action_of(
      "Fetch", "Source/ThirdParty/GitHub",
      {{"Owner", "me"}, {"Repo", "shop"}, {"Branch", "main"}, {"OAuthToken", "secret-token"}}, {},
      {"Code"});
  source["namespace"] = "git";
  return source;
}

json::object pipeline(json::object source) {
  return pipeline_of(
      {stage_of("Source", {std::move(source)}), stage_of("Build", {build_of("Make", "p")})});
}

TEST(Polling, ACommitThatWasNotSeenStartsOneExecution) {
  TestWorld world;
  world.call("CreatePipeline", {{"pipeline", pipeline(github_source())}});
  world.run_for(std::chrono::minutes(10));
  EXPECT_THAT(world.statuses(), ElementsAre("Succeeded"));
  EXPECT_GT(world.git.asked, 5);
  world.git.commit.id = "c2";
  world.run_for(std::chrono::minutes(10));
  EXPECT_THAT(world.statuses(), ElementsAre("Succeeded", "Succeeded"));
  EXPECT_THAT(world.git.archived, ElementsAre("c1", "c2"));
  const json::object last = world.executions().at(1);
  EXPECT_EQ(json::string_or(*json::find_object(last, "trigger"), "triggerType"),
            "PollForSourceChanges");
  world.restart();
  world.run_for(std::chrono::minutes(10));
  EXPECT_EQ(world.executions().size(), 2U);
}

TEST(Polling, ABranchMayBeAVariable) {
  TestWorld world;
  json::object source = github_source();
  source["configuration"].as_object()["Branch"] = "#{variables.Line}";
  json::object declared = pipeline(std::move(source));
  declared["pipelineType"] = "V2";
  declared["variables"] = json::array{json::object{{"name", "Line"}, {"defaultValue", "release"}}};
  world.call("CreatePipeline", {{"pipeline", declared}});
  world.run_for(std::chrono::minutes(10));
  EXPECT_THAT(world.git.branches, ElementsAre("release"));
  EXPECT_GT(world.git.asked, 5);
  world.call("StartPipelineExecution",
             {{"name", "shop"},
              {"variables", json::array{json::object{{"name", "Line"}, {"value", "hotfix"}}}}});
  world.run_for(std::chrono::seconds(20));
  EXPECT_THAT(world.git.branches, ElementsAre("hotfix", "release"));
}

TEST(Polling, WhatAStartByHandHasTakenIsSeen) {
  TestWorld world;
  world.call("CreatePipeline", {{"pipeline", pipeline(github_source())}});
  world.run_for(std::chrono::seconds(20));
  world.git.commit.id = "c2";
  world.begin();
  world.run_for(std::chrono::minutes(10));
  EXPECT_EQ(world.executions().size(), 2U);
}

TEST(Polling, IsOffWhereTheConfigurationSaysSo) {
  TestWorld world;
  json::object source = github_source();
  source["configuration"].as_object()["PollForSourceChanges"] = "false";
  world.call("CreatePipeline", {{"pipeline", pipeline(std::move(source))}});
  world.run_for(std::chrono::seconds(20));
  world.git.commit.id = "c2";
  world.run_for(std::chrono::minutes(10));
  EXPECT_EQ(world.executions().size(), 1U);
  EXPECT_EQ(world.git.asked, 1);
}

TEST(Polling, FollowsTheClocksPace) {
  TestWorld world;
  world.config.clock_speed = 60;
  world.restart();
  world.call("CreatePipeline", {{"pipeline", pipeline(github_source())}});
  world.run_for(std::chrono::seconds(20));
  world.git.commit.id = "c2";
  world.run_for(std::chrono::seconds(2));
  EXPECT_EQ(world.executions().size(), 2U);
}

TEST(Polling, AnObjectsNewVersionStartsOneExecution) {
  TestWorld world;
  world.objects.objects["/code/app.zip"] = "code";
  json::object source = s3_source();
  source["configuration"].as_object().erase("PollForSourceChanges");
  world.call("CreatePipeline", {{"pipeline", pipeline(std::move(source))}});
  world.run_for(std::chrono::minutes(5));
  EXPECT_EQ(world.executions().size(), 1U);
  world.aws.object_version = "v2";
  world.run_for(std::chrono::minutes(5));
  EXPECT_THAT(world.statuses(), ElementsAre("Succeeded", "Succeeded"));
}

TEST(Secrets, AreShownNowhereAndSurviveAnUpdateThatDoesNotKnowThem) {
  TestWorld world;
  const json::object created =
      world.call("CreatePipeline", {{"pipeline", pipeline(github_source())}});
  EXPECT_THAT(json::to_text(created), Not(HasSubstr("secret-token")));
  world.run_for(std::chrono::seconds(20));
  json::object shown = world.call("GetPipeline", {{"name", "shop"}});
  EXPECT_THAT(json::to_text(shown), HasSubstr(R"("OAuthToken":"****")"));
  world.call("UpdatePipeline", {{"pipeline", shown.at("pipeline")}});
  const std::string id = world.begin();
  EXPECT_EQ(world.end_of(id), "Succeeded");
  for (const std::string_view name : {"GetPipelineState", "GetPipeline"}) {
    EXPECT_THAT(json::to_text(world.call(name, {{"name", "shop"}})),
                Not(HasSubstr("secret-token")));
  }
  for (const std::string_view name : {"ListPipelineExecutions", "ListActionExecutions"}) {
    const std::string text = json::to_text(world.call(name, {{"pipelineName", "shop"}}));
    EXPECT_THAT(text, Not(HasSubstr("secret-token")));
    EXPECT_THAT(text, HasSubstr("c1"));
  }
  for (const json::object& event : world.events.events) {
    EXPECT_THAT(json::to_text(event), Not(HasSubstr("secret-token")));
  }
}

TEST(Sources, ARefusedTokenFailsTheActionWithoutSayingIt) {
  TestWorld world;
  world.git.token = "another";
  world.call("CreatePipeline", {{"pipeline", pipeline(github_source())}});
  world.run_for(std::chrono::seconds(20));
  const json::object error = *json::find_object(world.action("Source", "Fetch"), "errorDetails");
  EXPECT_EQ(json::string_or(error, "code"), "PermissionError");
  EXPECT_EQ(json::string_or(error, "message"), "the token is not valid");
}

TEST(Sources, ACommitsVariablesAreThoseOfTheActionReference) {
  TestWorld world;
  world.call("CreatePipeline", {{"pipeline", pipeline(github_source())}});
  world.run_for(std::chrono::seconds(20));
  const json::object answer = world.call("ListActionExecutions", {{"pipelineName", "shop"}});
  const json::object& fetch = json::find_array(answer, "actionExecutionDetails")->at(1).as_object();
  const json::object& variables =
      *json::find_object(*json::find_object(fetch, "output"), "outputVariables");
  EXPECT_EQ(json::string_or(variables, "CommitId"), "c1");
  EXPECT_EQ(json::string_or(variables, "RepositoryName"), "shop");
  EXPECT_EQ(json::string_or(variables, "BranchName"), "main");
  EXPECT_EQ(json::string_or(variables, "CommitterDate"), "1970-01-01T00:00:02Z");
}

TEST(Sources, AStartMayNameTheRevision) {
  TestWorld world;
  world.call("CreatePipeline", {{"pipeline", pipeline(github_source())}});
  world.run_for(std::chrono::seconds(20));
  json::object revision{
      {"actionName", "Fetch"}, {"revisionType", "COMMIT_ID"}, {"revisionValue", "c0"}};
  const json::object answer = world.call(
      "StartPipelineExecution", {{"name", "shop"}, {"sourceRevisions", json::array{revision}}});
  EXPECT_EQ(world.end_of(json::string_or(answer, "pipelineExecutionId")), "Succeeded");
  EXPECT_EQ(world.git.archived.back(), "c0");
}

TEST(Sources, AnUnversionedBucketIsRefused) {
  TestWorld world;
  world.aws.versioning = "";
  world.call("CreatePipeline", {{"pipeline", pipeline(s3_source())}});
  world.run_for(std::chrono::seconds(20));
  const json::object error = *json::find_object(world.action("Source", "Fetch"), "errorDetails");
  EXPECT_EQ(json::string_or(error, "code"), "ConfigurationError");
  EXPECT_THAT(json::string_or(error, "message"), HasSubstr("not versioned"));
}

}  // namespace
}  // namespace tandem::codepipeline
