// Executions from their start to their end: modes, gates, retries, stops, approvals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/codepipeline/test_world.h"

namespace tandem::codepipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Strings = std::vector<std::string>;

class Executions : public testing::Test {
 protected:
  Executions() { world.objects.objects["/code/app.zip"] = "the code"; }

  /// The id of the execution that its creation starts.
  std::string create(std::vector<json::object> stages, std::string_view mode = "") {
    const json::object answer =
        world.call("CreatePipeline", {{"pipeline", pipeline_of(std::move(stages), mode)}});
    EXPECT_EQ(json::string_or(answer, "Message"), "");
    return json::string_or(world.executions().at(0), "pipelineExecutionId");
  }
  std::string simple(std::string_view mode = "") {
    return create({stage_of("Source", {s3_source()}), stage_of("Build", {build_of("Make", "p")})},
                  mode);
  }
  json::object transition(std::string_view stage) {
    return {{"pipelineName", "shop"}, {"stageName", stage}, {"transitionType", "Inbound"}};
  }
  void hold(std::string_view stage) {
    json::object input = transition(stage);
    input["reason"] = "held";
    world.call("DisableStageTransition", input);
  }
  json::object retry(const std::string& id, std::string_view stage,
                     std::string_view mode = "FAILED_ACTIONS") {
    return world.call("RetryStageExecution", {{"pipelineName", "shop"},
                                              {"stageName", stage},
                                              {"pipelineExecutionId", id},
                                              {"retryMode", mode}});
  }

  TestWorld world;
};

TEST_F(Executions, ANewPipelineRunsOnceAndShowsWhatItDid) {
  const std::string id = simple();
  EXPECT_EQ(world.end_of(id), "Succeeded");
  EXPECT_THAT(world.events.lines(),
              ElementsAre("Pipeline STARTED", "Stage Source STARTED", "Action Fetch STARTED",
                          "Action Fetch SUCCEEDED", "Stage Source SUCCEEDED", "Stage Build STARTED",
                          "Action Make STARTED", "Action Make SUCCEEDED", "Stage Build SUCCEEDED",
                          "Pipeline SUCCEEDED"));
  const json::object execution = world.executions().at(0);
  EXPECT_EQ(json::string_or(*json::find_object(execution, "trigger"), "triggerType"),
            "CreatePipeline");
  const json::object& revision = json::find_array(execution, "sourceRevisions")->at(0).as_object();
  EXPECT_EQ(json::string_or(revision, "actionName"), "Fetch");
  EXPECT_EQ(json::string_or(revision, "revisionId"), "v1");
  EXPECT_EQ(world.aws.builds.size(), 1U);
  EXPECT_EQ(world.aws.callers["s3 HeadObject"],
            "arn:aws:sts::123456789012:assumed-role/shop/" + id);
  EXPECT_TRUE(std::filesystem::is_empty(world.folder / "work"));
}

TEST_F(Executions, APipelinesRoleMustLetCodePipelineIn) {
  using Answer = service::Roles::Answer;
  json::object pipeline =
      pipeline_of({stage_of("Source", {s3_source()}), stage_of("Build", {build_of("Make", "p")})});
  const std::string role = json::string_or(pipeline, "roleArn");
  const std::string refused =
      "CodePipeline is not authorized to perform AssumeRole on role " + role;
  world.roles.answers[role] = Answer::kNo;
  const json::object answer = world.call("CreatePipeline", {{"pipeline", pipeline}});
  EXPECT_EQ(json::string_or(answer, "Error"), "InvalidStructureException");
  EXPECT_EQ(json::string_or(answer, "Message"), refused);
  world.roles.answers[role] = Answer::kUnknown;
  EXPECT_EQ(world.message("CreatePipeline", {{"pipeline", pipeline}}), "no error");
  world.roles.answers[role] = Answer::kNo;
  EXPECT_EQ(world.message("UpdatePipeline", {{"pipeline", pipeline}}), refused);
  EXPECT_THAT(world.roles.asked, testing::Each(std::string("codepipeline.amazonaws.com")));
}

TEST_F(Executions, ArtifactsAreNamedAsAwsNamesThem) {
  world.end_of(simple());
  bool found = false;
  for (const auto& [name, content] : world.objects.objects) {
    if (!name.starts_with("/artifacts/shop/Code/")) continue;
    found = true;
    EXPECT_EQ(name.size(), std::string("/artifacts/shop/Code/").size() + 7);
    EXPECT_EQ(content, "the code");
    EXPECT_EQ(json::string_or(world.objects.members[name], "ServerSideEncryption"), "AES256");
    EXPECT_EQ(json::string_or(world.aws.inputs["codebuild StartBuild"], "sourceLocationOverride"),
              name.substr(1));
  }
  EXPECT_TRUE(found);
}

TEST_F(Executions, AFailedActionFailsItsStageAndTheExecution) {
  world.aws.failing = {"p"};
  const std::string id =
      create({stage_of("Source", {s3_source()}), stage_of("Build", {build_of("Make", "p")}),
              stage_of("Later", {build_of("Never", "q")})});
  EXPECT_EQ(world.end_of(id), "Failed");
  const json::object failed = world.action("Build", "Make");
  EXPECT_EQ(json::string_or(failed, "status"), "Failed");
  const json::object& error = *json::find_object(failed, "errorDetails");
  EXPECT_EQ(json::string_or(error, "code"), "JobFailed");
  EXPECT_EQ(json::string_or(error, "message"),
            "Build terminated with state: FAILED. Phase: BUILD, Code: COMMAND_EXECUTION_ERROR, "
            "Message: exit 1");
  EXPECT_TRUE(world.action("Later", "Never").empty());
}

TEST_F(Executions, RunOrdersFollowEachOtherAndActionsOfOneRunSideBySide) {
  create({stage_of("Source", {s3_source()}),
          stage_of("Build", {build_of("A", "a"), build_of("B", "b"), build_of("C", "c", {}, 2)})});
  ASSERT_TRUE(world.run_until([&] { return world.aws.builds.size() == 2; }));
  EXPECT_EQ(world.action_status("Build", "A"), "InProgress");
  EXPECT_EQ(world.action_status("Build", "B"), "InProgress");
  EXPECT_TRUE(world.action("Build", "C").empty());
  ASSERT_TRUE(world.run_until([&] { return world.aws.builds.size() == 3; }));
  EXPECT_EQ(world.action_status("Build", "A"), "Succeeded");
  EXPECT_EQ(world.action_status("Build", "B"), "Succeeded");
}

TEST_F(Executions, ANewerOneSupersedesTheOneThatWaits) {
  world.aws.build_ms = 60'000;
  simple();
  ASSERT_TRUE(world.run_until([&] { return world.aws.builds.size() == 1; }));
  world.begin();
  ASSERT_TRUE(world.run_until([&] { return world.stage("Build").contains("inboundExecution"); }));
  const std::string third = world.begin();
  EXPECT_EQ(world.end_of(third), "Succeeded");
  EXPECT_THAT(world.statuses(), ElementsAre("Succeeded", "Superseded", "Succeeded"));
}

TEST_F(Executions, QueuedOnesAllRunInTheirOrder) {
  simple("QUEUED");
  world.begin();
  const std::string third = world.begin();
  EXPECT_EQ(world.end_of(third), "Succeeded");
  EXPECT_THAT(world.statuses(), ElementsAre("Succeeded", "Succeeded", "Succeeded"));
}

TEST_F(Executions, NoMoreThanFiftyWaitInAQueue) {
  simple("QUEUED");
  hold("Build");
  world.run_for(std::chrono::seconds(5));
  // One of them is in the first stage, and the one of the creation waits as well.
  for (int i = 0; i < 50; ++i) world.begin();
  EXPECT_EQ(json::string_or(world.call("StartPipelineExecution", {{"name", "shop"}}), "Error"),
            "ConcurrentPipelineExecutionsLimitExceededException");
}

TEST_F(Executions, AHeldTransitionHoldsUntilItIsReleased) {
  const std::string id = simple();
  hold("Build");
  ASSERT_TRUE(world.run_until([&] { return world.stage("Build").contains("inboundExecution"); }));
  world.run_for(std::chrono::hours(5));
  EXPECT_EQ(world.status(id), "InProgress");
  EXPECT_TRUE(world.aws.builds.empty());
  const json::object state = *json::find_object(world.stage("Build"), "inboundTransitionState");
  EXPECT_FALSE(json::bool_or(state, "enabled", true));
  EXPECT_EQ(json::string_or(state, "disabledReason"), "held");
  world.call("EnableStageTransition", transition("Build"));
  EXPECT_EQ(world.end_of(id), "Succeeded");
}

TEST_F(Executions, AnOutboundTransitionHoldsTheNextStage) {
  const std::string id = simple();
  json::object input = transition("Source");
  input["transitionType"] = "Outbound";
  input["reason"] = "out";
  world.call("DisableStageTransition", input);
  world.run_for(std::chrono::hours(1));
  EXPECT_EQ(world.status(id), "InProgress");
  EXPECT_TRUE(world.aws.builds.empty());
  input.erase("reason");
  world.call("EnableStageTransition", input);
  EXPECT_EQ(world.end_of(id), "Succeeded");
}

TEST_F(Executions, ARetryRunsWhatFailedAndFetchesNothingAnew) {
  world.aws.failing = {"bad"};
  const std::string id = create({stage_of("Source", {s3_source()}),
                                 stage_of("Build", {build_of("A", "good"), build_of("B", "bad")})});
  EXPECT_EQ(world.end_of(id), "Failed");
  const std::string before = json::string_or(world.action("Build", "A"), "actionExecutionId");
  const std::string source =
      json::string_or(world.aws.inputs["codebuild StartBuild"], "sourceLocationOverride");
  world.aws.failing.clear();
  world.aws.object_version = "v2";
  EXPECT_EQ(json::string_or(retry(id, "Build"), "pipelineExecutionId"), id);
  EXPECT_EQ(world.end_of(id), "Succeeded");
  EXPECT_EQ(json::string_or(world.action("Build", "A"), "actionExecutionId"), before);
  EXPECT_EQ(json::string_or(world.aws.inputs["codebuild StartBuild"], "sourceLocationOverride"),
            source);
  EXPECT_EQ(world.aws.builds.size(), 3U);
  const json::object metadata = *json::find_object(world.stage("Build"), "retryStageMetadata");
  EXPECT_EQ(json::int_or(metadata, "manualStageRetryAttempt", 0), 1);
  // Of events: user guide, "Monitoring CodePipeline events".
  const json::object& first = *json::find_object(world.events.events.front(), "detail");
  EXPECT_EQ(json::int_or(first, "pipeline-execution-attempt", 0), 1);
  const json::object& last = *json::find_object(world.events.events.back(), "detail");
  EXPECT_EQ(json::int_or(last, "pipeline-execution-attempt", 0), 2);
  EXPECT_EQ(json::string_or(last, "start-time"), json::string_or(first, "start-time", "none"));
}

TEST_F(Executions, ARuleOfEventBridgesIsWhatStartedIt) {
  world.end_of(simple());
  const std::string rule = "arn:aws:events:us-east-1:123456789012:rule/nightly";
  world.context.caller.source_arn = rule;
  world.end_of(world.begin());
  const json::object last = world.executions().at(1);
  const json::object& trigger = *json::find_object(last, "trigger");
  EXPECT_EQ(json::string_or(trigger, "triggerType"), "CloudWatchEvent");
  EXPECT_EQ(json::string_or(trigger, "triggerDetail"), rule);
}

TEST_F(Executions, ARetryOfAllActionsRunsThemAll) {
  world.aws.failing = {"bad"};
  const std::string id = create({stage_of("Source", {s3_source()}),
                                 stage_of("Build", {build_of("A", "good"), build_of("B", "bad")})});
  world.end_of(id);
  world.aws.failing.clear();
  retry(id, "Build", "ALL_ACTIONS");
  EXPECT_EQ(world.end_of(id), "Succeeded");
  EXPECT_EQ(world.aws.builds.size(), 4U);
}

TEST_F(Executions, OnlyTheLastOneThatFailedInAStageIsRetried) {
  world.aws.failing = {"p"};
  const std::string first = simple();
  world.end_of(first);
  world.end_of(world.begin());
  EXPECT_EQ(json::string_or(retry(first, "Build"), "Error"), "NotLatestPipelineExecutionException");
  world.aws.failing.clear();
  const std::string third = world.begin();
  world.end_of(third);
  EXPECT_EQ(json::string_or(retry(third, "Build"), "Error"), "StageNotRetryableException");
  EXPECT_EQ(json::string_or(retry(third, "None"), "Error"), "StageNotFoundException");
}

TEST_F(Executions, AStopWaitsForWhatRuns) {
  const std::string id =
      create({stage_of("Source", {s3_source()}),
              stage_of("Build", {build_of("A", "a"), build_of("B", "b", {}, 2)})});
  ASSERT_TRUE(world.run_until([&] { return world.aws.builds.size() == 1; }));
  const json::object stop{{"pipelineName", "shop"}, {"pipelineExecutionId", id}, {"reason", "why"}};
  EXPECT_EQ(json::string_or(world.call("StopPipelineExecution", stop), "pipelineExecutionId"), id);
  EXPECT_EQ(world.status(id), "Stopping");
  EXPECT_EQ(json::string_or(world.call("StopPipelineExecution", stop), "Error"),
            "DuplicatedStopRequestException");
  core::MetricSet metrics;
  world.service->describe_metrics(metrics);
  EXPECT_THAT(core::prometheus_text(metrics),
              testing::HasSubstr("\ntandem_pipeline_stages_under_way 1\n"));
  EXPECT_EQ(world.end_of(id), "Stopped");
  EXPECT_EQ(world.action_status("Build", "A"), "Succeeded");
  EXPECT_EQ(world.aws.builds.size(), 1U);
  EXPECT_EQ(json::string_or(world.call("StopPipelineExecution", stop), "Error"),
            "PipelineExecutionNotStoppableException");
  EXPECT_EQ(json::string_or(*json::find_object(world.executions().at(0), "stopTrigger"), "reason"),
            "why");
  retry(id, "Build");
  EXPECT_EQ(world.end_of(id), "Succeeded");
  EXPECT_EQ(world.aws.builds.size(), 2U);
}

TEST_F(Executions, WhatIsAbandonedIsOverAtOnce) {
  world.aws.build_ms = 3'600'000;
  const std::string id = simple();
  ASSERT_TRUE(world.run_until([&] { return world.aws.builds.size() == 1; }));
  world.run_for(std::chrono::seconds(2));
  world.call("StopPipelineExecution",
             {{"pipelineName", "shop"}, {"pipelineExecutionId", id}, {"abandon", true}});
  EXPECT_EQ(world.status(id), "Stopped");
  EXPECT_EQ(world.action_status("Build", "Make"), "Abandoned");
  world.aws.build_ms = 10;
  retry(id, "Build");
  EXPECT_EQ(world.end_of(id), "Succeeded");
}

TEST_F(Executions, AnApprovalGoesOnOrEndsIt) {
  const std::string id =
      create({stage_of("Source", {s3_source()}), stage_of("Ask", {approval_of("May")})});
  ASSERT_TRUE(world.run_until([&] { return world.action("Ask", "May").contains("token"); }));
  const json::object wrong{{"pipelineName", "shop"},
                           {"stageName", "Ask"},
                           {"actionName", "May"},
                           {"result", {{"status", "Approved"}, {"summary", ""}}},
                           {"token", "00000000-0000-0000-0000-000000000000"}};
  EXPECT_EQ(json::string_or(world.call("PutApprovalResult", wrong), "Error"),
            "InvalidApprovalTokenException");
  world.run_for(std::chrono::hours(30));
  world.approve("Ask", "May", "Approved");
  EXPECT_EQ(world.end_of(id), "Succeeded");
  EXPECT_EQ(json::string_or(world.action("Ask", "May"), "summary"), "said");
  const std::string second = world.begin();
  ASSERT_TRUE(world.run_until([&] { return world.action("Ask", "May").contains("token"); }));
  world.approve("Ask", "May", "Rejected");
  EXPECT_EQ(world.end_of(second), "Failed");
}

TEST_F(Executions, AnApprovalThatNobodyGivesFailsAfterSevenDays) {
  const std::string id =
      create({stage_of("Source", {s3_source()}), stage_of("Ask", {approval_of("May")})});
  world.run_for(std::chrono::hours(24 * 7 - 1));
  EXPECT_EQ(world.status(id), "InProgress");
  world.run_for(std::chrono::hours(2));
  EXPECT_EQ(world.status(id), "Failed");
}

TEST_F(Executions, OneTokenStartsOne) {
  world.end_of(simple());
  const json::object start{{"name", "shop"}, {"clientRequestToken", "once"}};
  const auto first = world.call("StartPipelineExecution", start);
  EXPECT_EQ(world.call("StartPipelineExecution", start), first);
  EXPECT_EQ(world.executions().size(), 2U);
}

TEST_F(Executions, VariablesReachConfigurations) {
  json::object make = build_of("Make", "p");
  make["namespace"] = "made";
  json::object deploy = build_of("Deploy", "q", {}, 2);
  deploy["configuration"].as_object()["EnvironmentVariables"] =
      R"([{"name":"A","value":"#{variables.Stage} #{made.TAG} #{got.VersionId}"},)"
      R"({"name":"E","value":"#{codepipeline.PipelineExecutionId}"}])";
  json::object source = s3_source();
  source["namespace"] = "got";
  json::object pipeline =
      pipeline_of({stage_of("Source", {source}), stage_of("Build", {make, deploy})}, "SUPERSEDED");
  pipeline["variables"] = json::array{json::object{{"name", "Stage"}, {"defaultValue", "test"}}};
  world.call("CreatePipeline", {{"pipeline", pipeline}});
  const std::string id = json::string_or(world.executions().at(0), "pipelineExecutionId");
  EXPECT_EQ(world.end_of(id), "Succeeded");
  const json::array& variables =
      *json::find_array(world.aws.inputs["codebuild StartBuild"], "environmentVariablesOverride");
  EXPECT_EQ(json::string_or(variables.at(0).as_object(), "value"), "test 1.2 v1");
  EXPECT_EQ(json::string_or(variables.at(1).as_object(), "value"), id);
  EXPECT_THAT(
      world.message("StartPipelineExecution",
                    {{"name", "shop"},
                     {"variables", json::array{json::object{{"name", "No"}, {"value", "x"}}}}}),
      HasSubstr("'No' is not declared"));
}

TEST_F(Executions, ADeletedPipelineEndsWhatRunsAndItsNameIsFree) {
  world.aws.build_ms = 3'600'000;
  simple();
  ASSERT_TRUE(world.run_until([&] { return world.aws.builds.size() == 1; }));
  world.call("DeletePipeline", {{"name", "shop"}});
  EXPECT_EQ(json::string_or(world.call("GetPipelineState", {{"name", "shop"}}), "Error"),
            "PipelineNotFoundException");
  world.aws.build_ms = 10;
  EXPECT_EQ(world.end_of(simple()), "Succeeded");
  EXPECT_EQ(world.executions().size(), 1U);
}

TEST_F(Executions, AnExecutionGoesOnByTheVersionItBeganWith) {
  world.aws.build_ms = 60'000;
  const std::string id = simple();
  ASSERT_TRUE(world.run_until([&] { return world.aws.builds.size() == 1; }));
  world.call("UpdatePipeline",
             {{"pipeline", pipeline_of({stage_of("Source", {s3_source()}),
                                        stage_of("Other", {build_of("More", "q")})})}});
  EXPECT_EQ(world.end_of(id), "Succeeded");
  const std::string second = world.begin();
  EXPECT_EQ(world.end_of(second), "Succeeded");
  EXPECT_EQ(world.action_status("Other", "More"), "Succeeded");
}

}  // namespace
}  // namespace tandem::codepipeline
