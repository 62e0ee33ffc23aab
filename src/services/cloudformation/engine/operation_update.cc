#include <fmt/format.h>

#include "services/cloudformation/engine/operation.h"
#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {

Task<void> Operation::update() {
  if (!prepare()) {
    co_await fail_update(refused_);
    co_return;
  }
  if (!stack_->update_policy.empty()) policy_ = StackPolicy::parse(stack_->update_policy);
  if (!may_remove()) {
    co_await fail_update(failures());
    co_return;
  }
  workflow::GraphRun::Work work = [this](std::string id) { return apply(std::move(id)); };
  co_await run_graph(resolution_->dependencies(), std::move(work), true);
  if (stack_->cancel_requested) {
    co_await cancel_update();
    co_return;
  }
  std::string failure = failures();
  if (!failure.empty() || !settle_outputs(failure)) {
    co_await fail_update(std::move(failure));
    co_return;
  }
  commit_update();
  co_await clean_up(StackStatus::kUpdateComplete);
}

// From here on the new definition is the stack; what it no longer has is garbage. One batch says
// so, with everything that roll back would have needed: a process that dies before it rolls back,
// one that dies after it only cleans up, and there is no state between the two.
void Operation::commit_update() {
  std::vector<std::string> removed;
  for (auto& [id, resource] : stack_->resources) {
    if (resolution_->includes(id)) continue;
    removed.push_back(id);
    // One whose fate is not known is garbage as well: deleting it finds out.
    if (!resource.physical_id.empty() || resource.uncertain) stack_->garbage.push_back(resource);
  }
  for (const std::string& id : removed) stack_->resources.erase(id);
  stack_->description = resolution_->source().description;
  stack_->before.clear();
  stack_->previous.reset();
  stack_->plan = {};
  workshop_.journal.stack(*stack_, StackStatus::kUpdateCompleteCleanupInProgress, "",
                          {std::move(removed), true});
}

Task<void> Operation::clean_up(StackStatus final_status) {
  Dependencies graph;
  // By index: a logical id may be there several times, and may be a living resource's, too.
  const auto& garbage = stack_->garbage;
  for (std::size_t i = 0; i < garbage.size(); ++i) {
    auto& first = graph[std::to_string(i)];
    for (std::size_t j = 0; j < garbage.size(); ++j) {
      // What needs this one goes first.
      if (j != i && garbage[j].depends_on.contains(garbage[i].logical_id)) {
        first.insert(std::to_string(j));
      }
    }
  }
  failed_deletes_.clear();
  workflow::GraphRun::Work work = [this](std::string index) {
    return remove_garbage(std::move(index));
  };
  co_await run_graph(std::move(graph), std::move(work), false);
  // AWS gives up on what cannot be cleaned up; the stack's update counts as complete.
  std::string reason;
  if (!failed_deletes_.empty()) {
    reason =
        fmt::format("The following resource(s) failed to delete: {}. ", bracketed(failed_deletes_));
  }
  // Together with the last event, so that after a restart it is either cleaned up again or
  // forgotten.
  stack_->garbage.clear();
  workshop_.journal.stack(*stack_, final_status, reason);
}

Task<bool> Operation::remove_garbage(std::string index) {
  // Events are written from a copy: the logical id may belong to a living resource.
  ResourceRecord record = stack_->garbage[std::stoul(index)];
  const bool gone = co_await delete_physical(&record, false);
  if (!gone) failed_deletes_.push_back(record.logical_id);
  // AWS skips what cannot be deleted "and continues the cleanup process" (AWS re:Post, "stack is
  // stuck in the UPDATE_COMPLETE_CLEANUP_IN_PROGRESS state"): nothing waits for it in vain, and
  // whatever stays has an event that says so.
  co_return true;
}

Task<void> Operation::fail_update(std::string reason) {
  if (stack_->on_failure == OnFailure::kDoNothing) {
    // The stack stays as far as it got, and the next update goes on from there. RollbackStack goes
    // back to where the stack was whole, which an update of a failed stack no longer knows.
    if (stack_->from_failed) {
      stack_->before.clear();
      stack_->previous.reset();
    }
    stack_->plan = {};
    workshop_.journal.stack(*stack_, StackStatus::kUpdateFailed, reason, {{}, true});
    co_return;
  }
  workshop_.journal.stack(*stack_, StackStatus::kUpdateRollbackInProgress, reason);
  co_await restore_all();
}

// CancelUpdateStack: "the stack rolls back the update and reverts to the previous stack
// configuration" (API reference), whatever failures would have meant.
Task<void> Operation::cancel_update() {
  stack_->cancel_requested = false;
  workshop_.journal.stack(*stack_, StackStatus::kUpdateRollbackInProgress, "User Initiated");
  co_await restore_all();
}

void Operation::check_policy(const ResourceRecord& record, UpdateAction action) const {
  if (!policy_) return;
  const std::string denial = policy_->denial(record.logical_id, record.type, action);
  if (!denial.empty()) throw PropertyError(denial);
}

// What is removed goes only once the update is committed, when it is too late to say no.
bool Operation::may_remove() {
  if (!policy_) return true;
  for (const PlannedChange& change : stack_->plan.changes) {
    if (change.action != PlannedChange::Action::kRemove) continue;
    const std::string denial =
        policy_->denial(change.logical_id, change.type, UpdateAction::kDelete);
    if (denial.empty()) continue;
    remember(change.logical_id);
    failed_updates_.push_back(change.logical_id);
    workshop_.journal.resource(*stack_, stack_->resources.at(change.logical_id),
                               ResourceStatus::kUpdateFailed, denial);
  }
  return failed_updates_.empty();
}

// Only what the update has touched, which is what `before` remembers. A resource is given back its
// old properties after those that it needs, as they are what these refer to.
Task<void> Operation::restore_all() {
  cancelled_ = false;
  Dependencies graph;
  for (const auto& [id, before] : stack_->before) {
    if (before) graph[id] = before->depends_on;
  }
  failed_updates_.clear();
  workflow::GraphRun::Work work = [this](std::string id) { return restore(std::move(id)); };
  co_await run_graph(std::move(graph), std::move(work), false);
  if (!failed_updates_.empty()) {
    workshop_.journal.stack(*stack_, StackStatus::kUpdateRollbackFailed,
                            fmt::format("The following resource(s) failed to update: {}. ",
                                        bracketed(failed_updates_)));
    co_return;
  }
  co_await roll_back_update();
}

// What the update made is garbage; the stack is again what it was.
Task<void> Operation::roll_back_update() {
  std::vector<std::string> changed;
  for (const auto& [id, before] : stack_->before) {
    changed.push_back(id);
    const auto made = stack_->resources.find(id);
    if (before || made == stack_->resources.end()) continue;
    // Made by the update: not the user's yet, so that no policy but an explicit Retain keeps it.
    if (!made->second.physical_id.empty() || made->second.uncertain) {
      stack_->garbage.push_back(made->second);
      stack_->garbage.back().deletion_policy =
          made->second.deletion_policy == DeletionPolicy::kRetain ? DeletionPolicy::kRetain
                                                                  : DeletionPolicy::kDelete;
    }
    stack_->resources.erase(made);
  }
  stack_->before.clear();
  stack_->skip.clear();
  if (stack_->previous) stack_->definition = std::move(*stack_->previous);
  stack_->previous.reset();
  stack_->plan = {};
  try {
    const Resolution old(stack_->definition, pseudo(), workshop_.types);
    stack_->imports = rehearse(old, *stack_, workshop_.find_export);
  } catch (const aws::ApiError&) {
    // An export it used is gone meanwhile; what it imports is then what it imported.
  }
  workshop_.journal.stack(*stack_, StackStatus::kUpdateRollbackCompleteCleanupInProgress, "",
                          {std::move(changed), true});
  co_await clean_up(StackStatus::kUpdateRollbackComplete);
}

Task<bool> Operation::restore(std::string logical_id) {
  ResourceRecord& current = stack_->resources.at(logical_id);
  const ResourceRecord old = *stack_->before.at(logical_id);
  if (stack_->skip.contains(logical_id)) {
    // API reference, ContinueUpdateRollback: "sets the status of the specified resources to
    // UPDATE_COMPLETE and continues to roll back the stack".
    current = old;
    workshop_.journal.resource(*stack_, current, ResourceStatus::kUpdateComplete);
    co_return true;
  }
  if (current.physical_id != old.physical_id) {
    // It was replaced: the old one still stands, the new one goes.
    stack_->garbage.push_back(current);
    stack_->garbage.back().deletion_policy = DeletionPolicy::kDelete;
    std::erase_if(stack_->garbage, [&](const ResourceRecord& one) {
      return one.logical_id == logical_id && one.physical_id == old.physical_id;
    });
    current = old;
    workshop_.journal.resource(*stack_, current, ResourceStatus::kUpdateComplete);
    co_return true;
  }
  // It is as the update wanted it, or half so: the handler is told what was tried, and gives back
  // whatever differs from what was.
  const json::object tried = current.attempted ? *current.attempted : current.properties;
  std::exception_ptr failure;
  std::optional<Physical> back;
  workshop_.journal.resource(*stack_, current, ResourceStatus::kUpdateInProgress);
  if (tried != old.properties) {
    try {
      const ResourceType* type = workshop_.types.find(current.type);
      auto handler_context = context(logical_id, no_claim);
      Physical physical{current.physical_id, current.attributes};
      back = co_await type->handler->update(*handler_context, std::move(physical), tried,
                                            old.properties);
    } catch (const boost::system::system_error&) {
      throw;
    } catch (...) {
      failure = std::current_exception();
    }
  }
  if (failure) {
    failed_updates_.push_back(logical_id);
    const std::string reason = explain(failure, current, "update");
    workshop_.journal.resource(*stack_, current, ResourceStatus::kUpdateFailed, reason);
    co_return false;
  }
  if (back) keep_replaced(current, *back);
  current = old;
  if (back && workshop_.types.find(old.type)->handler->update_may_replace()) {
    current.physical_id = std::move(back->id);
    current.attributes = std::move(back->attributes);
  }
  workshop_.journal.resource(*stack_, current, ResourceStatus::kUpdateComplete);
  co_return true;
}

}  // namespace tandem::cloudformation
