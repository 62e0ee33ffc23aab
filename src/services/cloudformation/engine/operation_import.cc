// Importing takes resources in that exist; it makes, changes and deletes none (but for the stack's
// tags, which AWS puts on them too). Rolling back lets them go again, as they were.
#include <fmt/format.h>

#include "services/cloudformation/engine/operation.h"
#include "services/cloudformation/engine/plan.h"
#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {
namespace {

constexpr std::string_view kTagsReason =
    "Apply stack-level tags to imported resource if applicable.";

}  // namespace

Task<void> Operation::import_resources() {
  if (!prepare()) {
    co_await fail_import(refused_);
    co_return;
  }
  Dependencies graph;
  for (const auto& [id, identifier] : stack_->plan.imports()) {
    graph[id] = resolution_->dependencies().at(id);
  }
  workflow::GraphRun::Work work = [this](std::string id) { return import_one(std::move(id)); };
  co_await run_graph(std::move(graph), std::move(work), true);
  const std::string failure = failures();
  if (!failure.empty()) {
    co_await fail_import(failure);
    co_return;
  }
  std::vector<std::string> imported;
  for (const auto& [id, before] : stack_->before) {
    imported.push_back(id);
    ResourceRecord& record = stack_->resources.at(id);
    if (record.attempted) record.properties = std::move(*record.attempted);
    record.attempted.reset();
  }
  stack_->description = resolution_->source().description;
  stack_->before.clear();
  stack_->previous.reset();
  workshop_.journal.stack(*stack_, StackStatus::kImportComplete, "", {std::move(imported), true});
}

Task<bool> Operation::import_one(std::string logical_id) {
  std::exception_ptr failure;
  try {
    co_await import_resource(logical_id);
  } catch (const boost::system::system_error&) {
    throw;  // the process is stopping: the stack stays as it is stored
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return true;
  ResourceRecord& record = stack_->resources.at(logical_id);
  failed_imports_.push_back(logical_id);
  const std::string reason = explain(failure, record, "import");
  workshop_.journal.resource(*stack_, record, ResourceStatus::kImportFailed, reason);
  cancelled_ = true;
  co_return false;
}

Task<void> Operation::import_resource(std::string logical_id) {
  const std::string identifier = stack_->plan.find(logical_id)->physical_id;
  const ResourceDeclaration& declared = *resolution_->source().find_resource(logical_id);
  const ResourceType& type = *workshop_.types.find(declared.type);
  remember(logical_id);
  ResourceRecord& record = stack_->resources[logical_id];
  record = ResourceRecord();
  record.logical_id = logical_id;
  record.type = declared.type;
  record.physical_id = identifier;
  // Whatever becomes of the import, the resource is not this stack's to delete before it is over.
  record.deletion_policy = DeletionPolicy::kRetain;
  Evaluated evaluated = evaluate(declared, type);
  record.shown = evaluated.shown;
  workshop_.journal.resource(*stack_, record, ResourceStatus::kImportInProgress,
                             "Resource import started.");
  auto handler_context = context(logical_id, no_claim);
  Physical found = co_await type.handler->read(*handler_context, identifier);
  record.physical_id = std::move(found.id);
  record.attributes = std::move(found.attributes);
  record.properties = evaluated.properties;
  describe(record, evaluated);
  workshop_.journal.resource(*stack_, record, ResourceStatus::kImportComplete,
                             "Resource import completed.");
  co_await apply_stack_tags(&record);
}

// The template is taken at its word about everything else: what differs is drift, as on AWS (User
// Guide, "Import AWS resources into a CloudFormation stack"). Until the import is committed the
// record says what the resource was and what was tried, so that roll back can take the tags off.
Task<void> Operation::apply_stack_tags(ResourceRecord* record) {
  const ResourceType& type = *workshop_.types.find(record->type);
  RecordResolver resolver(*stack_, workshop_.find_export);
  Evaluator evaluator(resolution_->scope(), resolver);
  const ResourceDeclaration& declared = *resolution_->source().find_resource(record->logical_id);
  json::object untagged =
      conform(type.shape, evaluator.evaluate_object(declared.properties)).properties;
  if (untagged == record->properties) co_return;
  json::object tagged = std::move(record->properties);
  record->properties = untagged;
  record->attempted = tagged;
  workshop_.journal.resource(*stack_, *record, ResourceStatus::kUpdateInProgress, kTagsReason);
  auto handler_context = context(record->logical_id, no_claim);
  Physical physical{record->physical_id, record->attributes};
  Physical updated = co_await type.handler->update(*handler_context, std::move(physical),
                                                   std::move(untagged), std::move(tagged));
  record->attributes = std::move(updated.attributes);
  workshop_.journal.resource(*stack_, *record, ResourceStatus::kUpdateComplete, kTagsReason);
}

Task<void> Operation::fail_import(std::string reason) {
  workshop_.journal.stack(*stack_, StackStatus::kImportRollbackInProgress, reason);
  co_await roll_back_import();
}

Task<void> Operation::roll_back_import() {
  cancelled_ = false;
  failed_imports_.clear();
  Dependencies graph;
  for (const auto& [id, before] : stack_->before) graph[id];
  workflow::GraphRun::Work work = [this](std::string id) { return release(std::move(id)); };
  co_await run_graph(std::move(graph), std::move(work), false);
  if (!failed_imports_.empty()) {
    workshop_.journal.stack(*stack_, StackStatus::kImportRollbackFailed,
                            fmt::format("The following resource(s) failed to roll back: {}. ",
                                        bracketed(failed_imports_)));
    co_return;
  }
  std::vector<std::string> released;
  for (const auto& [id, before] : stack_->before) {
    released.push_back(id);
    stack_->resources.erase(id);
  }
  stack_->before.clear();
  if (stack_->previous) stack_->definition = std::move(*stack_->previous);
  stack_->previous.reset();
  workshop_.journal.stack(*stack_, StackStatus::kImportRollbackComplete, "",
                          {std::move(released), true});
}

Task<bool> Operation::release(std::string logical_id) {
  const auto found = stack_->resources.find(logical_id);
  if (found == stack_->resources.end()) co_return true;
  ResourceRecord& record = found->second;
  workshop_.journal.resource(*stack_, record, ResourceStatus::kImportRollbackInProgress);
  std::exception_ptr failure;
  if (record.attempted) {
    const ResourceType& type = *workshop_.types.find(record.type);
    try {
      auto handler_context = context(logical_id, no_claim);
      Physical physical{record.physical_id, record.attributes};
      json::object tried = *record.attempted;
      json::object untagged = record.properties;
      co_await type.handler->update(*handler_context, std::move(physical), std::move(tried),
                                    std::move(untagged));
    } catch (const boost::system::system_error&) {
      throw;
    } catch (const aws::ApiError& error) {
      if (!means_gone(error)) failure = std::current_exception();
    } catch (...) {
      failure = std::current_exception();
    }
  }
  if (failure) {
    failed_imports_.push_back(logical_id);
    const std::string reason = explain(failure, record, "import");
    workshop_.journal.resource(*stack_, record, ResourceStatus::kImportRollbackFailed, reason);
    co_return false;
  }
  workshop_.journal.resource(*stack_, record, ResourceStatus::kImportRollbackComplete);
  co_return true;
}

}  // namespace tandem::cloudformation
