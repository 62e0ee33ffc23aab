// A process that dies, or a service that answers nothing clear, in the moment in which a resource
// is made: nothing of the stack's stays, nothing of somebody else's goes.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/cloudformation/engine/test_world.h"

namespace tandem::cloudformation {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::string_view kNamed = "Resources: {A: {Type: Test::Thing, Properties: {Name: one}}}";
constexpr std::string_view kUnnamed = "Resources: {A: {Type: Test::Thing}}";

class IntentsTest : public testing::Test {
 protected:
  void begin(std::string_view body, std::string_view operation = "CreateStack") {
    world_.call(operation, {{"StackName", "shop"}, {"TemplateBody", body}});
  }
  TestWorld world_;
};

TEST_F(IntentsTest, MadeWithoutAnAnswerIsMadeAgainAfterTheRestart) {
  for (const std::string_view body : {kNamed, kUnnamed}) {
    world_.things.silent = {"Create A"};
    begin(body);
    world_.run_until_things(1);
    ASSERT_THAT(world_.things.things, SizeIs(1));
    world_.things.calls.clear();
    world_.restart();
    EXPECT_EQ(world_.status(), "CREATE_COMPLETE");
    EXPECT_THAT(world_.things.things, ElementsAre(world_.physical("A")));
    EXPECT_THAT(world_.things.calls, testing::IsSupersetOf({"Delete A", "Create A"}));
    world_.call("DeleteStack", {{"StackName", "shop"}});
    world_.settle();
    EXPECT_THAT(world_.things.things, IsEmpty());
  }
}

/// It was answered: the stack does not come to life again.
TEST_F(IntentsTest, ADeletionDuringTheCreationOutlivesTheProcess) {
  world_.things.silent = {"Create A"};
  begin(kNamed);
  world_.run_until_things(1);
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.restart();
  EXPECT_EQ(world_.status(), "Stack with id shop does not exist");
  EXPECT_THAT(world_.things.things, IsEmpty());
}

/// User Guide, "AWS CloudFormation service role": without one, a temporary session of the caller's
/// credentials makes the calls.
TEST_F(IntentsTest, CallsAreTheCallersAlsoAfterARestart) {
  world_.context.caller.arn = "arn:creator";
  world_.things.silent = {"Create A"};
  begin(kNamed);
  world_.run_until_things(1);
  const std::size_t before = world_.things.calls.size();
  EXPECT_THAT(world_.things.callers, testing::Each("arn:creator"));
  world_.restart();
  EXPECT_EQ(world_.status(), "CREATE_COMPLETE");
  EXPECT_THAT(world_.things.calls, SizeIs(testing::Gt(before)));
  EXPECT_THAT(world_.things.callers, testing::Each("arn:creator"));
  world_.context.caller.arn = "arn:another";
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  world_.things.callers.clear();
  world_.deploy(kNamed);
  EXPECT_THAT(world_.things.callers, testing::Each("arn:another"));
  world_.things.callers.clear();
  world_.context.caller.arn = "arn:deleter";
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_THAT(world_.things.callers, testing::Each("arn:deleter"));
}

TEST_F(IntentsTest, NotMadeIsNotDeleted) {
  begin(kNamed);
  world_.run_until_called("Create A");
  ASSERT_THAT(world_.things.things, IsEmpty());
  world_.restart();
  EXPECT_EQ(world_.status(), "CREATE_COMPLETE");
  EXPECT_THAT(world_.things.calls, Not(Contains("Delete A")));
}

TEST_F(IntentsTest, AThingOfSomebodyElseStays) {
  world_.things.things = {"one"};
  world_.deploy(kNamed);
  EXPECT_EQ(world_.status(), "ROLLBACK_COMPLETE");
  EXPECT_THAT(world_.events(),
              Contains(HasSubstr("Resource of type 'Test::Thing' with identifier 'one' already "
                                 "exists.")));
  EXPECT_THAT(world_.things.things, ElementsAre("one"));
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_THAT(world_.things.things, ElementsAre("one"));
}

// Between the look and the call somebody else makes one of the name.
TEST_F(IntentsTest, ARefusedCreationOwnsNothing) {
  begin(kNamed);
  world_.run_until_called("Create A");
  world_.things.things = {"one"};
  world_.settle();
  EXPECT_EQ(world_.status(), "ROLLBACK_COMPLETE");
  EXPECT_THAT(world_.things.things, ElementsAre("one"));
}

TEST_F(IntentsTest, AnUnclearAnswerIsFoundOut) {
  world_.things.unclear = {"Create A"};
  world_.deploy(kNamed);
  EXPECT_EQ(world_.status(), "ROLLBACK_COMPLETE");
  EXPECT_THAT(world_.things.things, IsEmpty());
}

TEST_F(IntentsTest, AReplacementMadeWithoutAnAnswerGoesAndAnotherIsMade) {
  world_.deploy("Resources: {A: {Type: Test::Thing, Properties: {Kind: x}}}");
  const auto before = world_.things.things;
  world_.things.silent = {"Create A"};
  begin("Resources: {A: {Type: Test::Thing, Properties: {Kind: y, Name: two}}}", "UpdateStack");
  world_.run_until_things(2);
  ASSERT_THAT(world_.things.things, SizeIs(2));
  world_.restart();
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
  EXPECT_THAT(world_.things.things, ElementsAre("two"));
  EXPECT_EQ(world_.physical("A"), "two");
}

/// What goes wrong after the restart is rolled back to what was before the update.
TEST_F(IntentsTest, AnInterruptedReplacementThatFailsIsRolledBack) {
  world_.deploy("Resources: {A: {Type: Test::Thing, Properties: {Kind: x}}}");
  const auto before = world_.things.things;
  world_.things.silent = {"Create A"};
  begin("Resources: {A: {Type: Test::Thing, Properties: {Kind: y}}}", "UpdateStack");
  world_.run_until_things(2);
  world_.things.fail = {"Create A"};
  world_.restart();
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_EQ(world_.things.things, before);
}

TEST_F(IntentsTest, AnAdditionMadeWithoutAnAnswerIsMadeAgain) {
  world_.deploy(kUnnamed);
  const std::string a = world_.physical("A");
  world_.things.silent = {"Create B"};
  begin("Resources: {A: {Type: Test::Thing}, B: {Type: Test::Thing, Properties: {Name: two}}}",
        "UpdateStack");
  world_.run_until_things(2);
  world_.things.calls.clear();
  world_.restart();
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
  EXPECT_THAT(world_.things.things, ElementsAre(a, "two"));
  EXPECT_THAT(world_.things.calls, Not(Contains(testing::HasSubstr(" A"))));
}

/// It is made once, whatever is to become of it later.
TEST_F(IntentsTest, WhatIsToBeRetainedIsNotMadeTwice) {
  for (const std::string_view name : {"", ", Properties: {Name: one}"}) {
    world_.things.silent = {"Create A"};
    begin(fmt::format("Resources: {{A: {{Type: Test::Thing, DeletionPolicy: Retain{}}}}}", name));
    world_.run_until_things(1);
    world_.restart();
    EXPECT_EQ(world_.status(), "CREATE_COMPLETE");
    EXPECT_THAT(world_.things.things, ElementsAre(world_.physical("A")));
    world_.call("DeleteStack", {{"StackName", "shop"}});
    world_.settle();
    EXPECT_THAT(world_.things.things, SizeIs(1));
    world_.things.things.clear();
  }
}

/// What has failed has failed, though it might be better now.
TEST_F(IntentsTest, AFailureBeforeTheRestartIsNotForgotten) {
  world_.things.fail = {"Create A"};
  world_.things.silent = {"Create B"};
  begin("Resources: {A: {Type: Test::Thing}, B: {Type: Test::Thing}}");
  world_.run_until_things(1);
  world_.run_until_event("A CREATE_FAILED");
  world_.things.fail.clear();
  world_.restart();
  EXPECT_EQ(world_.status(), "ROLLBACK_COMPLETE");
  EXPECT_THAT(world_.things.things, IsEmpty());
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  world_.deploy("Resources: {A: {Type: Test::Thing, Properties: {Value: a}}}");
  world_.things.fail = {"Update A"};
  world_.things.silent = {"Create B"};
  begin("Resources: {A: {Type: Test::Thing, Properties: {Value: b}}, B: {Type: Test::Thing}}",
        "UpdateStack");
  world_.run_until_things(2);
  world_.run_until_event("A UPDATE_FAILED");
  world_.things.fail.clear();
  world_.restart();
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_THAT(world_.things.things, SizeIs(1));
}

TEST_F(IntentsTest, ADeletionWithoutAnAnswerGoesOn) {
  world_.deploy(kNamed);
  world_.things.silent = {"Delete A"};
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.run_until_things(0);
  world_.restart();
  EXPECT_EQ(world_.status(), "Stack with id shop does not exist");
}

// The first event was not written any more: nobody was told of the stack.
TEST_F(IntentsTest, AStackWithoutItsFirstEventNeverWas) {
  StackRecord half = world_.engine->new_stack("shop");
  world_.engine->stacks().add(std::move(half));
  world_.restart();
  EXPECT_EQ(json::string_or(world_.deploy(kNamed), "Message"), "");
  EXPECT_EQ(world_.status(), "CREATE_COMPLETE");
}

}  // namespace
}  // namespace tandem::cloudformation
