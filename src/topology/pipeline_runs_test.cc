#include "topology/pipeline_runs.h"

#include <gmock/gmock.h>

namespace tandem::topology {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

json::object summary(std::string_view id, std::string_view status) {
  return {{"pipelineExecutionId", id},
          {"status", status},
          {"startTime", 100.0},
          {"lastUpdateTime", 130.5},
          {"trigger", json::object{{"triggerType", "StartPipelineExecution"}}},
          {"sourceRevisions",
           json::array{json::object{{"revisionId", "abc"}, {"revisionSummary", "the first"}}}}};
}

/// The state of a pipeline with one action a stage. inside: the run in the stage.
struct StageGiven {
  std::string name;
  std::string inside;
  std::string status;
  std::string before;
  std::string token;
  bool held = false;
};
json::object state_with(const std::vector<StageGiven>& stages) {
  json::array list;
  for (const StageGiven& given : stages) {
    json::object action{{"actionName", "Do"}};
    if (!given.token.empty()) {
      action["latestExecution"] = json::object{{"status", "InProgress"}, {"token", given.token}};
    }
    json::object stage{{"stageName", given.name},
                       {"inboundTransitionState", json::object{{"enabled", !given.held}}},
                       {"actionStates", json::array{std::move(action)}}};
    if (!given.inside.empty()) {
      stage["latestExecution"] =
          json::object{{"pipelineExecutionId", given.inside}, {"status", given.status}};
    }
    if (!given.before.empty()) {
      const json::object inbound{{"pipelineExecutionId", given.before}, {"status", "InProgress"}};
      stage["inboundExecution"] = inbound;
      stage["inboundExecutions"] = json::array{inbound};
    }
    list.push_back(std::move(stage));
  }
  return {{"stageStates", std::move(list)}};
}

json::object detail(std::string_view stage, std::string_view status, double begun, double changed) {
  return {{"stageName", stage},
          {"actionName", "Do"},
          {"status", status},
          {"startTime", begun},
          {"lastUpdateTime", changed}};
}

TEST(PipelineRun, StagesAreInWhatCodePipelineSays) {
  // An action that has ended does not end its stage.
  const RunView run =
      run_of(summary("one", "InProgress"),
             state_with({{.name = "Source", .inside = "one", .status = "Succeeded"},
                         {.name = "Build", .inside = "one", .status = "InProgress"},
                         {.name = "Deploy"}}),
             {detail("Source", "Succeeded", 100, 101), detail("Build", "Succeeded", 101, 103)});
  EXPECT_EQ(run.stages[0].status, "Succeeded");
  EXPECT_EQ(run.stages[1].status, "InProgress");
  EXPECT_EQ(run.stages[2].status, "");
  EXPECT_FALSE(run.stages[2].waits);
  EXPECT_EQ(run.revision, "abc");
  EXPECT_EQ(run.trigger, "StartPipelineExecution");
}

TEST(PipelineRun, OneThatStandsBeforeAStageWaits) {
  const json::object state = state_with({{.name = "Build", .inside = "two", .status = "Succeeded"},
                                         {.name = "Deploy",
                                          .inside = "one",
                                          .status = "InProgress",
                                          .before = "two",
                                          .token = "t",
                                          .held = true}});
  const RunView waiting = run_of(summary("two", "InProgress"), state, {});
  EXPECT_EQ(waiting.stages[1].status, "");
  EXPECT_TRUE(waiting.stages[1].waits);
  EXPECT_TRUE(waiting.stages[1].is_held);
  EXPECT_TRUE(waiting.stages[1].other_waits_for_approval);
  EXPECT_FALSE(waiting.stages[1].actions[0].waits_for_approval);
  const RunView inside =
      run_of(summary("one", "InProgress"), state, {detail("Deploy", "InProgress", 103, 104)});
  EXPECT_FALSE(inside.stages[1].waits);
  EXPECT_TRUE(inside.stages[1].actions[0].waits_for_approval);
}

TEST(PipelineRun, OfAStageThatAnotherHasEnteredSinceItsActionsTell) {
  const json::object state =
      state_with({{.name = "Build", .inside = "two", .status = "InProgress"}});
  const auto status = [&](std::string_view action) {
    return run_of(summary("one", "Failed"), state, {detail("Build", action, 101, 102)})
        .stages[0]
        .status;
  };
  EXPECT_EQ(status("Failed"), "Failed");
  EXPECT_EQ(status("Succeeded"), "Succeeded");
  EXPECT_EQ(status("Abandoned"), "Stopped");
}

TEST(PipelineRun, OfAnActionThatWasTriedAgainTheLastTryCounts) {
  const RunView run =
      run_of(summary("one", "Succeeded"),
             state_with({{.name = "Build", .inside = "one", .status = "Succeeded"}}),
             {detail("Build", "Succeeded", 120, 125), detail("Build", "Failed", 101, 110)});
  EXPECT_EQ(run.stages[0].actions[0].status, "Succeeded");
  EXPECT_EQ(run.stages[0].seconds(999), 5);
}

TEST(PipelineRun, AStageThatThePipelineNoLongerHasIsKeptApart) {
  const RunView run =
      run_of(summary("one", "Failed"),
             state_with({{.name = "Build", .inside = "one", .status = "Succeeded"}}),
             {detail("Gate", "Failed", 120, 125), detail("Build", "Succeeded", 101, 110)});
  EXPECT_THAT(run.stages, SizeIs(1));
  ASSERT_THAT(run.gone, SizeIs(1));
  EXPECT_EQ(run.gone[0].name, "Gate");
  EXPECT_EQ(run.gone[0].status, "Failed");
}

TEST(PipelineRun, TakesUntilItHasEnded) {
  EXPECT_EQ(run_of(summary("one", "Succeeded"), {}, {}).seconds(999), 30.5);
  EXPECT_EQ(run_of(summary("one", "InProgress"), {}, {}).seconds(160), 60);
  EXPECT_EQ(run_of(json::object{}, {}, {}).seconds(160), 0);
}

TEST(PipelineApprovals, AreThoseOfAnyRunInAnyStage) {
  const json::object state =
      state_with({{.name = "Try", .inside = "three", .status = "InProgress", .token = "t-3"},
                  {.name = "Build", .inside = "two", .status = "InProgress"},
                  {.name = "Deploy", .inside = "one", .status = "InProgress", .token = "t-1"}});
  const auto found = approvals_in(state);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].stage, "Try");
  EXPECT_EQ(found[1].run, "one");
  EXPECT_EQ(found[1].action, "Do");
  EXPECT_EQ(found[1].token, "t-1");
  EXPECT_THAT(stages_in(state), ElementsAre("Try", "Build", "Deploy"));
}

TEST(PipelineStages, HaveBuildsWhereAnActionIsOne) {
  const auto stage = [](std::string_view name, std::string_view provider) {
    const json::object action{{"actionTypeId", json::object{{"provider", provider}}}};
    return json::object{{"name", name}, {"actions", json::array{action}}};
  };
  const json::object declared{
      {"pipeline",
       json::object{{"stages", json::array{stage("Ask", "Manual"), stage("Build", "CodeBuild")}}}}};
  EXPECT_FALSE(has_builds(declared, "Ask"));
  EXPECT_TRUE(has_builds(declared, "Build"));
  EXPECT_FALSE(has_builds(declared, "Other"));
  EXPECT_FALSE(has_builds({{"pipeline", 7}}, "Build"));
}

TEST(PipelineApprovals, WhatIsNoStateHasNone) {
  EXPECT_THAT(approvals_in({{"stageStates", json::array{1, "x", json::object{}}}}), IsEmpty());
  EXPECT_THAT(approvals_in({{"stageStates", 7}}), IsEmpty());
}

}  // namespace
}  // namespace tandem::topology
