#include "services/cloudformation/engine/operation.h"

namespace tandem::cloudformation {
namespace {

bool retains(DeletionPolicy policy, bool creating) {
  return policy == DeletionPolicy::kRetain ||
         (policy == DeletionPolicy::kRetainExceptOnCreate && !creating);
}

}  // namespace

// In reverse: a resource goes when everything that needed it is gone.
Task<std::vector<std::string>> Operation::remove_all() {
  failed_deletes_.clear();
  // Whoever asked for the deletion has stopped what went before; the deletion itself is not
  // stopped.
  cancelled_ = false;
  // Garbage first: what a replaced or failed resource left may hold on to resources that go next
  // (a usage plan to its API), and no resource refers to garbage.
  Dependencies garbage;
  for (std::size_t i = 0; i < stack_->garbage.size(); ++i) garbage[std::to_string(i)];
  workflow::GraphRun::Work work_on_garbage = [this](std::string index) {
    return remove_garbage(std::move(index));
  };
  co_await run_graph(std::move(garbage), std::move(work_on_garbage), false);
  if (failed_deletes_.empty()) stack_->garbage.clear();

  Dependencies graph;
  for (const auto& [id, resource] : stack_->resources) graph[id];
  for (const auto& [id, resource] : stack_->resources) {
    for (const std::string& needed : resource.depends_on) {
      const auto node = graph.find(needed);
      if (node != graph.end()) node->second.insert(id);
    }
  }
  workflow::GraphRun::Work work_on_resources = [this](std::string id) {
    return remove(std::move(id));
  };
  co_await run_graph(std::move(graph), std::move(work_on_resources), false);
  co_return failed_deletes_;
}

Task<bool> Operation::remove(std::string logical_id) {
  ResourceRecord& record = stack_->resources.at(logical_id);
  if (record.status == ResourceStatus::kDeleteComplete ||
      record.status == ResourceStatus::kDeleteSkipped)
    co_return true;
  const bool gone = co_await delete_physical(&record, rolling_back_);
  if (!gone) failed_deletes_.push_back(logical_id);
  co_return gone;
}

Task<bool> Operation::delete_physical(ResourceRecord* record, bool creating) {
  // Nothing was made, and nothing can have been: an intent would be here (intent-before-effect).
  if (record->physical_id.empty() && !record->uncertain) {
    workshop_.journal.resource(*stack_, *record, ResourceStatus::kDeleteComplete);
    co_return true;
  }
  if (retains(record->deletion_policy, creating) || stack_->retain.contains(record->logical_id)) {
    workshop_.journal.resource(*stack_, *record, ResourceStatus::kDeleteSkipped);
    co_return true;
  }
  workshop_.journal.resource(*stack_, *record, ResourceStatus::kDeleteInProgress);
  std::exception_ptr failure;
  try {
    // Not by its name alone: what bears it may be somebody else's by now (owned-only-with-proof).
    if (record->uncertain) co_await settle(record);
    if (record->physical_id.empty()) {
      workshop_.journal.resource(*stack_, *record, ResourceStatus::kDeleteComplete);
      co_return true;
    }
    const ResourceType* type = workshop_.types.find(record->type);
    auto handler_context = context(record->logical_id, no_claim);
    Physical physical{record->physical_id, record->attributes};
    json::object properties = record->properties;
    co_await type->handler->remove(*handler_context, std::move(physical), std::move(properties));
  } catch (const boost::system::system_error&) {
    throw;
  } catch (const aws::ApiError& error) {
    // Deleted by hand, or by us before the process died: that is what was wanted.
    if (!means_gone(error)) failure = std::current_exception();
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    const std::string reason = explain(failure, *record, "delete");
    workshop_.journal.resource(*stack_, *record, ResourceStatus::kDeleteFailed, reason);
    co_return false;
  }
  workshop_.journal.resource(*stack_, *record, ResourceStatus::kDeleteComplete);
  co_return true;
}

}  // namespace tandem::cloudformation
