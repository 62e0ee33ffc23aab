// What a process that died may have made without hearing of it. Before a resource is made the
// intent is stored; here it is found out what became of it.
//
// INVARIANT(intent-before-effect): an intent is stored before the call that makes the resource is
// sent, so that a resource that was made is always in a record.
// INVARIANT(owned-only-with-proof): an intent is only stored for what did not exist, and what is
// found is proved by a random name, a token or CloudFormation's tags where others can make the same
// name while this process is dead (IAM), so that nothing of somebody else is ever taken.
#include <fmt/format.h>

#include "core/log.h"
#include "services/cloudformation/engine/already_exists.h"
#include "services/cloudformation/engine/operation.h"

namespace tandem::cloudformation {
namespace {

// Its name is its identity, so it can be asked for by name.
bool is_known_by_name(const ResourceType& type) {
  if (type.name_property.empty()) return false;
  return type.name_alone || type.name_property == type.primary_identifier;
}

}  // namespace

// CreateBucket in us-east-1 and some others say yes to what is there already, and an intent for a
// name that somebody else has would be taken for its owner.
Task<void> Operation::require_free_name(const ResourceType* type, json::object properties) {
  if (!is_known_by_name(*type)) co_return;
  const auto name = json::find_string(properties, type->name_property);
  if (!name) co_return;
  bool exists = false;
  try {
    auto reading = context("", no_claim);
    co_await type->handler->read(*reading, *name);
    exists = true;
  } catch (const aws::ApiError&) {
    // Not there; or the call that makes it says what is wrong.
  }
  if (!exists) co_return;
  throw HandlerError("AlreadyExists", already_exists_text(type->name, *name));
}

Task<void> Operation::settle(ResourceRecord* record) {
  const ResourceType& type = *workshop_.types.find(record->type);
  // What has a record of its own is not what this one is looking for.
  std::set<std::string> known;
  for (const auto& [id, resource] : stack_->resources) {
    if (!resource.uncertain) known.insert(resource.physical_id);
  }
  for (const ResourceRecord& resource : stack_->garbage) {
    if (!resource.uncertain) known.insert(resource.physical_id);
  }
  std::optional<Physical> found;
  try {
    auto handler_context = context(record->logical_id, no_claim);
    Physical intended{record->physical_id, record->attributes};
    // Asking by name says whether there is anything at all; find() then whether it is ours.
    if (is_known_by_name(type)) {
      intended = co_await type.handler->read(*handler_context, record->physical_id);
    }
    found = co_await type.handler->find(*handler_context, std::move(intended), record->properties,
                                        std::move(known));
  } catch (const aws::ApiError& error) {
    if (!means_gone(error)) throw;
  }
  record->uncertain = false;
  record->physical_id = found ? std::move(found->id) : "";
  record->attributes = found ? std::move(found->attributes) : json::object();
}

// node: "g<index>" of the garbage, "r<logical id>" of the resources.
Task<bool> Operation::try_to_settle(std::string node) {
  ResourceRecord& record = node[0] == 'g' ? stack_->garbage[std::stoul(node.substr(1))]
                                          : stack_->resources.at(node.substr(1));
  std::string failure;
  try {
    co_await settle(&record);
  } catch (const aws::ApiError& error) {
    failure = error.message();
  } catch (const HandlerError& error) {
    failure = error.message;
  }
  // Deleting it asks again.
  const bool settled = failure.empty();
  if (!settled) {
    log::warning("cloudformation: whether {} was made is not known yet: {}", record.logical_id,
                 failure);
  }
  co_return settled;
}

Task<void> Operation::settle_intents() {
  Dependencies nodes;
  for (std::size_t i = 0; i < stack_->garbage.size(); ++i) {
    if (stack_->garbage[i].uncertain) nodes[fmt::format("g{}", i)];
  }
  for (const auto& [id, resource] : stack_->resources) {
    if (resource.uncertain) nodes['r' + id];
  }
  if (nodes.empty()) co_return;
  // All at once, and none waits for another: an intent is about what was made, not about order.
  workflow::GraphRun::Work work = [this](std::string node) {
    return try_to_settle(std::move(node));
  };
  co_await run_graph(nodes, std::move(work), false);
  for (const auto& [node, first] : nodes) {
    workshop_.stacks.save_resource(*stack_, node.substr(1));
  }
}

}  // namespace tandem::cloudformation
