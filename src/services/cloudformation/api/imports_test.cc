// Resource import. Rules: CloudFormation User Guide, "Import AWS resources into a CloudFormation
// stack"; the texts are those that users report from AWS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/cloudformation/engine/test_world.h"

namespace tandem::cloudformation {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kA =
    "Resources: {A: {Type: Test::Thing, DeletionPolicy: Retain, Properties: {Name: one}}}";
constexpr std::string_view kAB =
    "Resources: {A: {Type: Test::Thing, DeletionPolicy: Retain, Properties: {Name: one}},"
    " B: {Type: Test::Thing, DeletionPolicy: Delete, Properties: {Name: two}}}";

class ImportsTest : public testing::Test {
 protected:
  ImportsTest() { world_.things.things = {"one", "two"}; }

  static json::object wish(std::string_view logical_id, std::string_view name,
                           std::string_view property = "Name",
                           std::string_view type = "Test::Thing") {
    return {{"LogicalResourceId", logical_id},
            {"ResourceType", type},
            {"ResourceIdentifier", json::object{{property, name}}}};
  }
  json::object create(std::string_view body, json::array wishes, json::object more = {}) {
    more["StackName"] = "shop";
    more["ChangeSetName"] = "set";
    more["ChangeSetType"] = "IMPORT";
    more["TemplateBody"] = body;
    more["ResourcesToImport"] = std::move(wishes);
    return world_.call("CreateChangeSet", std::move(more));
  }
  std::string refusal(std::string_view body, json::array wishes) {
    return json::string_or(create(body, std::move(wishes)), "Message", "no error");
  }
  json::object described() {
    return world_.call("DescribeChangeSet", {{"StackName", "shop"}, {"ChangeSetName", "set"}});
  }
  std::string execute() {
    const std::string message =
        world_.message("ExecuteChangeSet", {{"StackName", "shop"}, {"ChangeSetName", "set"}});
    world_.settle();
    return message;
  }

  TestWorld world_;
};

TEST_F(ImportsTest, NewStackTakesInWhatExists) {
  create(kA, {wish("A", "one")});
  EXPECT_EQ(world_.status(), "REVIEW_IN_PROGRESS");
  const json::object change_set = described();
  EXPECT_EQ(json::string_or(change_set, "Status"), "CREATE_COMPLETE");
  const json::object change = change_set.at("Changes").at(0).at("ResourceChange").as_object();
  EXPECT_EQ(json::string_or(change, "Action"), "Import");
  EXPECT_EQ(json::string_or(change, "LogicalResourceId"), "A");
  EXPECT_EQ(json::string_or(change, "PhysicalResourceId"), "one");

  EXPECT_EQ(execute(), "no error");
  EXPECT_EQ(world_.status(), "IMPORT_COMPLETE");
  EXPECT_EQ(world_.physical("A"), "one");
  EXPECT_THAT(world_.events(),
              ElementsAre("shop REVIEW_IN_PROGRESS: User Initiated",
                          "shop IMPORT_IN_PROGRESS: User Initiated",
                          "A IMPORT_IN_PROGRESS: Resource import started.",
                          "A IMPORT_COMPLETE: Resource import completed.", "shop IMPORT_COMPLETE"));
  EXPECT_THAT(world_.things.calls, testing::Each(testing::StartsWith("Get ")))
      << "an import changes nothing";
  EXPECT_EQ(json::string_or(described(), "ExecutionStatus"), "EXECUTE_COMPLETE");
}

TEST_F(ImportsTest, WhatWasTakenInIsTheStacksOwn) {
  create(kAB, {wish("A", "one"), wish("B", "two")});
  execute();
  world_.deploy(
      "Resources: {A: {Type: Test::Thing, DeletionPolicy: Retain,"
      " Properties: {Name: one, Value: v}}, B: {Type: Test::Thing, Properties: {Name: two}}}\n"
      "Outputs: {Arn: {Value: !GetAtt A.Arn}}",
      "UpdateStack");
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
  EXPECT_THAT(world_.things.calls, Contains("Update A"));
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_THAT(world_.things.things, ElementsAre("one")) << "the policies hold";
}

TEST_F(ImportsTest, ExistingStackTakesInOneMore) {
  world_.things.things = {"two"};
  world_.deploy("Resources: {A: {Type: Test::Thing, Properties: {Name: one}}}");
  create(
      "Resources: {A: {Type: Test::Thing, Properties: {Name: one}},"
      " B: {Type: Test::Thing, DeletionPolicy: Retain, Properties: {Name: two}}}",
      {wish("B", "two")});
  EXPECT_EQ(execute(), "no error");
  EXPECT_EQ(world_.status(), "IMPORT_COMPLETE");
  EXPECT_EQ(world_.physical("B"), "two");
}

TEST_F(ImportsTest, StackTagsAreAppliedAndOnlyThey) {
  create(kA, {wish("A", "one")},
         {{"Tags", json::array{json::object{{"Key", "team"}, {"Value", "x"}}}}});
  execute();
  EXPECT_EQ(world_.status(), "IMPORT_COMPLETE");
  EXPECT_THAT(world_.events(),
              Contains("A UPDATE_COMPLETE: Apply stack-level tags to imported resource if "
                       "applicable."));
  EXPECT_THAT(world_.things.calls, ElementsAre("Get ", "Get A", "Update A"));
}

TEST_F(ImportsTest, RefusedBeforeAnythingIsMade) {
  EXPECT_EQ(refusal("Resources: {A: {Type: Test::Thing}}", {wish("A", "one")}),
            "The following resources to import [A] must have DeletionPolicy attribute specified in "
            "the template.");
  EXPECT_EQ(refusal(kA, {wish("A", "one", "Name", "Test::Other")}),
            "The following resource types are not supported for resource import: Test::Other");
  EXPECT_EQ(refusal(kA, {wish("A", "one"), wish("B", "two")}),
            "The logical resource ids [B] provided in ResourceToImport do not exist in the "
            "template.");
  EXPECT_EQ(refusal(kA, {wish("A", "two")}),
            "The Identifier [Name] for resource [A] does not match the identifier value defined in "
            "the template.");
  EXPECT_THAT(refusal(kA, {wish("A", "one", "Arn")}), HasSubstr("are identified by [Name]"));
  EXPECT_EQ(refusal(kAB, {wish("A", "one")}),
            "Resources [B] are missing from ResourceToImport list");
  EXPECT_EQ(refusal(std::string(kA) + "\nOutputs: {Name: {Value: !Ref A}}", {wish("A", "one")}),
            "As part of the import operation, you cannot modify or add [Outputs]");
  EXPECT_THAT(refusal(kA, {}), HasSubstr("ResourcesToImport must be specified"));
  EXPECT_EQ(world_.status(), "Stack with id shop does not exist");
}

TEST_F(ImportsTest, NothingElseMayChange) {
  world_.things.things = {"two"};
  world_.deploy("Resources: {A: {Type: Test::Thing, Properties: {Name: one}}}");
  EXPECT_EQ(refusal("Resources: {A: {Type: Test::Thing, Properties: {Name: one, Value: v}},"
                    " B: {Type: Test::Thing, DeletionPolicy: Retain}}",
                    {wish("B", "two")}),
            "You have modified resources [A] in your template that are not being imported. Update, "
            "create or delete operations cannot be executed during import operations.");
  EXPECT_EQ(
      refusal("Resources: {B: {Type: Test::Thing, DeletionPolicy: Retain}}", {wish("B", "two")}),
      "You have modified resources [A] in your template that are not being imported. Update, "
      "create or delete operations cannot be executed during import operations.");
}

TEST_F(ImportsTest, AResourceHasOneStack) {
  world_.things.things = {};
  world_.deploy("Resources: {A: {Type: Test::Thing, Properties: {Name: one}}}");
  const json::object answer =
      world_.call("CreateChangeSet", {{"StackName", "other"},
                                      {"ChangeSetName", "set"},
                                      {"ChangeSetType", "IMPORT"},
                                      {"TemplateBody", kA},
                                      {"ResourcesToImport", json::array{wish("A", "one")}}});
  EXPECT_EQ(json::string_or(answer, "Message"),
            "Resources [A] passed in ResourceToImport are already in a stack and cannot be "
            "imported.");
}

TEST_F(ImportsTest, WhatIsNotThereFailsTheChangeSet) {
  world_.things.things = {};
  create(kA, {wish("A", "one")});
  const json::object change_set = described();
  EXPECT_EQ(json::string_or(change_set, "Status"), "FAILED");
  EXPECT_EQ(json::string_or(change_set, "ExecutionStatus"), "UNAVAILABLE");
  EXPECT_EQ(json::string_or(change_set, "StatusReason"),
            "Resource of type 'Test::Thing' with identifier 'one' was not found.");
}

TEST_F(ImportsTest, FailureLetsEverythingGoAsItWas) {
  create(kAB, {wish("A", "one"), wish("B", "two")},
         {{"Tags", json::array{json::object{{"Key", "team"}, {"Value", "x"}}}}});
  world_.things.things = {"one"};  // B has gone meanwhile
  execute();
  EXPECT_EQ(world_.status(), "IMPORT_ROLLBACK_COMPLETE");
  const auto events = world_.events();
  EXPECT_THAT(events, Contains(HasSubstr("B IMPORT_FAILED: Resource handler returned message: "
                                         "\"gone\"")));
  EXPECT_THAT(events, Contains("shop IMPORT_ROLLBACK_IN_PROGRESS: The following resource(s) failed "
                               "to import: [B]."));
  EXPECT_THAT(events, Contains("A IMPORT_ROLLBACK_COMPLETE"));
  EXPECT_EQ(world_.physical("A"), "");
  EXPECT_THAT(world_.things.things, ElementsAre("one"));
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_THAT(world_.things.things, ElementsAre("one"));
}

TEST_F(ImportsTest, RestartInTheMiddleRollsBack) {
  create(kAB, {wish("A", "one"), wish("B", "two")});
  world_.things.calls.clear();
  world_.begin("ExecuteChangeSet", {{"StackName", "shop"}, {"ChangeSetName", "set"}});
  world_.run_until_called("Get A");
  world_.stop();
  world_.start();
  world_.settle();
  EXPECT_EQ(world_.status(), "IMPORT_ROLLBACK_COMPLETE");
  EXPECT_THAT(world_.things.things, ElementsAre("one", "two"));
  EXPECT_EQ(world_.physical("A"), "");
}

}  // namespace
}  // namespace tandem::cloudformation
