#include "services/cloudformation/engine/operation.h"

#include <fmt/format.h>

#include "core/ids.h"
#include "core/text.h"
#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {

Operation::Operation(Workshop& workshop, core::TaskGroup& tasks, StackPtr stack)
    : workshop_(workshop),
      tasks_(tasks),
      stack_(std::move(stack)),
      secrets_(secrets_of(*stack_)),
      deadline_(workshop.executor, core::kNever) {}

Task<void> Operation::run(std::shared_ptr<Operation> self, Start start) {
  const StackStatus status = self->stack_->status;
  if (start == Start::kResumed) {
    co_await self->resume();
  } else if (status == StackStatus::kCreateInProgress) {
    co_await self->create();
  } else if (status == StackStatus::kUpdateInProgress) {
    co_await self->update();
  } else if (status == StackStatus::kImportInProgress) {
    co_await self->import_resources();
  } else if (status == StackStatus::kDeleteInProgress) {
    co_await self->remove_stack();
  } else if (status == StackStatus::kRollbackInProgress) {
    co_await self->roll_back_create();
  } else if (status == StackStatus::kUpdateRollbackInProgress) {
    co_await self->restore_all();
  }
  self->deadline_.cancel();
}

// The process died during an operation, or its store refused a write of it. What has begun is done
// again, by what the records say is there: a resource that was being made is deleted and made, one
// that was being changed is changed again from what it was before, one that was to take another's
// place goes and another is made. Should that fail, the operation fails as any other, and is rolled
// back from the same records. Deletions and roll backs may be done any number of times as they are.
Task<void> Operation::resume() {
  resumed_ = true;
  const StackStatus status = stack_->status;
  // First of all, before anybody else can take a name that is free.
  co_await settle_intents();
  learn_failures();
  const std::string failed = failures();
  if (status == StackStatus::kCreateInProgress && stack_->delete_requested) {
    workshop_.journal.stack(*stack_, StackStatus::kDeleteInProgress, "User Initiated");
    co_await remove_stack();
  } else if (status == StackStatus::kUpdateInProgress && stack_->cancel_requested) {
    co_await cancel_update();
  } else if (status == StackStatus::kCreateInProgress && !failed.empty()) {
    co_await fail_create(failed);
  } else if (status == StackStatus::kUpdateInProgress && !failed.empty()) {
    co_await fail_update(failed);
  } else if (status == StackStatus::kCreateInProgress && !stack_->plan.empty()) {
    co_await create();
  } else if (status == StackStatus::kUpdateInProgress && !stack_->plan.empty()) {
    co_await update();
  } else if (status == StackStatus::kRollbackInProgress) {
    co_await roll_back_create();
  } else if (status == StackStatus::kUpdateRollbackInProgress) {
    co_await restore_all();
  } else if (status == StackStatus::kUpdateCompleteCleanupInProgress) {
    co_await clean_up(StackStatus::kUpdateComplete);
  } else if (status == StackStatus::kUpdateRollbackCompleteCleanupInProgress) {
    co_await clean_up(StackStatus::kUpdateRollbackComplete);
  } else if (status == StackStatus::kImportRollbackInProgress) {
    co_await roll_back_import();
  } else if (status == StackStatus::kDeleteInProgress) {
    co_await remove_stack();
  } else {
    co_await roll_back_interrupted();
  }
}

// What had failed by then has failed: trying it again would end the operation otherwise.
void Operation::learn_failures() {
  for (const auto& [id, resource] : stack_->resources) {
    const bool touched =
        stack_->status == StackStatus::kCreateInProgress ||
        (stack_->status == StackStatus::kUpdateInProgress && stack_->before.contains(id));
    if (!touched) continue;
    if (resource.status == ResourceStatus::kCreateFailed) failed_creates_.push_back(id);
    if (resource.status == ResourceStatus::kUpdateFailed) failed_updates_.push_back(id);
  }
}

// An import, and what was begun before plans were stored.
Task<void> Operation::roll_back_interrupted() {
  const StackStatus status = stack_->status;
  const std::string reason = "The region was restarted during the operation.";
  for (auto& [id, resource] : stack_->resources) {
    if (resource.status == ResourceStatus::kCreateInProgress) {
      workshop_.journal.resource(*stack_, resource, ResourceStatus::kCreateFailed,
                                 "Resource creation cancelled");
    } else if (resource.status == ResourceStatus::kUpdateInProgress) {
      workshop_.journal.resource(*stack_, resource, ResourceStatus::kUpdateFailed,
                                 "Resource update cancelled");
    }
  }
  if (status == StackStatus::kCreateInProgress) {
    co_await fail_create(reason);
  } else if (status == StackStatus::kUpdateInProgress) {
    co_await fail_update(reason);
  } else if (status == StackStatus::kImportInProgress) {
    co_await fail_import(reason);
  }
}

PseudoParameters Operation::pseudo() const {
  return {workshop_.account, workshop_.region, stack_->id, stack_->name};
}

// What AWS would find out only in the middle (a missing export, a cycle through a condition) ends
// the operation before anything has been made.
bool Operation::prepare() {
  try {
    resolution_ = std::make_unique<Resolution>(stack_->definition, pseudo(), workshop_.types);
    stack_->imports = rehearse(*resolution_, *stack_, workshop_.find_export);
  } catch (const aws::ApiError& error) {
    refused_ = without_secrets(error.message(), secrets_);
    return false;
  }
  workshop_.stacks.save(*stack_);
  return true;
}

Task<void> Operation::run_graph(Dependencies graph, workflow::GraphRun::Work work, bool stoppable) {
  workflow::GraphRun::Stopped stopped = [this, stoppable] { return stoppable && cancelled_; };
  auto graph_run =
      std::make_shared<workflow::GraphRun>(tasks_, workshop_.executor, "cloudformation",
                                           std::move(graph), std::move(work), std::move(stopped));
  co_await graph_run->run();
}

// It stops what has not begun, as an interrupting deletion does: AWS lets run what runs.
void Operation::watch_deadline() {
  if (stack_->timeout_minutes == 0) return;
  // From when the stack was begun, whoever goes on with it.
  const std::chrono::milliseconds age(workshop_.clock.now_ms() - stack_->created_ms);
  deadline_.expires_after(std::chrono::minutes(stack_->timeout_minutes) - age);
  deadline_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->timed_out_ = true;
    self->cancelled_ = true;
  });
}

Task<void> Operation::create() {
  watch_deadline();
  if (!prepare()) {
    co_await fail_create(refused_);
    co_return;
  }
  workflow::GraphRun::Work work = [this](std::string id) { return apply(std::move(id)); };
  co_await run_graph(resolution_->dependencies(), std::move(work), true);
  deadline_.cancel();
  if (stack_->delete_requested) {
    workshop_.journal.stack(*stack_, StackStatus::kDeleteInProgress, "User Initiated");
    co_await remove_stack();
    co_return;
  }
  std::string failure = failures();
  if (timed_out_) failure = "Stack creation time exceeded the specified timeout.";
  if (failure.empty() && settle_outputs(failure)) {
    stack_->plan = {};
    workshop_.journal.stack(*stack_, StackStatus::kCreateComplete, "", {{}, true});
    co_return;
  }
  co_await fail_create(std::move(failure));
}

Task<void> Operation::fail_create(std::string reason) {
  // They may name what is about to be deleted, and another stack could import that meanwhile.
  stack_->outputs.clear();
  if (!reason.ends_with('.')) reason += '.';
  switch (stack_->on_failure) {
    case OnFailure::kDoNothing:
      workshop_.journal.stack(*stack_, StackStatus::kCreateFailed, reason);
      co_return;
    case OnFailure::kDelete:
      workshop_.journal.stack(*stack_, StackStatus::kDeleteInProgress,
                              reason + " Delete requested by user.");
      co_await remove_stack();
      co_return;
    case OnFailure::kRollback:
      break;
  }
  workshop_.journal.stack(*stack_, StackStatus::kRollbackInProgress,
                          reason + " Rollback requested by user.");
  co_await roll_back_create();
}

Task<void> Operation::roll_back_create() {
  rolling_back_ = true;
  const std::vector<std::string> left = co_await remove_all();
  // Only now: until the last user of an imported value is gone its exporter must not be changed.
  stack_->imports.clear();
  if (left.empty()) {
    workshop_.journal.stack(*stack_, StackStatus::kRollbackComplete);
  } else {
    workshop_.journal.stack(
        *stack_, StackStatus::kRollbackFailed,
        fmt::format("The following resource(s) failed to delete: {}. ", bracketed(left)));
  }
}

Task<void> Operation::remove_stack() {
  rolling_back_ = stack_->operation == "CreateStack";
  const std::vector<std::string> left = co_await remove_all();
  if (!left.empty()) {
    workshop_.journal.stack(
        *stack_, StackStatus::kDeleteFailed,
        fmt::format("The following resource(s) failed to delete: {}. ", bracketed(left)));
    co_return;
  }
  stack_->outputs.clear();
  stack_->imports.clear();
  stack_->deleted_ms = workshop_.clock.now_ms();
  workshop_.journal.stack(*stack_, StackStatus::kDeleteComplete);
}

bool Operation::settle_outputs(std::string& failure) {
  try {
    RecordResolver resolver(*stack_, workshop_.find_export);
    std::vector<OutputRecord> outputs = evaluate_outputs(*resolution_, resolver);
    check_exports(outputs);
    stack_->outputs = std::move(outputs);
    return true;
  } catch (const aws::ApiError& error) {
    failure = without_secrets(error.message(), secrets_);
    return false;
  }
}

// Export names are unique in the region, and one that another stack imports stays as it is.
void Operation::check_exports(const std::vector<OutputRecord>& outputs) const {
  for (const OutputRecord& output : outputs) {
    if (output.export_name.empty()) continue;
    const auto other = workshop_.find_export(output.export_name);
    if (other && other->stack_id != stack_->id) {
      throw validation_error(fmt::format("Export with name {} is already exported by stack {}.",
                                         output.export_name, other->stack_name));
    }
  }
  for (const OutputRecord& old : stack_->outputs) {
    if (old.export_name.empty()) continue;
    const auto users = workshop_.importers(old.export_name, *stack_);
    if (users.empty()) continue;
    const OutputRecord* now = nullptr;
    for (const OutputRecord& output : outputs) {
      if (output.export_name == old.export_name) now = &output;
    }
    if (now == nullptr || now->value != old.value) {
      throw validation_error(fmt::format("Export {} cannot be {} as it is in use by {}",
                                         old.export_name, now == nullptr ? "deleted" : "updated",
                                         core::join(users, ", ")));
    }
  }
}

std::string Operation::failures() const {
  std::string text;
  if (!failed_creates_.empty()) {
    text +=
        fmt::format("The following resource(s) failed to create: {}.", bracketed(failed_creates_));
  }
  if (!failed_updates_.empty()) {
    text += fmt::format("{}The following resource(s) failed to update: {}.",
                        text.empty() ? "" : " ", bracketed(failed_updates_));
  }
  if (!failed_imports_.empty()) {
    text +=
        fmt::format("The following resource(s) failed to import: {}.", bracketed(failed_imports_));
  }
  return text;
}

}  // namespace tandem::cloudformation
