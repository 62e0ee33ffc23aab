// Stacks over a store that refuses writes: what is shown is what is written, and an operation whose
// write was refused goes on from what is written, as one does that a restart has interrupted
// (operation.cc).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/cloudformation/engine/test_world.h"
#include "store/faulty_store.h"

namespace tandem::cloudformation {
namespace {

constexpr std::string_view kTwo = R"(
Resources:
  A: {Type: Test::Thing}
  B: {Type: Test::Thing, Properties: {Value: !Ref A}}
)";
constexpr std::string_view kThree = R"(
Resources:
  A: {Type: Test::Thing}
  B: {Type: Test::Thing, Properties: {Value: !GetAtt A.Arn}}
  C: {Type: Test::Thing}
)";

class StoreFailureTest : public testing::Test {
 protected:
  StoreFailureTest() {
    world_.stop();
    auto faulty = std::make_unique<store::FaultyStore>();
    store_ = faulty.get();
    world_.store = std::move(faulty);
    world_.start();
  }

  /// True when the request was answered well.
  bool deploy(std::string_view body, std::string_view operation) {
    try {
      world_.call(operation, {{"StackName", "shop"}, {"TemplateBody", body}});
    } catch (const store::StoreError&) {
      return false;
    }
    return true;
  }

  std::string shown() {
    const std::string status = world_.status();
    if (status.find("does not exist") != std::string::npos) return status;
    return json::to_text(world_.stack()) +
           json::to_text(world_.call("DescribeStackResources", {{"StackName", "shop"}})) +
           json::to_text(world_.call("DescribeStackEvents", {{"StackName", "shop"}}));
  }
  std::string shown_after_restart() {
    world_.stop();
    world_.start();
    world_.settle();
    return shown();
  }

  TestWorld world_;
  store::FaultyStore* store_ = nullptr;
};

TEST_F(StoreFailureTest, ACreationWhoseWriteIsRefusedIsNeverShownAsComplete) {
  for (std::uint64_t after = 0; after < 7; ++after) {
    SCOPED_TRACE(testing::Message() << "write " << after << " is refused");
    store_->fail_after(after, 1);
    const auto failures = store_->failures();
    const bool answered = deploy(kTwo, "CreateStack");
    world_.settle();
    ASSERT_EQ(store_->failures(), failures + 1);
    if (answered) {
      EXPECT_THAT(world_.status(), testing::AnyOf("ROLLBACK_COMPLETE", "CREATE_COMPLETE"));
      if (world_.status() == "CREATE_COMPLETE") {
        EXPECT_FALSE(world_.physical("B").empty());
      }
    } else {
      EXPECT_THAT(world_.status(), testing::HasSubstr("does not exist"));
    }
    EXPECT_EQ(shown(), shown_after_restart());
    world_.call("DeleteStack", {{"StackName", "shop"}});
    world_.settle();
    EXPECT_THAT(world_.status(), testing::HasSubstr("does not exist"));
  }
}

TEST_F(StoreFailureTest, AnUpdateThatCannotBeWrittenLeavesTheStackAsItWas) {
  world_.deploy(kTwo);
  const std::string before = shown();
  store_->fail_next_writes(1);
  EXPECT_FALSE(deploy(kThree, "UpdateStack"));
  world_.settle();
  EXPECT_EQ(shown(), before);
  EXPECT_EQ(shown_after_restart(), before);
  EXPECT_TRUE(deploy(kThree, "UpdateStack"));
  world_.settle();
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
}

TEST_F(StoreFailureTest, ADeletionThatWasRefusedIsNotCarriedOutLater) {
  world_.things.never_ready = {"A"};
  ASSERT_TRUE(deploy(kTwo, "CreateStack"));
  world_.run_until_called("Get A");
  store_->fail_next_writes(1);
  EXPECT_THROW(world_.call("DeleteStack", {{"StackName", "shop"}}), store::StoreError);
  world_.things.never_ready = {"B"};
  world_.run_until_called("Get B");
  world_.things.never_ready.clear();
  world_.restart();
  EXPECT_EQ(world_.status(), "CREATE_COMPLETE");
}

TEST_F(StoreFailureTest, ADeletionGoesOnOnceTheStoreTakesWrites) {
  world_.deploy(kTwo);
  for (std::uint64_t after = 1; after < 4; ++after) {
    store_->fail_after(after, 1);
    world_.call("DeleteStack", {{"StackName", "shop"}});
    world_.settle();
    EXPECT_THAT(world_.status(), testing::HasSubstr("does not exist")) << after;
    world_.deploy(kTwo);
  }
}

}  // namespace
}  // namespace tandem::cloudformation
