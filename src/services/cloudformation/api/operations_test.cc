// Answers and errors: CloudFormation API Reference, and what the AWS CLI and the Serverless
// Framework read of them.
#include "services/cloudformation/api/operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/cloudformation/api/request.h"
#include "services/cloudformation/engine/test_world.h"

namespace tandem::cloudformation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kOne = "Resources: {A: {Type: Test::Thing}}";

class OperationsTest : public testing::Test {
 protected:
  json::object create_change_set(std::string_view type, std::string_view body) {
    return world_.call("CreateChangeSet", {{"StackName", "shop"},
                                           {"ChangeSetName", "set"},
                                           {"ChangeSetType", type},
                                           {"TemplateBody", body}});
  }
  json::object describe_change_set() {
    return world_.call("DescribeChangeSet", {{"StackName", "shop"}, {"ChangeSetName", "set"}});
  }
  void execute_change_set() {
    const json::object answer =
        world_.call("ExecuteChangeSet", {{"StackName", "shop"}, {"ChangeSetName", "set"}});
    EXPECT_EQ(json::string_or(answer, "Message"), "");
    world_.settle();
  }

  TestWorld world_;
};

TEST_F(OperationsTest, MissingStacksInEachOperationsWords) {
  const json::object name{{"StackName", "none"}};
  EXPECT_EQ(world_.message("DescribeStacks", name), "Stack with id none does not exist");
  EXPECT_EQ(world_.message("DescribeStackEvents", name), "Stack [none] does not exist");
  EXPECT_EQ(world_.message("GetTemplate", name), "Stack with id none does not exist");
  EXPECT_EQ(world_.message("ListStackResources", name), "Stack with id none does not exist");
  EXPECT_EQ(world_.message("UpdateStack", {{"StackName", "none"}, {"TemplateBody", kOne}}),
            "Stack [none] does not exist");
  EXPECT_EQ(world_.message("DeleteStack", name), "no error");
  EXPECT_THAT(world_.message("CreateStack", {{"StackName", "1x"}, {"TemplateBody", kOne}}),
              HasSubstr("Value '1x' at 'stackName' failed to satisfy constraint"));
  EXPECT_EQ(world_.message("CreateStack", {{"StackName", "x"}}),
            "Either Template URL or Template Body must be specified.");
}

TEST_F(OperationsTest, NameAndTokenOfAnExistingStack) {
  const json::object request{
      {"StackName", "shop"}, {"TemplateBody", kOne}, {"ClientRequestToken", "t1"}};
  const json::object first = world_.call("CreateStack", request);
  EXPECT_EQ(world_.call("CreateStack", request), first);
  world_.settle();
  EXPECT_EQ(world_.message("CreateStack", {{"StackName", "shop"}, {"TemplateBody", kOne}}),
            "Stack [shop] already exists");
  EXPECT_EQ(world_.message("UpdateStack", {{"StackName", "shop"}, {"TemplateBody", kOne}}),
            "No updates are to be performed.");
}

TEST_F(OperationsTest, DescribeStacksHasEmptyListsAndNoMembersWithoutContent) {
  world_.deploy(kOne);
  const json::object stack = world_.stack();
  EXPECT_TRUE(stack.at("Tags").as_array().empty());
  EXPECT_TRUE(stack.at("NotificationARNs").as_array().empty());
  EXPECT_FALSE(stack.contains("Outputs"));
  EXPECT_FALSE(stack.contains("Parameters"));
  EXPECT_EQ(
      world_.message("DescribeStackResource", {{"StackName", "shop"}, {"LogicalResourceId", "Z"}}),
      "Resource Z does not exist for stack shop");
}

TEST_F(OperationsTest, TerminationProtection) {
  world_.deploy(kOne, "CreateStack", {{"EnableTerminationProtection", true}});
  EXPECT_EQ(world_.message("DeleteStack", {{"StackName", "shop"}}),
            "Stack [shop] cannot be deleted while TerminationProtection is enabled");
  world_.call("UpdateTerminationProtection",
              {{"StackName", "shop"}, {"EnableTerminationProtection", false}});
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_EQ(world_.status(), "Stack with id shop does not exist");
}

TEST_F(OperationsTest, EventsPageNewestFirst) {
  std::string body = "Resources:\n";
  for (int i = 0; i < 60; ++i) body += fmt::format("  A{}: {{Type: Test::Thing}}\n", i);
  world_.deploy(body);
  const json::object first = world_.call("DescribeStackEvents", {{"StackName", "shop"}});
  EXPECT_EQ(first.at("StackEvents").as_array().size(), 100u);
  EXPECT_EQ(json::string_or(first.at("StackEvents").at(0).as_object(), "ResourceStatus"),
            "CREATE_COMPLETE");
  const json::object second =
      world_.call("DescribeStackEvents",
                  {{"StackName", "shop"}, {"NextToken", json::string_or(first, "NextToken")}});
  EXPECT_EQ(second.at("StackEvents").as_array().size(), 82u);
  EXPECT_FALSE(second.contains("NextToken"));
}

// A token names what was given last, so that what is deleted or made between two pages neither
// hides a stack nor shows one twice.
TEST_F(OperationsTest, PagesOfStacksAreNotShiftedByADeletedOne) {
  for (int i = 0; i < 102; ++i) {
    world_.call("CreateStack", {{"StackName", fmt::format("s{}", i)}, {"TemplateBody", kOne}});
  }
  world_.settle();
  const json::object first = world_.call("DescribeStacks", {});
  EXPECT_EQ(first.at("Stacks").as_array().size(), 100u);
  const json::object newest = first.at("Stacks").as_array().front().as_object();
  world_.call("DeleteStack", {{"StackName", json::string_or(newest, "StackName")}});
  world_.settle();
  const json::object second =
      world_.call("DescribeStacks", {{"NextToken", json::string_or(first, "NextToken")}});
  EXPECT_EQ(second.at("Stacks").as_array().size(), 2u);
  EXPECT_EQ(world_.message("DescribeStacks", {{"NextToken", "!"}}), "Invalid NextToken");
}

// API reference, ExecuteChangeSet: "CloudFormation deletes all the change sets associated with the
// stack because they aren't valid for the updated stack."
TEST_F(OperationsTest, AnExecutedChangeSetsNameIsFreeAgain) {
  world_.deploy(kOne);
  const auto change = [&](std::string_view value) {
    return json::object{
        {"StackName", "shop"},
        {"ChangeSetName", "c"},
        {"TemplateBody",
         fmt::format("Resources: {{A: {{Type: Test::Thing, Properties: {{Value: {}}}}}}}", value)}};
  };
  world_.call("CreateChangeSet", change("x"));
  EXPECT_EQ(world_.message("CreateChangeSet", change("x")), "A ChangeSet named c already exists");
  const json::object named = {{"StackName", "shop"}, {"ChangeSetName", "c"}};
  world_.call("ExecuteChangeSet", named);
  world_.settle();
  EXPECT_EQ(world_.call("ListChangeSets", {{"StackName", "shop"}}).at("Summaries"), json::array());
  EXPECT_EQ(world_.call("DescribeChangeSet", named).at("ExecutionStatus"), "EXECUTE_COMPLETE");
  world_.call("CreateChangeSet", change("y"));
  EXPECT_EQ(world_.call("DescribeChangeSet", named).at("ExecutionStatus"), "AVAILABLE");
  EXPECT_EQ(
      world_.call("ListChangeSets", {{"StackName", "shop"}}).at("Summaries").as_array().size(), 1u);
}

// API reference, DescribeStacks: "Deleted stacks: You must specify the unique stack ID";
// ListStacks: they are kept for 90 days.
TEST_F(OperationsTest, ADeletedStackStaysDescribableHoweverManyWentBeforeIt) {
  world_.deploy(kOne);
  const std::string id = json::string_or(world_.stack(), "StackId");
  for (int i = 0; i < 201; ++i) {
    const std::string name = fmt::format("s{}", i);
    world_.call("CreateStack", {{"StackName", name}, {"TemplateBody", kOne}});
    world_.settle();
    world_.call("DeleteStack", {{"StackName", name}});
    world_.settle();
  }
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  const json::object described = world_.call("DescribeStacks", {{"StackName", id}});
  EXPECT_EQ(described.at("Stacks").at(0).at("StackStatus"), "DELETE_COMPLETE");
}

TEST_F(OperationsTest, ExportsAreUniqueAndLockedByTheirImporters) {
  const std::string exporting =
      "Resources: {A: {Type: Test::Thing}}\n"
      "Outputs: {O: {Value: !Ref A, Export: {Name: shared}}}";
  world_.deploy(exporting);
  world_.call("CreateStack", {{"StackName", "user"},
                              {"TemplateBody",
                               "Resources: {B: {Type: Test::Thing, Properties: {Value: "
                               "!ImportValue shared}}}"}});
  world_.call("CreateStack", {{"StackName", "twin"}, {"TemplateBody", exporting}});
  world_.call("CreateStack", {{"StackName", "lost"},
                              {"TemplateBody",
                               "Resources: {B: {Type: Test::Thing, Properties: {Value: "
                               "!ImportValue nothing}}}"}});
  world_.settle();
  EXPECT_EQ(world_.status("user"), "CREATE_COMPLETE");
  EXPECT_THAT(world_.events("twin"),
              testing::Contains("twin ROLLBACK_IN_PROGRESS: Export with name shared is already "
                                "exported by stack shop. Rollback requested by user."));
  EXPECT_THAT(world_.events("lost"),
              testing::Contains("lost ROLLBACK_IN_PROGRESS: No export named nothing found. "
                                "Rollback requested by user."));
  EXPECT_EQ(world_.message("DeleteStack", {{"StackName", "shop"}}),
            "Export shared cannot be deleted as it is in use by user");
  const json::object imports = world_.call("ListImports", {{"ExportName", "shared"}});
  EXPECT_EQ(json::to_text(imports.at("Imports")), R"(["user"])");
  world_.deploy(kOne, "UpdateStack");
  EXPECT_THAT(world_.events(),
              testing::Contains("shop UPDATE_ROLLBACK_IN_PROGRESS: Export shared cannot be deleted "
                                "as it is in use by user"));
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
}

// AWS looks at the values, wherever they come from (User Guide, "Dynamic references").
TEST_F(OperationsTest, DynamicReferencesAreRefusedHoweverTheyAreMade) {
  for (const std::string_view value : {"'{{resolve:ssm:x}}'", "!Sub '{{resolve:ssm:${P}}}'",
                                       "!Join ['', ['{{res', 'olve:ssm:x}}']]", "!Ref Q"}) {
    EXPECT_EQ(
        world_.message("CreateStack",
                       {{"StackName", "shop"},
                        {"TemplateBody",
                         fmt::format("Parameters: {{P: {{Type: String, Default: x}}, Q: {{Type: "
                                     "String, Default: '{{{{resolve:ssm:y}}}}'}}}}\n"
                                     "Resources: {{A: {{Type: Test::Thing, Properties: "
                                     "{{Value: {}}}}}}}",
                                     value)}}),
        "Template error: dynamic references ({{resolve:...}}) are not supported")
        << value;
  }
}

// The texts AWS gives for each (reported by users of CDK, cfn-lint and ECS ComposeX).
TEST_F(OperationsTest, ExportNamesThatAreRefused) {
  const auto refusal = [&](std::string_view outputs) {
    return world_.message("CreateStack", {{"StackName", "shop"},
                                          {"TemplateBody", std::string(kOne) + "\nOutputs: {" +
                                                               std::string(outputs) + "}"}});
  };
  EXPECT_EQ(refusal("X: {Value: a, Export: {Name: e}}, Y: {Value: b, Export: {Name: e}}"),
            "Template format error: The Outputs section contains duplicate Export names: [e]. "
            "Specify a unique name for each export.");
  EXPECT_EQ(refusal("X: {Value: a, Export: {Name: a.b}}"),
            "Template format error: Output X is malformed. The Name field of every Export member "
            "must be specified and consist only of alphanumeric characters, colons, or hyphens.");
  EXPECT_EQ(refusal("X: {Value: a, Export: {Name: !Sub 'x-${A}'}}"),
            "Template format error: Output X is malformed.  The Name field of Export must not "
            "depend on any resources, imported values, or Fn::GetAZs.");
}

// API Reference, CreateStack: a name has letters, digits and hyphens; an id is not a name.
TEST_F(OperationsTest, AnIdIsNoNameForANewStack) {
  const std::string id = "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/1";
  const std::string refusal =
      "1 validation error detected: Value '" + id +
      "' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression "
      "pattern: [a-zA-Z][-a-zA-Z0-9]*";
  EXPECT_EQ(world_.message("CreateStack", {{"StackName", id}, {"TemplateBody", kOne}}), refusal);
  EXPECT_EQ(world_.message("CreateChangeSet", {{"StackName", id},
                                               {"ChangeSetName", "set"},
                                               {"ChangeSetType", "CREATE"},
                                               {"TemplateBody", kOne}}),
            refusal);
}

TEST_F(OperationsTest, ChangeSetCreatesAStack) {
  const json::object created = create_change_set("CREATE", kOne);
  EXPECT_THAT(json::string_or(created, "Id"), HasSubstr(":changeSet/set/"));
  EXPECT_EQ(world_.status(), "REVIEW_IN_PROGRESS");
  const json::object described = describe_change_set();
  EXPECT_EQ(json::string_or(described, "Status"), "CREATE_COMPLETE");
  EXPECT_EQ(json::string_or(described, "ExecutionStatus"), "AVAILABLE");
  EXPECT_EQ(json::to_text(described.at("Changes")),
            R"([{"Type":"Resource","ResourceChange":{"Action":"Add","LogicalResourceId":"A",)"
            R"("ResourceType":"Test::Thing","Scope":[],"Details":[]}}])");
  execute_change_set();
  EXPECT_EQ(world_.status(), "CREATE_COMPLETE");
  EXPECT_EQ(json::string_or(world_.stack(), "ChangeSetId"), json::string_or(created, "Id"));
}

TEST_F(OperationsTest, ChangeSetShowsReplacementAndItsConsequences) {
  world_.deploy(
      "Resources: {A: {Type: Test::Thing}, B: {Type: Test::Thing, Properties: {Value: !Ref A}}, "
      "C: {Type: Test::Thing}}");
  create_change_set("UPDATE",
                    "Resources: {A: {Type: Test::Thing, Properties: {Kind: k}}, "
                    "B: {Type: Test::Thing, Properties: {Value: !Ref A}}}");
  std::vector<std::string> lines;
  const json::object described = describe_change_set();
  for (const auto& one : described.at("Changes").as_array()) {
    const json::object& change = one.at("ResourceChange").as_object();
    std::string line = json::string_or(change, "Action") + ' ' +
                       json::string_or(change, "LogicalResourceId") + ' ' +
                       json::string_or(change, "Replacement");
    for (const auto& detail : change.at("Details").as_array()) {
      line += fmt::format(" {}/{}/{}", json::to_std(detail.at("Target").at("Name")),
                          json::to_std(detail.at("Evaluation")),
                          json::to_std(detail.at("ChangeSource")));
    }
    lines.push_back(line);
  }
  EXPECT_THAT(lines, ElementsAre("Modify A True Kind/Static/DirectModification",
                                 "Modify B False Value/Dynamic/ResourceReference", "Remove C "));
  execute_change_set();
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
}

// DescribeChangeSet's answers as clients measure them: Capabilities always, Tags when there are
// any, PolicyAction of what goes.
TEST_F(OperationsTest, AChangeSetTellsWhatBecomesOfWhatGoes) {
  world_.deploy(
      "Resources: {A: {Type: Test::Thing, UpdateReplacePolicy: Retain}, B: {Type: Test::Thing}, "
      "C: {Type: Test::Thing, DeletionPolicy: Retain}}");
  create_change_set("UPDATE", "Resources: {A: {Type: Test::Thing, Properties: {Kind: k}}}");
  const json::object described = describe_change_set();
  EXPECT_EQ(described.at("Capabilities"), json::array());
  EXPECT_FALSE(described.contains("Tags"));
  std::vector<std::string> actions;
  for (const auto& one : described.at("Changes").as_array()) {
    actions.push_back(json::string_or(one.at("ResourceChange").as_object(), "PolicyAction"));
  }
  EXPECT_THAT(actions, ElementsAre("ReplaceAndRetain", "Delete", "Retain"));
}

TEST_F(OperationsTest, AStackThatAChangeSetMadeShowsAnUpdate) {
  create_change_set("CREATE", kOne);
  EXPECT_FALSE(world_.stack().contains("LastUpdatedTime"));
  execute_change_set();
  EXPECT_EQ(world_.status(), "CREATE_COMPLETE");
  EXPECT_TRUE(world_.stack().contains("LastUpdatedTime"));
}

// API reference, CreateChangeSet, OnStackFailure.
TEST_F(OperationsTest, AChangeSetSaysWhatBecomesOfAStackThatFails) {
  const auto fail = [&](std::string_view action) {
    world_.things.fail = {"Create A"};
    world_.call("CreateChangeSet", {{"StackName", "shop"},
                                    {"ChangeSetName", "set"},
                                    {"ChangeSetType", "CREATE"},
                                    {"OnStackFailure", action},
                                    {"TemplateBody", kOne}});
    EXPECT_EQ(json::string_or(describe_change_set(), "OnStackFailure"), action);
    EXPECT_THAT(world_.message(
                    "ExecuteChangeSet",
                    {{"StackName", "shop"}, {"ChangeSetName", "set"}, {"DisableRollback", true}}),
                HasSubstr("both DisableRollback and OnStackFailure"));
    execute_change_set();
    return world_.status();
  };
  EXPECT_EQ(fail("DELETE"), "Stack with id shop does not exist");
  EXPECT_EQ(fail("DO_NOTHING"), "CREATE_FAILED");
  EXPECT_THAT(world_.message("CreateChangeSet", {{"StackName", "shop"},
                                                 {"ChangeSetName", "other"},
                                                 {"OnStackFailure", "DELETE"},
                                                 {"TemplateBody", kOne}}),
              HasSubstr("ChangeSetType parameter is set to CREATE"));
}

TEST_F(OperationsTest, NamesThatAreLeftOut) {
  EXPECT_EQ(world_.message("DeleteChangeSet", {{"ChangeSetName", "set"}}),
            "StackName must be specified if ChangeSetName is not specified as an ARN.");
  EXPECT_EQ(world_.message("DeleteChangeSet", {{"ChangeSetName", "set"}, {"StackName", "none"}}),
            "Stack [none] does not exist");
  EXPECT_EQ(world_.message("GetTemplate", {}),
            "StackName is required if ChangeSetName is not specified.");
}

TEST_F(OperationsTest, AnEmptyValueBesideUsePreviousValueIsNone) {
  const std::string body = "Parameters: {P: {Type: String, Default: x}}\n" + std::string(kOne);
  world_.deploy(body, "CreateStack");
  const auto update = [&](std::string_view value) {
    return world_.message("UpdateStack",
                          {{"StackName", "shop"},
                           {"UsePreviousTemplate", true},
                           {"Parameters", json::array{json::object{{"ParameterKey", "P"},
                                                                   {"ParameterValue", value},
                                                                   {"UsePreviousValue", true}}}}});
  };
  EXPECT_EQ(update(""), "No updates are to be performed.");
  EXPECT_THAT(update("y"),
              HasSubstr("Cannot specify usePreviousValue as true and non empty value"));
}

TEST_F(OperationsTest, ChangeSetWithoutChanges) {
  world_.deploy(kOne);
  create_change_set("UPDATE", kOne);
  const json::object described = describe_change_set();
  EXPECT_EQ(json::string_or(described, "Status"), "FAILED");
  EXPECT_THAT(json::string_or(described, "StatusReason"),
              StartsWith("The submitted information didn't contain changes."));
  EXPECT_THAT(world_.message("ExecuteChangeSet", {{"StackName", "shop"}, {"ChangeSetName", "set"}}),
              HasSubstr("cannot be executed in its current status of [FAILED]"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(world_.message("DeleteChangeSet", {{"StackName", "shop"}, {"ChangeSetName", "set"}}),
              "no error");
  }
  EXPECT_EQ(json::string_or(describe_change_set(), "Message"), "ChangeSet [set] does not exist");
}

TEST_F(OperationsTest, ValidateAndSummarise) {
  const std::string body =
      "Description: d\n"
      "Parameters: {P: {Type: String, Default: x, AllowedValues: [x, y], Description: p}}\n" +
      std::string(kOne);
  const json::object valid = world_.call("ValidateTemplate", {{"TemplateBody", body}});
  EXPECT_EQ(json::to_text(valid),
            R"({"Parameters":[{"ParameterKey":"P","NoEcho":false,"DefaultValue":"x",)"
            R"("Description":"p"}],"Description":"d"})");
  EXPECT_EQ(world_.message("ValidateTemplate",
                           {{"TemplateBody",
                             "Resources: {A: {Type: Test::Thing, DependsOn: B}, B: {Type: "
                             "Test::Thing, DependsOn: A}}"}}),
            "Circular dependency between resources: [A, B]");
  const json::object summary = world_.call("GetTemplateSummary", {{"TemplateBody", body}});
  EXPECT_EQ(json::to_text(summary.at("ResourceIdentifierSummaries")),
            R"([{"ResourceType":"Test::Thing","LogicalResourceIds":["A"],)"
            R"("ResourceIdentifiers":["Name"]}])");
  EXPECT_EQ(json::to_text(summary.at("ResourceTypes")), R"(["Test::Thing"])");
  EXPECT_EQ(json::to_text(summary.at("Parameters").at(0).at("ParameterConstraints")),
            R"({"AllowedValues":["x","y"]})");
}

TEST(TemplateUrl, EveryFormOfS3Url) {
  for (const char* url : {"https://s3.amazonaws.com/bucket/a/k%20b.json",
                          "https://s3.us-west-2.amazonaws.com/bucket/a/k%20b.json",
                          "https://s3-us-west-2.amazonaws.com/bucket/a/k%20b.json",
                          "https://bucket.s3.amazonaws.com/a/k%20b.json",
                          "https://bucket.s3.us-west-2.amazonaws.com/a/k%20b.json?x=1",
                          "http://127.0.0.1:4566/bucket/a/k%20b.json"}) {
    const TemplateObject object = template_object(url);
    EXPECT_EQ(object.bucket, "bucket") << url;
    EXPECT_EQ(object.key, "a/k b.json") << url;
  }
  EXPECT_THROW(template_object("ftp://x/y/z"), aws::ApiError);
  EXPECT_THROW(template_object("https://s3.amazonaws.com/bucket"), aws::ApiError);
}

}  // namespace
}  // namespace tandem::cloudformation
