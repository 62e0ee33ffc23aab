// The plan of an operation: what a change set shows is what is carried out.
#include "services/cloudformation/engine/planned.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/cloudformation/engine/test_world.h"

namespace tandem::cloudformation {
namespace {

using testing::ElementsAre;

class PlannedTest : public testing::Test {
 protected:
  void create_change_set(std::string_view body) {
    EXPECT_EQ(
        world_.message("CreateChangeSet",
                       {{"StackName", "shop"}, {"ChangeSetName", "set"}, {"TemplateBody", body}}),
        "no error");
  }
  void execute() {
    world_.things.calls.clear();
    EXPECT_EQ(world_.message("ExecuteChangeSet", kSet), "no error");
    world_.settle();
    EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
  }
  std::vector<std::string> changes() {
    std::vector<std::string> lines;
    const json::object described = world_.call("DescribeChangeSet", kSet);
    for (const auto& one : described.at("Changes").as_array()) {
      const json::object& change = one.at("ResourceChange").as_object();
      std::string line = json::string_or(change, "LogicalResourceId");
      for (const auto& detail : change.at("Details").as_array()) {
        line += fmt::format(" {} {}", json::to_std(detail.at("Evaluation")),
                            json::string_or(detail.as_object(), "CausingEntity"));
      }
      lines.push_back(line);
    }
    return lines;
  }

  const json::object kSet{{"StackName", "shop"}, {"ChangeSetName", "set"}};
  TestWorld world_;
};

std::string reading_an_attribute(int value) {
  return fmt::format(
      "Resources: {{A: {{Type: Test::Thing, Properties: {{Value: {}}}}}, B: {{Type: Test::Thing, "
      "Properties: {{Value: !GetAtt A.Arn}}}}, C: {{Type: Test::Thing, Properties: {{Value: !Ref "
      "A}}}}}}",
      value);
}

// API Reference, ResourceChangeDetail: "For Dynamic evaluations, ... depends on the result of an
// intrinsic function, such as a Ref or Fn::GetAtt intrinsic function, when the stack is updated."
// Before, whoever read an attribute of what changes in place was changed without being shown.
TEST_F(PlannedTest, WhoReadsAnAttributeOfWhatChangesIsShown) {
  world_.deploy(reading_an_attribute(1));
  create_change_set(reading_an_attribute(2));
  EXPECT_THAT(changes(), ElementsAre("A Static ", "B Dynamic A.Arn"));
  execute();
  EXPECT_THAT(world_.things.calls, ElementsAre("Update A"));  // its Arn stayed as it was
}

// As on AWS, where the template's text has changed: the resource handler refuses the property then.
TEST_F(PlannedTest, APropertyThatTheTypeHasNotIsAChange) {
  world_.deploy("Resources: {A: {Type: Test::Thing, Properties: {Value: 1}}}");
  create_change_set("Resources: {A: {Type: Test::Thing, Properties: {Value: 1, Valeu: 2}}}");
  EXPECT_THAT(changes(), ElementsAre("A Static "));
  EXPECT_EQ(world_.message("ExecuteChangeSet", kSet), "no error");
  world_.settle();
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
}

TEST_F(PlannedTest, AChangeSetOfAnEarlierVersionIsCarriedOut) {
  world_.deploy(reading_an_attribute(1));
  create_change_set(reading_an_attribute(2));
  store::Documents& documents = world_.engine->stacks().change_sets();
  for (auto& [key, document] : documents.list()) {
    document.erase("plan");
    document["changes"] = json::array();
    documents.put(key, document);
  }
  EXPECT_TRUE(changes().empty());
  execute();
  EXPECT_THAT(world_.things.calls, ElementsAre("Update A"));
}

TEST(Planned, IsStoredAsItIs) {
  Plan plan;
  plan.tags_change = true;
  PlannedChange change;
  change.action = PlannedChange::Action::kImport;
  change.replacement = PlannedChange::Replacement::kMaybe;
  change.logical_id = "A";
  change.physical_id = "thing";
  change.type = "Test::Thing";
  change.details.push_back({"Properties", "Value", ChangeDetail::Recreation::kConditionally, true,
                            "ResourceAttribute", "B.Arn"});
  plan.changes.push_back(change);
  const Plan read = plan_from(to_json(plan));
  EXPECT_EQ(to_json(read), to_json(plan));
  EXPECT_EQ(read.imports().at("A"), "thing");
  ASSERT_NE(read.find("A"), nullptr);
  EXPECT_TRUE(read.find("A")->is_open());
  EXPECT_EQ(read.find("B"), nullptr);
}

}  // namespace
}  // namespace tandem::cloudformation
