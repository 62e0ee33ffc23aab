// Ways out of what went wrong, the stack policy and the role of a stack's operations.
#include <gmock/gmock.h>

#include "services/cloudformation/engine/test_world.h"

namespace tandem::cloudformation {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kOld =
    "Resources:\n"
    "  A: {Type: Test::Thing, Properties: {Value: old}}\n"
    "  B: {Type: Test::Thing, DependsOn: A, Properties: {Value: old}}\n";
constexpr std::string_view kNew =
    "Resources:\n"
    "  A: {Type: Test::Thing, Properties: {Value: new}}\n"
    "  B: {Type: Test::Thing, DependsOn: A, Properties: {Value: new}}\n"
    "  C: {Type: Test::Thing, DependsOn: B}\n";
constexpr std::string_view kDenyB =
    R"({"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "Update:*", "Principal": "*",
         "Resource": "LogicalResourceId/B"}]})";

class RecoveryTest : public testing::Test {
 protected:
  /// Begins the update and leaves it where the step was called.
  void update_until(const std::string& step) {
    world_.call("UpdateStack", {{"StackName", "shop"}, {"TemplateBody", kNew}});
    world_.run_until_called(step);
  }
  void fail_the_way_back() {
    world_.deploy(kOld);
    world_.things.fail = {"Create C"};
    update_until("Create C");
    world_.things.fail = {"Create C", "Update A"};
    world_.settle();
  }
  std::string stored_value(const std::string& id) {
    const StackPtr stack = world_.engine->stacks().find("shop");
    return json::string_or(stack->resources.at(id).properties, "Value");
  }

  TestWorld world_;
};

TEST_F(RecoveryTest, ACancelledUpdateGoesBack) {
  world_.deploy(kOld);
  update_until("Update A");
  const json::object cancel{{"StackName", "shop"}, {"ClientRequestToken", "enough"}};
  EXPECT_EQ(world_.message("CancelUpdateStack", cancel), "no error");
  world_.settle();
  EXPECT_EQ(world_.message("CancelUpdateStack", cancel), "no error");
  const json::object events = world_.call("DescribeStackEvents", {{"StackName", "shop"}});
  EXPECT_EQ(events.at("StackEvents").at(0).at("ClientRequestToken"), json::value("enough"));
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_THAT(world_.events(), Contains("shop UPDATE_ROLLBACK_IN_PROGRESS: User Initiated"));
  EXPECT_THAT(world_.things.calls, Not(Contains("Update B")));
  EXPECT_EQ(stored_value("A"), "old");
  EXPECT_EQ(world_.message("CancelUpdateStack", {{"StackName", "shop"}}),
            "CancelUpdateStack cannot be called from current stack status");
  EXPECT_EQ(world_.message("CancelUpdateStack", {{"StackName", "none"}}),
            "Stack [none] does not exist");
}

TEST_F(RecoveryTest, ACancellationOutlivesTheProcess) {
  world_.deploy(kOld);
  world_.things.silent = {"Update A"};
  update_until("Update A");
  world_.call("CancelUpdateStack", {{"StackName", "shop"}});
  world_.restart();
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_EQ(stored_value("A"), "old");
  EXPECT_THAT(world_.things.calls, Not(Contains("Update B")));
}

TEST_F(RecoveryTest, AFailedWayBackIsGoneOnceMore) {
  fail_the_way_back();
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_FAILED");
  EXPECT_THAT(world_.message("UpdateStack", {{"StackName", "shop"}, {"TemplateBody", kNew}}),
              HasSubstr("is in UPDATE_ROLLBACK_FAILED state and can not be updated."));
  world_.things.fail.clear();
  world_.call("ContinueUpdateRollback", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_EQ(stored_value("A"), "old");
  EXPECT_THAT(world_.message("ContinueUpdateRollback", {{"StackName", "shop"}}),
              HasSubstr("is in UPDATE_ROLLBACK_COMPLETE state"));
}

TEST_F(RecoveryTest, WhatCannotGoBackIsSkipped) {
  fail_the_way_back();
  EXPECT_THAT(world_.message("ContinueUpdateRollback",
                             {{"StackName", "shop"}, {"ResourcesToSkip", json::array{"C", "No"}}}),
              HasSubstr("[C, No]"));
  world_.things.calls.clear();
  world_.call("ContinueUpdateRollback",
              {{"StackName", "shop"}, {"ResourcesToSkip", json::array{"A"}}});
  world_.settle();
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_THAT(world_.things.calls, Not(Contains("Update A")));
  EXPECT_EQ(stored_value("B"), "old");
  world_.things.fail.clear();
  EXPECT_EQ(world_.message("UpdateStack", {{"StackName", "shop"}, {"TemplateBody", kNew}}),
            "no error");
  world_.settle();
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
}

TEST_F(RecoveryTest, ARollBackThatIsContinuedOutlivesTheProcess) {
  fail_the_way_back();
  world_.things.fail.clear();
  world_.things.calls.clear();
  world_.things.silent = {"Update A"};
  world_.call("ContinueUpdateRollback", {{"StackName", "shop"}});
  world_.run_until_called("Update A");
  world_.restart();
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_EQ(stored_value("A"), "old");
}

// API reference, RollbackStack: of CREATE_FAILED and UPDATE_FAILED, to the last stable state.
TEST_F(RecoveryTest, WhatFailedAndStayedIsRolledBackOnDemand) {
  world_.things.fail = {"Create B"};
  world_.deploy(kOld, "CreateStack", {{"DisableRollback", true}});
  EXPECT_EQ(world_.status(), "CREATE_FAILED");
  world_.call("RollbackStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_EQ(world_.status(), "ROLLBACK_COMPLETE");
  EXPECT_TRUE(world_.things.things.empty());
  EXPECT_THAT(world_.message("RollbackStack", {{"StackName", "shop"}}),
              HasSubstr("is in ROLLBACK_COMPLETE state and can not be rolled back."));
}

TEST_F(RecoveryTest, AFailedUpdateThatStayedIsRolledBackOnDemand) {
  world_.deploy(kOld);
  world_.things.fail = {"Create C"};
  world_.deploy(kNew, "UpdateStack", {{"DisableRollback", true}});
  EXPECT_EQ(world_.status(), "UPDATE_FAILED");
  world_.restart();
  const json::object answer = world_.call("RollbackStack", {{"StackName", "shop"}});
  EXPECT_THAT(json::string_or(answer, "StackId"), HasSubstr(":stack/shop/"));
  world_.settle();
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_EQ(stored_value("A"), "old");
  EXPECT_EQ(json::string_or(world_.call("GetTemplate", {{"StackName", "shop"}}), "TemplateBody"),
            kOld);
}

TEST_F(RecoveryTest, AnUpdateOfAFailedStackLeavesNoWayBack) {
  world_.deploy(kOld);
  world_.things.fail = {"Create C"};
  world_.deploy(kNew, "UpdateStack", {{"DisableRollback", true}});
  world_.deploy(kNew, "UpdateStack", {{"DisableRollback", true}});
  EXPECT_EQ(world_.status(), "UPDATE_FAILED");
  EXPECT_THAT(world_.message("RollbackStack", {{"StackName", "shop"}}),
              HasSubstr("it was updated after it had failed"));
}

TEST_F(RecoveryTest, AStackPolicyIsToldAsItWasGiven) {
  world_.deploy(kOld, "CreateStack", {{"StackPolicyBody", kDenyB}});
  const auto told = [&] {
    return json::string_or(world_.call("GetStackPolicy", {{"StackName", "shop"}}),
                           "StackPolicyBody");
  };
  EXPECT_EQ(told(), kDenyB);
  world_.call("SetStackPolicy", {{"StackName", "shop"}, {"StackPolicyBody", "{}"}});
  world_.restart();
  EXPECT_EQ(told(), "{}");
  const auto refused = [&](json::object input) {
    input["StackName"] = "shop";
    return world_.message("SetStackPolicy", std::move(input));
  };
  EXPECT_EQ(refused({{"StackPolicyBody", "x"}}),
            "Error validating stack policy: Invalid stack policy");
  EXPECT_EQ(
      refused({{"StackPolicyBody", "{}"}, {"StackPolicyURL", "https://b.s3.amazonaws.com/k"}}),
      "You cannot specify both StackPolicyURL and StackPolicyBody");
  EXPECT_THAT(refused({{"StackPolicyBody",
                        R"({"Statement": {"Effect": "Deny", "Action": "*", "Principal": "*",
                            "Resource": "LogicalResourceId/Z"}})"}}),
              HasSubstr("Unknown logical id 'LogicalResourceId/Z'"));
}

TEST_F(RecoveryTest, WhatAStackPolicyDeniesFailsTheUpdate) {
  world_.deploy(kOld, "CreateStack", {{"StackPolicyBody", kDenyB}});
  world_.deploy(kNew, "UpdateStack");
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_THAT(world_.events(),
              Contains("B UPDATE_FAILED: Action denied by stack policy: Statement [#2] does not "
                       "allow [Update:Modify] for resource [LogicalResourceId/B]"));
  world_.deploy("Resources: {A: {Type: Test::Thing, Properties: {Value: old}}}", "UpdateStack");
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_THAT(world_.events(), Contains(HasSubstr("does not allow [Update:Delete]")));
  EXPECT_EQ(world_.things.things.size(), 2u);
  // The policy of one update.
  world_.deploy(kNew, "UpdateStack",
                {{"StackPolicyDuringUpdateBody",
                  R"({"Statement": {"Effect": "Allow", "Action": "Update:*", "Principal": "*",
                      "Resource": "*"}})"}});
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
  EXPECT_EQ(
      json::string_or(world_.call("GetStackPolicy", {{"StackName", "shop"}}), "StackPolicyBody"),
      kDenyB);
}

TEST_F(RecoveryTest, AStacksCallsAreItsRoles) {
  constexpr std::string_view kRole = "arn:aws:iam::123456789012:role/deploy";
  constexpr std::string_view kSession =
      "arn:aws:sts::123456789012:assumed-role/deploy/AWSCloudFormation";
  world_.deploy(kOld, "CreateStack", {{"RoleARN", kRole}});
  EXPECT_EQ(json::string_or(world_.stack(), "RoleARN"), kRole);
  EXPECT_THAT(world_.things.callers, Each(std::string(kSession)));
  world_.restart();
  world_.things.callers.clear();
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_THAT(world_.things.callers, Each(std::string(kSession)));
  EXPECT_EQ(world_.things.callers.size(), 2u);
}

TEST_F(RecoveryTest, ARoleThatCannotBeAssumedIsRefused) {
  const std::string none = "arn:aws:iam::123456789012:role/none";
  const std::string unheard = "arn:aws:iam::123456789012:role/unheard";
  world_.roles.answers[none] = service::Roles::Answer::kNo;
  world_.roles.answers[unheard] = service::Roles::Answer::kUnknown;
  const auto refusal = [&](const std::string& arn) {
    return world_.message("CreateStack",
                          {{"StackName", "shop"}, {"TemplateBody", kOld}, {"RoleARN", arn}});
  };
  EXPECT_EQ(refusal(none), "Role " + none + " is invalid or cannot be assumed");
  EXPECT_EQ(refusal(unheard), "IAM does not answer, and this region has not heard of " + unheard);
  EXPECT_THAT(world_.roles.asked, Each(std::string("cloudformation.amazonaws.com")));
  EXPECT_EQ(world_.status(), "Stack with id shop does not exist");
}

}  // namespace
}  // namespace tandem::cloudformation
