// Plans and their execution, against AWS as far as deployments see it (fake_aws.h).
#include "topology/plan.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/files.h"
#include "topology/deploy.h"
#include "topology/fake_aws.h"
#include "topology/losses.h"
#include "topology/planner.h"

namespace tandem::topology {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Kind = Step::Kind;
using Phase = Step::Phase;

constexpr const char* kKey = "k3y-0123456789-0123456789";
constexpr const char* kTemplate = R"(
Parameters: {TableName: {Type: String}, StageName: {Type: String}, CodeBucket: {Type: String}, CodeKey: {Type: String}}
Resources:
  Api: {Type: AWS::ApiGateway::RestApi}
  Stage: {Type: AWS::ApiGateway::Stage}
  Function: {Type: AWS::Lambda::Function}
Outputs:
  ApiId: {Value: !Ref Api}
  StageName: {Value: !Ref Stage}
)";

class PlanTest : public testing::Test {
 protected:
  PlanTest() {
    folder_ = std::filesystem::temp_directory_path() /
              ("tandem-plan-" + std::to_string(::getpid()) + "-" +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
    topology_ = {.name = "todo",
                 .domain = "todos.tandem.test",
                 .zone = "tandem.test",
                 .regions = {{.name = "us-east-1"}, {.name = "us-west-2"}},
                 .home = "us-east-1",
                 .template_file = folder_ / "template.yaml",
                 .artifact = folder_ / "app.zip",
                 .table = {.name = "todos", .hash_key = {.name = "id"}},
                 .health_check = {.path = "/health"}};
    write(kTemplate);
    core::write_file_atomically(topology_.artifact, "code", core::kSecretMode);
  }
  ~PlanTest() override {
    // A fake validates what it is given against the API models, and what it answers.
    EXPECT_THAT(aws_.findings(), IsEmpty());
    std::filesystem::remove_all(folder_);
  }

  void write(const std::string& text) {
    core::write_file_atomically(topology_.template_file, text, core::kSecretMode);
  }

  template <class T>
  T run(Task<T> task) {
    asio::io_context loop;
    std::optional<T> result;
    std::exception_ptr failure;
    asio::co_spawn(loop, std::move(task), [&](std::exception_ptr escaped, T value) {
      failure = escaped;
      if (!escaped) result.emplace(std::move(value));
    });
    loop.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
  }

  Plan plan(std::set<std::string> unseen = {}) {
    return run(make_plan(&aws_, {topology_, leaving_, std::move(unseen), kKey}));
  }
  std::vector<StackResult> execute(Plan plan) {
    Deployer deployer(aws_, {.api_key = kKey}, {});
    return run(deployer.execute(std::move(plan)));
  }

  std::filesystem::path folder_;
  Topology topology_;
  std::vector<std::string> leaving_;
  FakeAws aws_;
};

/// AWS Certificate Manager User Guide, "DNS validation": the record has to be in the domain's zone.
TEST_F(PlanTest, AFirstDeploymentMakesTheZoneBeforeTheFronts) {
  execute(plan());
  const int zone = aws_.place_of("CreateStack", "todo-routing");
  ASSERT_GE(zone, 0);
  EXPECT_LT(zone, aws_.place_of("CreateStack", "todo-front"));
  EXPECT_LT(aws_.place_of("CreateStack", "todo-front"),
            aws_.place_of("UpdateStack", "todo-routing"));
  EXPECT_EQ(aws_.bodies().size(), 6U);
  const std::string front = json::to_text(
      aws_.calls()[static_cast<std::size_t>(aws_.place_of("CreateStack", "todo-front"))]
          .call.input);
  EXPECT_THAT(front, HasSubstr("<Zone of todo-routing in us-east-1>"));
}

TEST_F(PlanTest, WhatIsDeployedHasNothingToChange) {
  const Plan first = plan();
  EXPECT_TRUE(first.changes());
  EXPECT_THAT(text_of(first), HasSubstr("known after apply: ApiId, StageName, ZoneId"));
  execute(first);
  const Plan second = plan();
  EXPECT_FALSE(second.changes()) << text_of(second);
  EXPECT_THAT(text_of(second), HasSubstr("Nothing to change"));
  const int updates = aws_.count("UpdateStack");
  for (const StackResult& one : execute(second)) EXPECT_EQ(one.outcome, Outcome::kUnchanged);
  EXPECT_EQ(aws_.count("UpdateStack"), updates);
}

TEST_F(PlanTest, PlanningChangesNothingAndLeavesNoChangeSet) {
  execute(plan());
  const auto before = aws_.bodies();
  topology_.regions[0].weight = 7;
  const Plan edited = plan();
  EXPECT_EQ(edited.find(Phase::kRouting, "us-east-1")->kind, Kind::kUpdate);
  EXPECT_EQ(edited.find(Phase::kApp, "us-east-1")->kind, Kind::kNone);
  EXPECT_EQ(aws_.bodies(), before);
  EXPECT_EQ(aws_.change_sets(), 0U);
}

TEST_F(PlanTest, WhatAKilledPlanHasLeftIsRemovedByTheNext) {
  execute(plan());
  aws_.killed_at = 2;  // after the first change set was made
  EXPECT_THROW(plan(), Killed);
  EXPECT_EQ(aws_.change_sets(), 1U);
  aws_.killed_at = 0;
  plan();
  EXPECT_EQ(aws_.change_sets(), 0U);
}

TEST_F(PlanTest, WarnsOfPuttingItsPackageOverAPipelines) {
  execute(plan());
  core::write_file_atomically(topology_.artifact, "newer", core::kSecretMode);
  EXPECT_THAT(plan().warnings, IsEmpty());
  aws::ApiCall pipeline{
      .region = "us-west-2",
      .service = "cloudformation",
      .operation = "CreateStack",
      .input = {{"StackName", "todo-pipeline-us-west-2"}, {"TemplateBody", "{\"Resources\": {}}"}}};
  run(aws_.call(pipeline));
  const Plan over = plan();
  EXPECT_THAT(over.warnings,
              ElementsAre("the code in us-west-2 may be what a pipeline shipped, and app.zip takes "
                          "its place; 'tandem pipeline run' afterwards ships the branch again"));
  EXPECT_THAT(text_of(over), HasSubstr("Warning: the code in us-west-2 may be"));
  execute(over);
  EXPECT_THAT(plan().warnings, IsEmpty());
}

TEST_F(PlanTest, DeletionsAreMarkedWithTheirPhysicalIds) {
  execute(plan());
  std::string text = kTemplate;
  text.replace(text.find("  Function:"), text.find("Outputs:") - text.find("  Function:"), "");
  write(text);
  const Plan edited = plan();
  EXPECT_THAT(text_of(edited),
              HasSubstr("- Function  AWS::Lambda::Function  old-Function  (DELETED)"));
  EXPECT_THAT(
      json::to_text(to_json(edited)),
      HasSubstr(
          R"({"action":"remove","logicalId":"Function","type":"AWS::Lambda::Function","deletes":true)"));
}

TEST_F(PlanTest, ARegionThatDoesNotRunYetIsPlannedWithoutBeingAsked) {
  execute(plan());
  const std::size_t before = aws_.calls().size();
  topology_.regions.push_back({.name = "eu-west-1"});
  const Plan edited = plan({"eu-west-1"});
  for (std::size_t i = before; i < aws_.calls().size(); ++i) {
    EXPECT_NE(aws_.calls()[i].call.region, "eu-west-1");
  }
  EXPECT_EQ(edited.find(Phase::kFront, "eu-west-1")->kind, Kind::kCreate);
  EXPECT_THAT(edited.find(Phase::kRouting, "us-east-1")->unknown,
              ElementsAre("ApiEuWest1", "StageEuWest1", "SwitchEuWest1", "TargetEuWest1",
                          "TargetZoneEuWest1"));
}

/// An output that refers to what is replaced, or to a parameter that changes, is not known before.
TEST_F(PlanTest, WhatFollowsFromAnUpdateIsKnownAfterApply) {
  execute(plan());
  std::string text = kTemplate;
  text.replace(text.find("!Ref Stage"), 10, "!Ref StageName");
  write(text);
  const Plan edited = plan();
  EXPECT_THAT(edited.find(Phase::kFront, "us-east-1")->unknown, ElementsAre("StageName"));
  EXPECT_EQ(edited.find(Phase::kFront, "us-east-1")->kind, Kind::kUpdate);
}

TEST_F(PlanTest, WhereverItEndsAnotherPlanGoesOn) {
  execute(plan());
  const auto whole = aws_.bodies();
  const int changes = [&] {
    FakeAws counted;
    counted.killed_at = 1'000;
    const Plan plan = run(make_plan(&counted, {topology_, {}, {}, kKey}));
    Deployer deployer(counted, {.api_key = kKey}, {});
    run(deployer.execute(plan));
    return counted.changed;
  }();
  ASSERT_GT(changes, 8);
  for (int at = 1; at <= changes; ++at) {
    FakeAws aws;
    aws.killed_at = at;
    {
      const Plan plan = run(make_plan(&aws, {topology_, {}, {}, kKey}));
      Deployer deployer(aws, {.api_key = kKey}, {});
      EXPECT_THROW(run(deployer.execute(plan)), Killed) << at;
    }
    aws.killed_at = 0;
    const Plan rest = run(make_plan(&aws, {topology_, {}, {}, kKey}));
    Deployer deployer(aws, {.api_key = kKey}, {});
    run(deployer.execute(rest));
    EXPECT_EQ(aws.bodies(), whole) << at;
    EXPECT_FALSE(run(make_plan(&aws, {topology_, {}, {}, kKey})).changes()) << at;
    EXPECT_THAT(aws.findings(), IsEmpty());
  }
}

TEST_F(PlanTest, AnOutputThatTheFrontsNeedIsMissedBeforeAnythingIsMade) {
  std::string text = kTemplate;
  text.replace(text.find("  StageName: {Value"), std::string::npos, "");
  write(text);
  try {
    plan();
    ADD_FAILURE() << "it was planned";
  } catch (const Refused& refused) {
    EXPECT_THAT(refused.message,
                HasSubstr("template.yaml:8: the template has no output StageName"));
  }
  EXPECT_THAT(aws_.bodies(), IsEmpty());
}

TEST_F(PlanTest, ATemplateThatIsRefusedIsRefusedBeforeAnythingIsMade) {
  aws_.refuses = "Template format error: Unrecognized resource types: [AWS::Nope]";
  try {
    plan();
    ADD_FAILURE() << "it was planned";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.message,
              "stack todo-app in us-east-1: " + aws_.refuses + "; nothing was changed");
  }
  EXPECT_THAT(aws_.bodies(), IsEmpty());
  plan({"us-east-1", "us-west-2"});  // nobody is there to be asked
}

TEST_F(PlanTest, NoSecretIsShown) {
  Plan first = plan();
  EXPECT_THAT(text_of(first), Not(HasSubstr(kKey)));
  EXPECT_THAT(json::to_text(to_json(first)), Not(HasSubstr(kKey)));
  execute(std::move(first));
  std::string shown;
  for (const RecordedCall& call : aws_.calls())
    shown += text_of(call) + json::to_text(to_json(call));
  EXPECT_THAT(shown, Not(HasSubstr(kKey)));
  EXPECT_THAT(shown, HasSubstr("<secret>"));
}

/// AWS General Reference, "Amazon API Gateway endpoints and quotas".
TEST_F(PlanTest, ARehearsalKnowsWhatIsKnownOfAws) {
  execute(plan());
  std::string shown;
  for (const RecordedCall& call : aws_.calls()) shown += text_of(call);
  EXPECT_THAT(shown, HasSubstr("Z2OJLYMUO9EFXC"));
  EXPECT_THAT(shown, HasSubstr("https://cloudformation.us-west-2.amazonaws.com/"));
  EXPECT_THAT(shown, HasSubstr("https://route53.amazonaws.com/2013-04-01/hostedzonesbyname"));
  EXPECT_THAT(shown, HasSubstr("tandem-todo-123456789012-us-west-2"));
}

TEST(Rehearsal, FindsWhatNoApiTakes) {
  const auto operation = aws::model::find_service("cloudformation")->operation("CreateStack");
  const auto found = findings_in(
      *operation, {"us-east-1", "cloudformation", "CreateStack", {{"StackNam", "a"}}, ""});
  EXPECT_THAT(found, ElementsAre("StackNam: there is no such member",
                                 "stackName: Member must not be null"));
  const std::string large(51'201, 'x');
  EXPECT_THAT(findings_in(*operation, {"us-east-1",
                                       "cloudformation",
                                       "CreateStack",
                                       {{"StackName", "a"}, {"TemplateBody", large}},
                                       ""}),
              ElementsAre("TemplateBody: 51201 bytes; CloudFormation takes 51200"));
}

}  // namespace
}  // namespace tandem::topology
