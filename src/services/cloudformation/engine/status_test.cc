#include "services/cloudformation/engine/status.h"

#include <gtest/gtest.h>

namespace tandem::cloudformation {
namespace {

// What an earlier process stored is read again: the texts are the stored form.
TEST(Status, TextsAreReadAgain) {
  for (int i = 0; i <= static_cast<int>(StackStatus::kDeleteFailed); ++i) {
    const auto status = static_cast<StackStatus>(i);
    EXPECT_EQ(stack_status_named(name_of(status)), status);
  }
  for (int i = 0; i <= static_cast<int>(ResourceStatus::kDeleteSkipped); ++i) {
    const auto status = static_cast<ResourceStatus>(i);
    EXPECT_EQ(resource_status_named(name_of(status)), status);
  }
  EXPECT_EQ(name_of(StackStatus::kUpdateRollbackCompleteCleanupInProgress),
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
  EXPECT_EQ(name_of(ExecutionStatus::kExecuteInProgress), "EXECUTE_IN_PROGRESS");
  EXPECT_EQ(stack_status_named("of another version"), StackStatus::kNone);
}

}  // namespace
}  // namespace tandem::cloudformation
