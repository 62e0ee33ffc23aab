// Stack statuses, events and reasons: CloudFormation User Guide, "Stack status codes", and the
// event streams that public logs and issues quote.
#include "services/cloudformation/engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/cloudformation/engine/test_world.h"

namespace tandem::cloudformation {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

constexpr std::string_view kDiamond = R"(
Resources:
  A: {Type: Test::Thing}
  B: {Type: Test::Thing, Properties: {Value: !Ref A}}
  C: {Type: Test::Thing, Properties: {Value: !GetAtt A.Arn}}
  D: {Type: Test::Thing, Properties: {Value: !Sub '${B}-${C.Arn}'}}
Outputs:
  Id: {Value: !Ref D, Description: the last}
)";

class EngineTest : public testing::Test {
 protected:
  TestWorld world_;
};

TEST_F(EngineTest, CreatesInDependencyOrderAndInParallel) {
  const json::object created = world_.deploy(kDiamond);
  EXPECT_THAT(json::string_or(created, "StackId"),
              StartsWith("arn:aws:cloudformation:us-east-1:123456789012:stack/shop/"));
  EXPECT_EQ(world_.status(), "CREATE_COMPLETE");
  EXPECT_EQ(world_.things.calls.front(), "Create A");
  EXPECT_EQ(world_.things.calls.back(), "Create D");
  EXPECT_EQ(world_.things.most_at_once, 2);
  EXPECT_THAT(world_.physical("A"), testing::MatchesRegex("shop-A-[A-Z0-9]{12}"));
  const json::object output = world_.stack().at("Outputs").as_array().at(0).as_object();
  EXPECT_EQ(json::string_or(output, "OutputValue"), world_.physical("D"));
}

TEST_F(EngineTest, EventsTellTheWholeStory) {
  world_.deploy("Resources: {A: {Type: Test::Thing}}");
  EXPECT_THAT(world_.events(),
              ElementsAre("shop CREATE_IN_PROGRESS: User Initiated", "A CREATE_IN_PROGRESS",
                          "A CREATE_IN_PROGRESS: Resource creation Initiated", "A CREATE_COMPLETE",
                          "shop CREATE_COMPLETE"));
  const json::object answer = world_.call("DescribeStackEvents", {{"StackName", "shop"}});
  std::set<std::string> ids;
  for (const auto& event : answer.at("StackEvents").as_array()) {
    ids.insert(json::string_or(event.as_object(), "EventId"));
  }
  EXPECT_EQ(ids.size(), 5u);
}

TEST_F(EngineTest, FailureRollsBackWhatWasMade) {
  world_.things.fail = {"Create C"};
  world_.deploy(kDiamond);
  EXPECT_EQ(world_.status(), "ROLLBACK_COMPLETE");
  EXPECT_TRUE(world_.things.things.empty());
  EXPECT_THAT(world_.events(),
              Contains("shop ROLLBACK_IN_PROGRESS: The following resource(s) failed to create: "
                       "[C]. Rollback requested by user."));
  EXPECT_THAT(world_.events(),
              Contains(testing::MatchesRegex(
                  "C CREATE_FAILED: Resource handler returned message: \"refused Create C\" "
                  "\\(RequestToken: [-0-9a-f]{36}, HandlerErrorCode: AlreadyExists\\)")));
  EXPECT_THAT(world_.message("UpdateStack", {{"StackName", "shop"}, {"TemplateBody", kDiamond}}),
              HasSubstr("is in ROLLBACK_COMPLETE state and can not be updated."));
}

TEST_F(EngineTest, AnotherFailureCancelsWhatWaits) {
  world_.things.fail = {"Create B"};
  world_.things.never_ready = {"A"};
  world_.deploy("Resources: {A: {Type: Test::Thing}, B: {Type: Test::Thing}}");
  EXPECT_THAT(world_.events(), Contains("A CREATE_FAILED: Resource creation cancelled"));
  EXPECT_THAT(world_.events(), Contains("A DELETE_COMPLETE"));
  EXPECT_EQ(world_.status(), "ROLLBACK_COMPLETE");
  EXPECT_TRUE(world_.things.things.empty());
}

TEST_F(EngineTest, OnFailureDeleteAndDoNothing) {
  world_.things.fail = {"Create B"};
  const std::string_view body = "Resources: {A: {Type: Test::Thing}, B: {Type: Test::Thing}}";
  const json::object created = world_.deploy(body, "CreateStack", {{"OnFailure", "DELETE"}});
  EXPECT_EQ(world_.message("DescribeStacks", {{"StackName", "shop"}}),
            "Stack with id shop does not exist");
  EXPECT_EQ(world_.status(json::string_or(created, "StackId")), "DELETE_COMPLETE");
  world_.deploy(body, "CreateStack", {{"DisableRollback", true}});
  EXPECT_EQ(world_.status(), "CREATE_FAILED");
  EXPECT_EQ(world_.things.things.size(), 1u);
}

// User Guide, "Stack failure options": resources that failed are made by the next update.
TEST_F(EngineTest, AFailedCreationGoesOnWithAnUpdate) {
  const std::string_view body =
      "Resources: {A: {Type: Test::Thing}, B: {Type: Test::Thing, DependsOn: A}}\n"
      "Outputs: {B: {Value: !Ref B}}";
  world_.things.fail = {"Create B"};
  world_.deploy(body, "CreateStack", {{"DisableRollback", true}});
  EXPECT_EQ(world_.status(), "CREATE_FAILED");
  const std::string made = world_.physical("A");
  world_.deploy(body, "UpdateStack", {{"DisableRollback", true}});
  EXPECT_EQ(world_.status(), "UPDATE_FAILED");
  world_.things.fail.clear();
  world_.deploy(body, "UpdateStack");
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
  EXPECT_EQ(world_.physical("A"), made);
  EXPECT_EQ(world_.things.things.size(), 2u);
  EXPECT_EQ(world_.stack().at("Outputs").as_array().size(), 1u);
}

TEST_F(EngineTest, WhatAFailedCreationLeftGoesBeforeItIsMadeAgain) {
  const std::string_view body =
      "Resources: {A: {Type: Test::Thing}, B: {Type: Test::Thing, Properties: {Name: b}}}";
  world_.things.never_ready = {"B"};
  world_.things.fail = {"Get B"};
  world_.deploy(body, "CreateStack", {{"DisableRollback", true}});
  EXPECT_EQ(world_.physical("B"), "b");
  // It fails again, and the update is rolled back: nothing of it is left.
  world_.deploy(body, "UpdateStack");
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_FALSE(world_.things.things.contains("b"));
  world_.things.never_ready.clear();
  world_.deploy(body, "UpdateStack");
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
  EXPECT_TRUE(world_.things.things.contains("b"));
}

TEST_F(EngineTest, ResourceOfAnotherOwnerIsNotDeletedByRollback) {
  world_.things.things.insert("mine");
  world_.deploy("Resources: {A: {Type: Test::Thing, Properties: {Name: mine}}}");
  EXPECT_EQ(world_.status(), "ROLLBACK_COMPLETE");
  EXPECT_THAT(world_.events(),
              Contains(HasSubstr("Resource of type 'Test::Thing' with identifier 'mine' already "
                                 "exists.")));
  EXPECT_EQ(world_.things.things.count("mine"), 1u);
}

TEST_F(EngineTest, UpdateChangesOnlyWhatDiffers) {
  world_.deploy("Resources: {A: {Type: Test::Thing}, B: {Type: Test::Thing}}");
  world_.things.calls.clear();
  world_.deploy(
      "Resources: {A: {Type: Test::Thing, Properties: {Value: x}}, B: {Type: Test::Thing}}",
      "UpdateStack");
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
  EXPECT_THAT(world_.things.calls, ElementsAre("Update A"));
  EXPECT_THAT(world_.events(), Contains("shop UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"));
}

TEST_F(EngineTest, ReplacementRepointsDependentsThenDeletesTheOld) {
  world_.deploy(kDiamond);
  const std::string old = world_.physical("A");
  world_.things.calls.clear();
  std::string changed(kDiamond);
  changed.replace(changed.find("A: {Type: Test::Thing}"), 22,
                  "A: {Type: Test::Thing, Properties: {Kind: k}}");
  world_.deploy(changed, "UpdateStack");
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
  EXPECT_NE(world_.physical("A"), old);
  EXPECT_EQ(world_.things.calls.front(), "Create A");
  EXPECT_EQ(world_.things.calls.back(), "Delete A");
  EXPECT_EQ(world_.things.things.count(old), 0u);
  EXPECT_THAT(world_.things.calls, Contains("Update B"));
  EXPECT_THAT(world_.events(),
              Contains("A UPDATE_IN_PROGRESS: Requested update requires the creation of a new "
                       "physical resource; hence creating one."));
}

// AWS re:Post, "Why is my CloudFormation stack stuck in the … UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
// state?": what cannot be deleted is skipped, and the cleanup goes on.
TEST_F(EngineTest, WhatCannotBeCleanedUpHoldsNothingElseBack) {
  world_.deploy(kDiamond);
  world_.things.fail = {"Delete D"};
  world_.deploy("Resources: {New: {Type: Test::Thing}}", "UpdateStack");
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
  EXPECT_THAT(world_.events(), Contains(StartsWith("D DELETE_FAILED: ")));
  EXPECT_THAT(world_.events(), Contains("A DELETE_COMPLETE"));
  EXPECT_THAT(world_.things.things, ElementsAre(StartsWith("shop-D-"), StartsWith("shop-New-")));
}

TEST_F(EngineTest, FailedUpdateIsRolledBack) {
  world_.deploy(kDiamond);
  const std::string old = world_.physical("A");
  std::string changed(kDiamond);
  changed.replace(changed.find("A: {Type: Test::Thing}"), 22,
                  "A: {Type: Test::Thing, Properties: {Kind: k}}\n  New: {Type: Test::Thing}");
  world_.things.fail = {"Update C"};
  world_.deploy(changed, "UpdateStack");
  // Update C would also fail on the way back: nothing was changed, so it is not asked again.
  EXPECT_EQ(std::count(world_.things.calls.begin(), world_.things.calls.end(), "Update C"), 1);
  EXPECT_EQ(world_.physical("A"), old);
  EXPECT_THAT(world_.events(),
              Contains("shop UPDATE_ROLLBACK_IN_PROGRESS: The following resource(s) failed to "
                       "update: [C]."));
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
}

TEST_F(EngineTest, RolledBackUpdateLeavesTheOldStack) {
  world_.deploy("Resources: {A: {Type: Test::Thing}, B: {Type: Test::Thing}}");
  const std::string old = world_.physical("A");
  world_.things.fail = {"Create C"};
  world_.deploy(
      "Resources:\n"
      "  A: {Type: Test::Thing, Properties: {Kind: k}}\n"
      "  B: {Type: Test::Thing, Properties: {Value: v}}\n"
      "  C: {Type: Test::Thing, DependsOn: [A, B]}\n",
      "UpdateStack");
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_EQ(world_.physical("A"), old);
  EXPECT_EQ(world_.things.things.size(), 2u);
  EXPECT_EQ(json::string_or(world_.call("GetTemplate", {{"StackName", "shop"}}), "TemplateBody"),
            "Resources: {A: {Type: Test::Thing}, B: {Type: Test::Thing}}");
  EXPECT_EQ(std::count(world_.things.calls.begin(), world_.things.calls.end(), "Update B"), 2);
}

// AWS::LanguageExtensions: "intrinsic functions in DeletionPolicy and UpdateReplacePolicy".
TEST_F(EngineTest, PoliciesMayBeFunctionsOfParametersAndConditions) {
  const std::string body =
      "Parameters: {Policy: {Type: String, Default: Retain}}\n"
      "Conditions: {Keep: !Equals [!Ref Policy, Retain]}\n"
      "Resources:\n"
      "  A: {Type: Test::Thing, DeletionPolicy: !Ref Policy}\n"
      "  B: {Type: Test::Thing, DeletionPolicy: !If [Keep, Delete, Retain],"
      " UpdateReplacePolicy: !If [Keep, Retain, Delete]}\n";
  world_.deploy(body);
  const StackPtr stack = world_.engine->stacks().find("shop");
  EXPECT_EQ(stack->resources.at("A").deletion_policy, DeletionPolicy::kRetain);
  EXPECT_EQ(stack->resources.at("B").update_replace_policy, DeletionPolicy::kRetain);
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_EQ(world_.things.things.size(), 1u);
  const auto refused = [&](std::string_view policy) {
    return world_.message(
        "CreateStack",
        {{"StackName", "other"},
         {"TemplateBody",
          fmt::format("Resources: {{A: {{Type: Test::Thing}}, B: {{Type: Test::Thing, "
                      "DeletionPolicy: {}}}}}",
                      policy)}});
  };
  EXPECT_THAT(refused("!Ref A"), HasSubstr("parameters, conditions and mappings only"));
  EXPECT_THAT(refused("!Ref Nobody"), HasSubstr("Unresolved resource dependencies [Nobody]"));
  EXPECT_THAT(refused("!Join ['', [Re, mind]]"),
              HasSubstr("Unrecognized DeletionPolicy Remind for resource"));
}

TEST_F(EngineTest, NoTwoEventsOfAStackHaveOneTime) {
  world_.deploy("Resources: {A: {Type: Test::Thing}, B: {Type: Test::Thing}}");
  const json::object output = world_.call("DescribeStackEvents", {{"StackName", "shop"}});
  double later = 1e12;
  for (const json::value& event : output.at("StackEvents").as_array()) {
    const double time = event.at("Timestamp").to_number<double>();
    EXPECT_LT(time, later);
    later = time;
  }
}

TEST_F(EngineTest, CustomNamedResourceIsNotReplaced) {
  world_.deploy("Resources: {A: {Type: Test::Thing, Properties: {Name: n}}}");
  world_.deploy("Resources: {A: {Type: Test::Thing, Properties: {Name: n, Kind: k}}}",
                "UpdateStack");
  EXPECT_THAT(world_.events(),
              Contains("A UPDATE_FAILED: CloudFormation cannot update a stack when a custom-named "
                       "resource requires replacing. Rename n and update the stack again."));
}

TEST_F(EngineTest, DeleteGoesInReverseAndReportsFailures) {
  world_.deploy(kDiamond);
  world_.things.calls.clear();
  world_.things.fail = {"Delete B"};
  const json::object described = world_.stack();
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_EQ(world_.status(), "DELETE_FAILED");
  EXPECT_EQ(world_.things.calls.front(), "Delete D");
  EXPECT_THAT(world_.things.calls, Not(Contains("Delete A")));
  EXPECT_THAT(world_.events(), Contains("shop DELETE_FAILED: The following resource(s) failed to "
                                        "delete: [B]. "));
  world_.call("DeleteStack", {{"StackName", "shop"}, {"RetainResources", json::array{"B"}}});
  world_.settle();
  EXPECT_EQ(world_.status(json::string_or(described, "StackId")), "DELETE_COMPLETE");
  EXPECT_THAT(world_.things.things, ElementsAre(StartsWith("shop-B-")));
}

TEST_F(EngineTest, RetainedResourcesAreSkipped) {
  world_.deploy("Resources: {A: {Type: Test::Thing, DeletionPolicy: Retain}}");
  const std::string id = json::string_or(world_.stack(), "StackId");
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_THAT(world_.events(id), Contains("A DELETE_SKIPPED"));
  EXPECT_EQ(world_.things.things.size(), 1u);
}

TEST_F(EngineTest, DeleteDuringCreationEndsIt) {
  world_.things.never_ready = {"A"};
  const json::object created =
      world_.call("CreateStack",
                  {{"StackName", "shop"}, {"TemplateBody", "Resources: {A: {Type: Test::Thing}}"}});
  world_.run_until_called("Get A");
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_EQ(world_.status(json::string_or(created, "StackId")), "DELETE_COMPLETE");
  EXPECT_TRUE(world_.things.things.empty());
}

TEST_F(EngineTest, SecretsNeverShow) {
  const std::string body = R"(
Parameters: {Key: {Type: String, NoEcho: true}}
Resources:
  A: {Type: Test::Thing, Properties: {Name: !Sub 'x-${Key}', Secret: !Ref Key}}
)";
  const json::object parameters{
      {"Parameters",
       json::array{json::object{{"ParameterKey", "Key"}, {"ParameterValue", "hunter2hunter2"}}}}};
  world_.things.fail = {"Create A"};
  world_.deploy(body, "CreateStack", parameters);
  EXPECT_THAT(world_.things.calls, Contains("Create A"));
  for (const char* name : {"DescribeStackEvents", "DescribeStacks", "ListStackResources"}) {
    const std::string text = json::to_text(world_.call(name, {{"StackName", "shop"}}));
    // The physical id is the user's own doing; everything else is masked.
    EXPECT_THAT(text, Not(HasSubstr("\"hunter2"))) << name;
    EXPECT_THAT(text, Not(HasSubstr("'x-hunter2"))) << name;
  }
  EXPECT_THAT(json::to_text(world_.stack()), HasSubstr("\"****\""));
}

// User Guide, "Parameters": NoEcho masks what is shown; it does not change what a template does.
TEST_F(EngineTest, FunctionsOfSecretsWork) {
  const json::object parameters{
      {"Parameters",
       json::array{json::object{{"ParameterKey", "Login"}, {"ParameterValue", "user:hunter2"}},
                   json::object{{"ParameterKey", "List"}, {"ParameterValue", "first,hunter3"}},
                   json::object{{"ParameterKey", "Stage"}, {"ParameterValue", "prod"}}}}};
  world_.deploy(R"(
Parameters:
  Login: {Type: String, NoEcho: true}
  List: {Type: CommaDelimitedList, NoEcho: true}
  Stage: {Type: String, NoEcho: true}
Mappings: {Stages: {prod: {Value: big}}}
Resources:
  A:
    Type: Test::Thing
    Properties:
      Kind: plain
      Secret: !Select [1, !Split [':', !Ref Login]]
      Name: !Select [1, !Ref List]
      Value: !FindInMap [Stages, !Ref Stage, Value]
)",
                "CreateStack", parameters);
  EXPECT_EQ(world_.status(), "CREATE_COMPLETE");
  EXPECT_EQ(world_.physical("A"), "hunter3");
  const json::object answer = world_.call("DescribeStackEvents", {{"StackName", "shop"}});
  const json::object event = answer.at("StackEvents").at(1).as_object();
  EXPECT_EQ(json::string_or(event, "ResourceProperties"),
            R"({"Kind":"plain","Secret":"****","Name":"****","Value":"****"})");
}

TEST_F(EngineTest, SecretsNeverShowInReasons) {
  const auto with = [](std::string_view value) {
    return json::object{{"Parameters", json::array{json::object{{"ParameterKey", "Key"},
                                                                {"ParameterValue", value}}}}};
  };
  const std::string importing = R"(
Parameters: {Key: {Type: String, NoEcho: true}}
Resources:
  A: {Type: Test::Thing, Properties: {Value: !ImportValue {'Fn::Sub': 'x-${Key}'}}}
)";
  world_.deploy(importing, "CreateStack", with("hunter2"));
  EXPECT_THAT(world_.events(), Contains("shop ROLLBACK_IN_PROGRESS: No export named x-**** found. "
                                        "Rollback requested by user."));
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();

  // The old secret is still one while what it made is taken down, and while a stack is deleted.
  const std::string named = R"(
Parameters: {Key: {Type: String, NoEcho: true}}
Resources:
  A: {Type: Test::Thing, Properties: {Name: !Ref Key}}
)";
  world_.deploy(named, "CreateStack", with("hunter2"));
  world_.things.refusal = "hunter2 and hunter3 stay";
  world_.things.fail = {"Delete A"};
  world_.deploy(named, "UpdateStack", with("hunter3"));
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_EQ(world_.status(), "DELETE_FAILED");
  const std::vector<std::string> events = world_.events();
  const auto count = std::count_if(events.begin(), events.end(), [](const std::string& event) {
    return event.find("A DELETE_FAILED") != std::string::npos;
  });
  EXPECT_EQ(count, 2);
  EXPECT_THAT(events, Contains(HasSubstr("\"**** and **** stay\"")));
  EXPECT_THAT(events, Not(Contains(HasSubstr("hunter3 stay"))));
}

TEST_F(EngineTest, UnsupportedPropertyFailsTheResource) {
  world_.deploy("Resources: {A: {Type: Test::Thing, Properties: {Foo: 1}}}");
  EXPECT_THAT(world_.events(), Contains("A CREATE_FAILED: Encountered unsupported property Foo"));
}

TEST_F(EngineTest, StackTagsReachResources) {
  world_.deploy("Resources: {A: {Type: Test::Thing}}", "CreateStack",
                {{"Tags", json::array{json::object{{"Key", "team"}, {"Value", "shop"}}}}});
  const StackPtr stack = world_.engine->stacks().find("shop");
  EXPECT_THAT(json::to_text(stack->resources.at("A").properties), HasSubstr("team"));
}

TEST_F(EngineTest, ResetForgetsEverythingAndGoesOn) {
  world_.things.never_ready = {"A"};
  const json::object request{{"StackName", "shop"},
                             {"TemplateBody", "Resources: {A: {Type: Test::Thing}}"}};
  world_.call("CreateStack", request);
  world_.run_until_called("Get A");
  // As the frame does it.
  asio::co_spawn(world_.io, world_.engine->stop(), [](const std::exception_ptr&) {});
  world_.settle();
  store::WriteBatch everything;
  everything.erase_range("", "\xff");
  world_.store->write(std::move(everything));
  world_.engine->stacks().forget_everything();
  world_.engine->go_on();
  EXPECT_EQ(world_.status(), "Stack with id shop does not exist");
  world_.things.never_ready.clear();
  world_.call("CreateStack", request);
  world_.settle();
  EXPECT_EQ(world_.status(), "CREATE_COMPLETE");
}

TEST_F(EngineTest, ARestartGoesOnWithACreation) {
  world_.things.never_ready = {"B"};
  world_.call("CreateStack",
              {{"StackName", "shop"},
               {"TemplateBody",
                "Resources: {A: {Type: Test::Thing}, B: {Type: Test::Thing, DependsOn: A}}"}});
  world_.run_until_called("Get B");
  const std::string a = world_.physical("A");
  world_.stop();
  world_.things.never_ready.clear();
  world_.start();
  world_.settle();
  EXPECT_EQ(world_.status(), "CREATE_COMPLETE");
  EXPECT_EQ(world_.physical("A"), a);
  EXPECT_THAT(world_.things.things, UnorderedElementsAre(a, world_.physical("B")));
}

constexpr std::string_view kChanged = R"(
Resources:
  A: {Type: Test::Thing, Properties: {Value: two}}
  B: {Type: Test::Thing, DependsOn: A}
)";

TEST_F(EngineTest, ARestartGoesOnWithAnUpdateAndFinishesADeletion) {
  world_.deploy("Resources: {A: {Type: Test::Thing, Properties: {Value: one}}}");
  const std::string a = world_.physical("A");
  world_.things.silent = {"Update A"};
  world_.call("UpdateStack", {{"StackName", "shop"}, {"TemplateBody", kChanged}});
  world_.run_until_called("Update A");
  world_.things.calls.clear();
  world_.restart();
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
  // Whether it has been changed nobody knows: it is changed again.
  EXPECT_THAT(world_.things.calls, Contains("Update A"));
  EXPECT_EQ(world_.physical("A"), a);
  EXPECT_THAT(world_.things.things, UnorderedElementsAre(a, world_.physical("B")));
  const std::string id = json::string_or(world_.stack(), "StackId");
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.restart();
  EXPECT_EQ(world_.status(id), "DELETE_COMPLETE");
  EXPECT_TRUE(world_.things.things.empty());
}

TEST_F(EngineTest, AnUpdateThatFailsAfterARestartIsRolledBack) {
  world_.deploy("Resources: {A: {Type: Test::Thing, Properties: {Value: one}}}");
  const std::string a = world_.physical("A");
  world_.things.never_ready = {"B"};
  world_.call("UpdateStack", {{"StackName", "shop"}, {"TemplateBody", kChanged}});
  world_.run_until_called("Get B");
  world_.things.fail = {"Create B"};
  world_.things.calls.clear();
  world_.restart();
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_THAT(world_.things.calls, Contains("Update A"));
  EXPECT_THAT(world_.things.things, ElementsAre(a));
  const StackPtr stack = world_.engine->stacks().find("shop");
  EXPECT_EQ(json::string_or(stack->resources.at("A").properties, "Value"), "one");
}

}  // namespace
}  // namespace tandem::cloudformation
