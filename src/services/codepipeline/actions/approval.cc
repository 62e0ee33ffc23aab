#include "services/codepipeline/actions/actions.h"

namespace tandem::codepipeline {

// PutApprovalResult writes what was said into the record and wakes the action.
Task<ActionResult> run_approval(ActionScope* scope) {
  for (;;) {
    const json::object record = scope->record();
    if (const auto* said = json::find_object(record, "approval")) {
      const std::string summary = json::string_or(*said, "summary");
      if (json::string_or(*said, "status") != "Approved") {
        throw ActionFailure{"JobFailed", summary.empty() ? "Rejected" : summary};
      }
      ActionResult result;
      result.summary = summary;
      co_return result;
    }
    if (scope->deadline_ms() <= scope->workshop().now_ms()) {
      throw ActionFailure{"JobFailed",
                          "The approval action was not approved or rejected within its time"};
    }
    Task<void> resting = scope->rest(std::chrono::hours(24));
    co_await std::move(resting);
  }
}

}  // namespace tandem::codepipeline
