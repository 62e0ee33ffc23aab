// The statuses of stacks, resources and change sets. Their texts are AWS's (User Guide, "Stack
// status codes"; API Reference, StackResource and DescribeChangeSet) and are what is stored.
#pragma once

#include <string_view>

namespace tandem::cloudformation {

enum class StackStatus {
  kNone,  ///< its first event is not written yet
  kReviewInProgress,
  kCreateInProgress,
  kCreateComplete,
  kCreateFailed,
  kRollbackInProgress,
  kRollbackComplete,
  kRollbackFailed,
  kUpdateInProgress,
  kUpdateCompleteCleanupInProgress,
  kUpdateComplete,
  kUpdateFailed,
  kUpdateRollbackInProgress,
  kUpdateRollbackCompleteCleanupInProgress,
  kUpdateRollbackComplete,
  kUpdateRollbackFailed,
  kImportInProgress,
  kImportComplete,
  kImportRollbackInProgress,
  kImportRollbackComplete,
  kImportRollbackFailed,
  kDeleteInProgress,
  kDeleteComplete,
  kDeleteFailed,
};

enum class ResourceStatus {
  kNone,  ///< no operation has reached it
  kCreateInProgress,
  kCreateComplete,
  kCreateFailed,
  kUpdateInProgress,
  kUpdateComplete,
  kUpdateFailed,
  kImportInProgress,
  kImportComplete,
  kImportFailed,
  kImportRollbackInProgress,
  kImportRollbackComplete,
  kImportRollbackFailed,
  kDeleteInProgress,
  kDeleteComplete,
  kDeleteFailed,
  kDeleteSkipped,
};

enum class ChangeSetStatus { kCreateComplete, kFailed };

enum class ExecutionStatus {
  kUnavailable,
  kAvailable,
  kObsolete,  ///< the stack has moved on
  kExecuteInProgress,
  kExecuteComplete,
  kExecuteFailed,
};

/// "CREATE_COMPLETE"; kNone is "".
std::string_view name_of(StackStatus status);
std::string_view name_of(ResourceStatus status);
std::string_view name_of(ChangeSetStatus status);
std::string_view name_of(ExecutionStatus status);

/// kNone for any other text.
StackStatus stack_status_named(std::string_view name);
ResourceStatus resource_status_named(std::string_view name);

}  // namespace tandem::cloudformation
