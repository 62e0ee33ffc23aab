// An execution whose process dies at any point, or whose store refuses writes, ends as it would
// have, and nothing was begun twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/codepipeline/test_world.h"

namespace tandem::codepipeline {
namespace {

using testing::ElementsAre;

json::object deploy_action() {
  json::object deploy = action_of("Stack", "Deploy/AWS/CloudFormation",
                                  {{"ActionMode", "CREATE_UPDATE"},
                                   {"StackName", "app"},
                                   {"TemplatePath", "Code::t.yaml"},
                                   {"RoleArn", "arn:aws:iam::123456789012:role/stacks"}},
                                  {"Code"});
  deploy["namespace"] = "stack";
  return deploy;
}

/// Everything that can be begun twice is in it.
json::object whole_pipeline() {
  return pipeline_of(
      {stage_of("Source", {s3_source()}),
       stage_of("Build", {build_of("A", "a"), build_of("B", "b"), build_of("C", "c", {"Made"}, 2)}),
       stage_of("Deploy", {deploy_action(), approval_of("May", 2),
                           action_of("Call", "Invoke/AWS/Lambda",
                                     {{"FunctionName", "f"}, {"UserParameters", "#{stack.Url}"}},
                                     {}, {}, 3)})});
}

/// Somebody who approves, and a function that answers, whenever they are asked.
void attend(TestWorld& world, std::set<std::string>& answered) {
  if (world.action("Deploy", "May").contains("token")) world.approve("Deploy", "May", "Approved");
  for (const std::string& job : world.aws.jobs) {
    if (answered.contains(job)) continue;
    const json::object answer = world.call("PutJobSuccessResult", {{"jobId", job}});
    if (!answer.contains("Error")) answered.insert(job);
  }
}

std::string describe(TestWorld& world) {
  std::string text = json::to_text(world.call("GetPipelineState", {{"name", "shop"}}));
  return text;
}

/// The number of builds and stacks is that of an undisturbed run.
void expect_whole(TestWorld& world) {
  EXPECT_THAT(world.statuses(), ElementsAre("Succeeded")) << describe(world);
  EXPECT_EQ(world.aws.builds.size(), 3U);
  EXPECT_EQ(world.aws.stack_operations, 1);
  EXPECT_EQ(world.aws.jobs.size(), 1U);
  const json::object answer = world.call("ListActionExecutions", {{"pipelineName", "shop"}});
  EXPECT_EQ(json::find_array(answer, "actionExecutionDetails")->size(), 7U);
}

class Kills : public testing::TestWithParam<int> {};

TEST_P(Kills, AtAnyStepEndAsItWouldHave) {
  const auto seed = static_cast<std::uint64_t>(GetParam());
  TestWorld world(seed);
  core::SeededRandom chance(seed);
  world.objects.objects["/code/app.zip"] = world.zip_of("t.yaml", "Resources: {}");
  world.call("CreatePipeline", {{"pipeline", whole_pipeline()}});
  std::set<std::string> answered;
  for (int kills = 0; kills < 25; ++kills) {
    const std::uint64_t steps = 1 + chance.below(60);
    for (std::uint64_t i = 0; i < steps; ++i) {
      world.step();
      // A function that answers late has failed: it is asked for more often than that.
      if (i % 8 == 0) attend(world, answered);
    }
    if (chance.below(4) == 0) {
      world.store.refuse_in = 1 + static_cast<int>(chance.below(4));
    } else {
      world.restart();
    }
  }
  world.store.refuse_in = 0;
  EXPECT_TRUE(world.run_until([&] {
    attend(world, answered);
    return world.statuses() != std::vector<std::string>{"InProgress"};
  }));
  expect_whole(world);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Kills, testing::Range(1, 31));

TEST(Kills, AfterEveryStepOnce) {
  for (int at = 1; at < 260; at += 9) {
    TestWorld world(3);
    world.objects.objects["/code/app.zip"] = world.zip_of("t.yaml", "Resources: {}");
    world.call("CreatePipeline", {{"pipeline", whole_pipeline()}});
    std::set<std::string> answered;
    for (int i = 0; i < at; ++i) {
      world.step();
      attend(world, answered);
    }
    world.restart();
    ASSERT_TRUE(world.run_until([&] {
      attend(world, answered);
      return world.statuses() != std::vector<std::string>{"InProgress"};
    })) << at;
    expect_whole(world);
    if (testing::Test::HasFailure()) FAIL() << "killed after " << at << " steps";
  }
}

TEST(StoreFailures, AStartThatIsNotStoredIsNoStart) {
  TestWorld world;
  world.objects.objects["/code/app.zip"] = "code";
  world.call("CreatePipeline",
             {{"pipeline", pipeline_of({stage_of("Source", {s3_source()}),
                                        stage_of("Build", {build_of("Make", "p")})})}});
  world.end_of(json::string_or(world.executions().at(0), "pipelineExecutionId"));
  world.store.refuse_in = 1;
  EXPECT_EQ(json::string_or(world.call("StartPipelineExecution", {{"name", "shop"}}), "Error"),
            "StoreError");
  EXPECT_EQ(world.executions().size(), 1U);
}

TEST(StoreFailures, WhatFollowsFromAStartFollowsLater) {
  TestWorld world;
  world.objects.objects["/code/app.zip"] = "code";
  // The start is taken, what it leads to is not.
  world.store.refuse_in = 2;
  world.call("CreatePipeline",
             {{"pipeline", pipeline_of({stage_of("Source", {s3_source()}),
                                        stage_of("Build", {build_of("Make", "p")})})}});
  const std::string id = json::string_or(world.executions().at(0), "pipelineExecutionId");
  EXPECT_EQ(world.end_of(id), "Succeeded");
  EXPECT_EQ(world.aws.builds.size(), 1U);
}

}  // namespace
}  // namespace tandem::codepipeline
