#include "services/cloudformation/engine/status.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tandem::cloudformation {
namespace {

// In the order of their enumerators.
constexpr std::string_view kStacks[] = {"",
                                        "REVIEW_IN_PROGRESS",
                                        "CREATE_IN_PROGRESS",
                                        "CREATE_COMPLETE",
                                        "CREATE_FAILED",
                                        "ROLLBACK_IN_PROGRESS",
                                        "ROLLBACK_COMPLETE",
                                        "ROLLBACK_FAILED",
                                        "UPDATE_IN_PROGRESS",
                                        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
                                        "UPDATE_COMPLETE",
                                        "UPDATE_FAILED",
                                        "UPDATE_ROLLBACK_IN_PROGRESS",
                                        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
                                        "UPDATE_ROLLBACK_COMPLETE",
                                        "UPDATE_ROLLBACK_FAILED",
                                        "IMPORT_IN_PROGRESS",
                                        "IMPORT_COMPLETE",
                                        "IMPORT_ROLLBACK_IN_PROGRESS",
                                        "IMPORT_ROLLBACK_COMPLETE",
                                        "IMPORT_ROLLBACK_FAILED",
                                        "DELETE_IN_PROGRESS",
                                        "DELETE_COMPLETE",
                                        "DELETE_FAILED"};
static_assert(std::size(kStacks) == static_cast<std::size_t>(StackStatus::kDeleteFailed) + 1);

constexpr std::string_view kResources[] = {"",
                                           "CREATE_IN_PROGRESS",
                                           "CREATE_COMPLETE",
                                           "CREATE_FAILED",
                                           "UPDATE_IN_PROGRESS",
                                           "UPDATE_COMPLETE",
                                           "UPDATE_FAILED",
                                           "IMPORT_IN_PROGRESS",
                                           "IMPORT_COMPLETE",
                                           "IMPORT_FAILED",
                                           "IMPORT_ROLLBACK_IN_PROGRESS",
                                           "IMPORT_ROLLBACK_COMPLETE",
                                           "IMPORT_ROLLBACK_FAILED",
                                           "DELETE_IN_PROGRESS",
                                           "DELETE_COMPLETE",
                                           "DELETE_FAILED",
                                           "DELETE_SKIPPED"};
static_assert(std::size(kResources) ==
              static_cast<std::size_t>(ResourceStatus::kDeleteSkipped) + 1);

constexpr std::string_view kChangeSets[] = {"CREATE_COMPLETE", "FAILED"};
static_assert(std::size(kChangeSets) == static_cast<std::size_t>(ChangeSetStatus::kFailed) + 1);

constexpr std::string_view kExecutions[] = {"UNAVAILABLE",      "AVAILABLE",
                                            "OBSOLETE",         "EXECUTE_IN_PROGRESS",
                                            "EXECUTE_COMPLETE", "EXECUTE_FAILED"};
static_assert(std::size(kExecutions) ==
              static_cast<std::size_t>(ExecutionStatus::kExecuteFailed) + 1);

template <class Status, std::size_t N>
Status named(const std::string_view (&names)[N], std::string_view name) {
  const auto* found = std::find(std::begin(names), std::end(names), name);
  return found == std::end(names) ? Status::kNone : static_cast<Status>(found - std::begin(names));
}

}  // namespace

std::string_view name_of(StackStatus status) { return kStacks[static_cast<std::size_t>(status)]; }

std::string_view name_of(ResourceStatus status) {
  return kResources[static_cast<std::size_t>(status)];
}

std::string_view name_of(ChangeSetStatus status) {
  return kChangeSets[static_cast<std::size_t>(status)];
}

std::string_view name_of(ExecutionStatus status) {
  return kExecutions[static_cast<std::size_t>(status)];
}

StackStatus stack_status_named(std::string_view name) { return named<StackStatus>(kStacks, name); }

ResourceStatus resource_status_named(std::string_view name) {
  return named<ResourceStatus>(kResources, name);
}

}  // namespace tandem::cloudformation
