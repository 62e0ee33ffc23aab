#include <algorithm>
#include <fmt/format.h>

#include "core/ids.h"
#include "core/log.h"
#include "services/cloudformation/engine/already_exists.h"
#include "services/cloudformation/engine/operation.h"
#include "services/cloudformation/engine/plan.h"
#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {
namespace {

bool is_deployed(const StackRecord& stack, std::string_view id) {
  const auto record = stack.resources.find(id);
  return record != stack.resources.end() && record->second.is_deployed();
}

constexpr std::string_view kProtection = "DeletionProtectionEnabled";

/// Of a table or its replicas, wherever it stands. Returns whether there was any.
bool lift_protection(json::object& properties) {
  bool lifted = false;
  for (auto& [name, value] : properties) {
    if (name == kProtection && value.is_bool() && value.get_bool()) {
      value = false;
      lifted = true;
    }
    auto* list = value.if_array();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      auto* one = list->at(i).if_object();
      if (one == nullptr || !json::bool_or(*one, kProtection, false)) continue;
      (*one)[kProtection] = false;
      lifted = true;
    }
  }
  return lifted;
}

}  // namespace

std::unique_ptr<HandlerContext> Operation::context(const std::string& logical_id,
                                                   HandlerContext::Claim claim) {
  HandlerContext::Identity identity{workshop_.region,    workshop_.account,   stack_->name,
                                    stack_->id,          logical_id,          stack_->caller,
                                    type_of(logical_id), stack_->operation_id};
  return std::make_unique<HandlerContext>(
      std::move(identity), workshop_.api, workshop_.random, std::move(claim),
      [this] { return cancelled_; }, &workshop_.answers);
}

// As the template spells it: custom resources are told. A logical id keeps its type.
std::string Operation::type_of(const std::string& logical_id) const {
  const auto* declared =
      resolution_ == nullptr ? nullptr : resolution_->source().find_resource(logical_id);
  if (declared != nullptr) return declared->type;
  const auto resource = stack_->resources.find(logical_id);
  if (resource != stack_->resources.end()) return resource->second.type;
  const auto garbage = std::ranges::find(stack_->garbage, logical_id, &ResourceRecord::logical_id);
  return garbage == stack_->garbage.end() ? "" : garbage->type;
}

std::string Operation::explain(const std::exception_ptr& failure, const ResourceRecord& record,
                               std::string_view verb) const {
  const auto handler_text = [&](std::string_view message, std::string_view code) {
    return fmt::format(
        "Resource handler returned message: \"{}\" (RequestToken: {}, HandlerErrorCode: {})",
        message, core::uuid4(workshop_.random), code);
  };
  std::string text;
  try {
    std::rethrow_exception(failure);
  } catch (const Cancelled&) {
    text = fmt::format("Resource {} cancelled", verb == "create" ? "creation" : verb);
  } catch (const PropertyError& error) {
    text = error.message;
  } catch (const HandlerError& error) {
    text = error.code.empty() ? error.message : handler_text(error.message, error.code);
  } catch (const aws::ApiError& error) {
    text = handler_text(error.message(), handler_error_code(error));
    const ResourceType* type = workshop_.types.find(record.type);
    const auto name = type == nullptr || type->name_property.empty()
                          ? std::nullopt
                          : json::find_string(record.properties, type->name_property);
    if (verb == "create" && name && handler_error_code(error) == "AlreadyExists") {
      text = handler_text(already_exists_text(record.type, *name), "AlreadyExists");
    }
  } catch (const std::exception& error) {
    log::error("cloudformation: {} {}: {}", verb, record.type, error.what());
    text = handler_text("Internal error", "InternalFailure");
  }
  return without_secrets(std::move(text), secrets_);
}

Operation::Evaluated Operation::evaluate(const ResourceDeclaration& declared,
                                         const ResourceType& type) {
  Evaluated result;
  try {
    RecordResolver resolver(*stack_, workshop_.find_export);
    Evaluator evaluator(resolution_->scope(), resolver);
    json::object properties = evaluator.evaluate_object(declared.properties);
    result.metadata = evaluator.evaluate_object(declared.metadata);
    add_stack_tags(type.shape, stack_->definition.tags, properties);
    Conformed conformed = conform(type.shape, properties);
    result.shown = shown_properties(declared);
    result.properties = std::move(conformed.properties);
    if (!conformed.error.empty()) {
      const bool whole = !conformed.error.starts_with('#');
      throw PropertyError(whole ? conformed.error
                                : fmt::format("Properties validation failed for resource {} with "
                                              "message:\n{}",
                                              declared.logical_id, conformed.error));
    }
  } catch (const aws::ApiError& error) {
    throw PropertyError(error.message());
  }
  return result;
}

// The properties as events show them. Some functions fail on a mask where they do not on the value
// (Fn::Select of a split secret, Fn::FindInMap): then the whole property is masked.
std::string Operation::shown_properties(const ResourceDeclaration& declared) const {
  RecordResolver resolver(*stack_, workshop_.find_export);
  resolver.mask_secrets();
  Evaluator masked(resolution_->masked_scope(), resolver);
  json::object shown;
  for (const auto& property : declared.properties) {
    try {
      if (auto value = masked.evaluate(property.value())) shown[property.key()] = std::move(*value);
    } catch (const aws::ApiError&) {
      shown[property.key()] = kMask;
    }
  }
  return json::to_text(shown);
}

// The record of a resource as the update found it, for its roll back.
//
// INVARIANT(before-once): `before` has each resource that the update touches, as it was before the
// first touch, and is stored no later than the first record that differs from it (the same batch).
// So roll back restores exactly what was there, however often the process died meanwhile.
void Operation::remember(const std::string& logical_id) {
  const bool undoable = stack_->status == StackStatus::kUpdateInProgress ||
                        stack_->status == StackStatus::kImportInProgress;
  if (!undoable || stack_->before.contains(logical_id)) return;
  const bool existed = is_deployed(*stack_, logical_id);
  stack_->before.emplace(logical_id,
                         existed ? std::optional(stack_->resources.at(logical_id)) : std::nullopt);
}

void Operation::describe(ResourceRecord& record, const Evaluated& evaluated) {
  const ResourceDeclaration& declared = *resolution_->source().find_resource(record.logical_id);
  record.type = declared.type;
  record.metadata = evaluated.metadata;
  record.shown = evaluated.shown;
  record.depends_on = resolution_->dependencies().at(record.logical_id);
  record.deletion_policy = declared.deletion_policy;
  record.update_replace_policy = declared.update_replace_policy;
}

Task<bool> Operation::apply(std::string logical_id) {
  const bool exists = is_deployed(*stack_, logical_id);
  std::exception_ptr failure;
  try {
    co_await apply_declared(logical_id);
  } catch (const boost::system::system_error&) {
    throw;  // the process is stopping: the stack stays as it is stored
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return true;
  // It may have failed before it had a record: its event needs one, and roll back has to know of
  // it.
  remember(logical_id);
  ResourceRecord& record = stack_->resources[logical_id];
  record.logical_id = logical_id;
  if (record.type.empty()) record.type = resolution_->source().find_resource(logical_id)->type;
  const std::string reason = explain(failure, record, exists ? "update" : "create");
  (exists ? failed_updates_ : failed_creates_).push_back(logical_id);
  workshop_.journal.resource(*stack_, record,
                             exists ? ResourceStatus::kUpdateFailed : ResourceStatus::kCreateFailed,
                             reason);
  // With DO_NOTHING AWS goes on with what does not need it ("preserve successfully provisioned
  // resources", User Guide, "Stack failure options"); else nothing more is begun.
  if (stack_->on_failure != OnFailure::kDoNothing) cancelled_ = true;
  co_return false;
}

// Whether this operation is through with the resource, in an earlier process.
bool Operation::is_done(std::string_view logical_id) const {
  if (!resumed_) return false;
  const auto found = stack_->resources.find(logical_id);
  if (found == stack_->resources.end()) return false;
  const ResourceStatus status = found->second.status;
  if (status == ResourceStatus::kCreateComplete &&
      stack_->status == StackStatus::kCreateInProgress) {
    return true;
  }
  // Only what this update has touched is in `before` (before-once).
  return (status == ResourceStatus::kCreateComplete || status == ResourceStatus::kUpdateComplete) &&
         stack_->before.contains(logical_id);
}

// The plan says what becomes of each resource; where it had to leave that open, the values that are
// known by now decide.
Task<void> Operation::apply_declared(std::string logical_id) {
  if (is_done(logical_id)) co_return;
  const ResourceDeclaration& declared = *resolution_->source().find_resource(logical_id);
  const PlannedChange* change = stack_->plan.find(logical_id);
  if (change == nullptr) {
    keep_dependencies(stack_->resources.at(logical_id));
    co_return;
  }
  const ResourceType& type = *workshop_.types.find(declared.type);
  Evaluated evaluated = evaluate(declared, type);
  if (change->action == PlannedChange::Action::kAdd) {
    co_await create_resource(logical_id, std::move(evaluated));
    co_return;
  }
  ResourceRecord& record = stack_->resources.at(logical_id);
  Step step = cloudformation::settle(*change, type.shape, record.properties, evaluated.properties);
  // What a failed update tried may be half of what is there.
  if (step == Step::kRest && record.attempted) step = Step::kUpdate;
  if (step != Step::kRest) {
    check_policy(record, step == Step::kReplace ? UpdateAction::kReplace : UpdateAction::kModify);
  }
  switch (step) {
    case Step::kReplace:
      co_await replace_resource(logical_id, std::move(evaluated));
      break;
    case Step::kUpdate:
      co_await update_resource(logical_id, std::move(evaluated));
      break;
    case Step::kRest:
      keep_rest(record, std::move(evaluated));
      break;
  }
}

// DependsOn is no change that a change set shows, yet the order of deletions goes by it.
void Operation::keep_dependencies(ResourceRecord& record) {
  const std::set<std::string>& now = resolution_->dependencies().at(record.logical_id);
  if (record.depends_on == now) return;
  remember(record.logical_id);
  record.depends_on = now;
  workshop_.journal.resource(*stack_, record, ResourceStatus::kUpdateComplete);
}

void Operation::keep_rest(ResourceRecord& record, Evaluated evaluated) {
  const ResourceRecord old = record;
  ResourceRecord now = record;
  describe(now, evaluated);
  if (now.metadata != old.metadata || now.deletion_policy != old.deletion_policy ||
      now.update_replace_policy != old.update_replace_policy || now.depends_on != old.depends_on) {
    remember(record.logical_id);
    record = std::move(now);
    workshop_.journal.resource(*stack_, record, ResourceStatus::kUpdateComplete);
  }
}

Task<void> Operation::create_resource(std::string logical_id, Evaluated evaluated) {
  remember(logical_id);
  ResourceRecord& record = stack_->resources[logical_id];
  // What an earlier failure left goes first: it may bear the name.
  const bool left = !record.physical_id.empty() || record.uncertain;
  const bool interrupted = resumed_ && record.status == ResourceStatus::kCreateInProgress;
  bool gone = true;
  const bool goes_on =
      interrupted && workshop_.types.find(record.type)->handler->creation_goes_on();
  const std::string kept_id = goes_on ? record.physical_id : "";
  if (goes_on) {
    // Whatever was begun is not begun anew.
  } else if (left && interrupted) {
    gone = co_await delete_half_made(&record);
  } else if (left) {
    gone = co_await delete_physical(&record, true);
  }
  if (!gone) {
    throw PropertyError("The resource of an earlier failed creation could not be deleted.");
  }
  record = ResourceRecord();
  record.logical_id = logical_id;
  record.properties = evaluated.properties;
  record.physical_id = kept_id;
  record.uncertain = !kept_id.empty();
  describe(record, evaluated);
  workshop_.journal.resource(*stack_, record, ResourceStatus::kCreateInProgress);
  // The handler calls it before the call that makes the resource, as far as it can name it, and
  // once more when it has been made. An intent has no event: AWS's "Initiated" means that it
  // exists.
  using Certainty = HandlerContext::Certainty;
  const HandlerContext::Claim store = [this, &record](const Physical& physical,
                                                      Certainty certainty) {
    record.physical_id = physical.id;
    record.attributes = physical.attributes;
    record.uncertain = certainty == Certainty::kIntended;
    if (record.uncertain) {
      workshop_.stacks.save_resource(*stack_, record.logical_id);
      return;
    }
    workshop_.journal.resource(*stack_, record, ResourceStatus::kCreateInProgress,
                               "Resource creation Initiated");
  };
  const std::function<void()> forget = [&record] {
    if (!record.uncertain) return;
    record.physical_id.clear();
    record.attributes.clear();
    record.uncertain = false;
  };
  Physical made = co_await make(&record, std::move(evaluated.properties), store, forget);
  if (record.physical_id.empty() || record.uncertain) store(made, Certainty::kMade);
  record.physical_id = std::move(made.id);
  record.attributes = std::move(made.attributes);
  learn_secrets(record);
  workshop_.journal.resource(*stack_, record, ResourceStatus::kCreateComplete);
}

void Operation::learn_secrets(const ResourceRecord& record) {
  if (record.has_secret_attributes()) secrets_ = secrets_of(*stack_);
}

// A custom resource whose function gave another id than before is another one (User Guide, "Custom
// resource response objects"): the old one stands until the operation is over.
void Operation::keep_replaced(ResourceRecord& record, const Physical& updated) {
  const bool replaced = workshop_.types.find(record.type)->handler->update_may_replace() &&
                        updated.id != record.physical_id;
  if (!replaced) return;
  workshop_.journal.resource(
      *stack_, record, ResourceStatus::kUpdateInProgress,
      "Requested update required the provider to create a new physical resource");
  ResourceRecord old = record;
  old.attempted.reset();
  old.deletion_policy = old.update_replace_policy;
  stack_->garbage.push_back(std::move(old));
}

// store keeps what the handler intends and claims; forget lets go of an intent of which every call
// was refused, since what bears the name then is not ours.
Task<Physical> Operation::make(ResourceRecord* record, json::object properties,
                               HandlerContext::Claim store, std::function<void()> forget) {
  const ResourceType& type = *workshop_.types.find(record->type);
  co_await require_free_name(&type, properties);
  auto handler_context = context(record->logical_id, std::move(store));
  Physical made;
  std::exception_ptr failure;
  try {
    made = co_await type.handler->create(*handler_context, std::move(properties));
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return made;
  if (!handler_context->changed()) forget();
  std::rethrow_exception(failure);
}

Task<void> Operation::update_resource(std::string logical_id, Evaluated evaluated) {
  remember(logical_id);
  ResourceRecord& record = stack_->resources.at(logical_id);
  // After a failed update the resource may be as that one wanted it. Where this one was interrupted
  // it is somewhere between what it was and what it is to be: it is changed again from what it was.
  const std::optional<json::object> left = record.attempted;
  const ResourceRecord& was = *stack_->before.at(logical_id);
  json::object before = was.attempted ? *was.attempted : was.properties;
  // Stored before the first call: should the process die in the middle, roll back knows both what
  // the resource was and what it may have become.
  record.attempted = evaluated.properties;
  record.shown = evaluated.shown;
  workshop_.journal.resource(*stack_, record, ResourceStatus::kUpdateInProgress);
  const ResourceType& type = *workshop_.types.find(record.type);
  auto handler_context = context(logical_id, no_claim);
  Physical physical{record.physical_id, record.attributes};
  Physical updated;
  std::exception_ptr failure;
  try {
    updated = co_await type.handler->update(*handler_context, std::move(physical),
                                            std::move(before), evaluated.properties);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    // Refused before anything was changed: there is nothing to undo.
    if (!handler_context->changed()) record.attempted = left;
    std::rethrow_exception(failure);
  }
  keep_replaced(record, updated);
  record.physical_id = std::move(updated.id);
  record.attributes = std::move(updated.attributes);
  learn_secrets(record);
  record.properties = evaluated.properties;
  record.attempted.reset();
  describe(record, evaluated);
  workshop_.journal.resource(*stack_, record, ResourceStatus::kUpdateComplete);
}

// It is nobody's yet, so that no policy keeps it, nor a protection that came with it.
Task<bool> Operation::delete_half_made(ResourceRecord* record) {
  const ResourceType& type = *workshop_.types.find(record->type);
  json::object open = record->properties;
  record->deletion_policy = DeletionPolicy::kDelete;
  if (lift_protection(open) && !record->physical_id.empty() && !record->uncertain) {
    try {
      auto handler_context = context(record->logical_id, no_claim);
      Physical physical{record->physical_id, record->attributes};
      json::object before = record->properties;
      co_await type.handler->update(*handler_context, std::move(physical), std::move(before), open);
      record->properties = open;
    } catch (const aws::ApiError& error) {
      log::info("cloudformation: the protection of {} stays: {}", record->logical_id,
                error.message());
    } catch (const HandlerError& error) {
      log::info("cloudformation: the protection of {} stays: {}", record->logical_id,
                error.message);
    }
  }
  co_return co_await delete_physical(record, true);
}

// What an interrupted replacement has made: it may bear the name of what is to be made now.
Task<void> Operation::discard_unfinished(std::string logical_id) {
  const auto is_unfinished = [&logical_id](const ResourceRecord& one) {
    return one.logical_id == logical_id && one.deletion_policy == DeletionPolicy::kDelete;
  };
  std::vector<ResourceRecord> unfinished;
  std::ranges::copy_if(stack_->garbage, std::back_inserter(unfinished), is_unfinished);
  for (ResourceRecord& record : unfinished) {
    if (!co_await delete_half_made(&record)) {
      throw PropertyError("The resource of an interrupted replacement could not be deleted.");
    }
  }
  std::erase_if(stack_->garbage, is_unfinished);
}

// INVARIANT(old-stands-until-new): a resource that is replaced stays what the stack has until the
// new one is complete, and is deleted only after the update is committed. Until then the new one is
// garbage that roll back would delete; whatever the process dies of, exactly one of them is the
// stack's, and both are in its records.
Task<void> Operation::replace_resource(std::string logical_id, Evaluated evaluated) {
  remember(logical_id);
  ResourceRecord& record = stack_->resources.at(logical_id);
  const ResourceType& type = *workshop_.types.find(record.type);
  const auto name = type.name_property.empty()
                        ? std::nullopt
                        : json::find_string(evaluated.properties, type.name_property);
  // Both would have to have it at once.
  if (name && json::find_string(record.properties, type.name_property) == name) {
    throw PropertyError(
        fmt::format("CloudFormation cannot update a stack when a custom-named resource requires "
                    "replacing. Rename {} and update the stack again.",
                    *name));
  }
  if (resumed_) co_await discard_unfinished(logical_id);
  workshop_.journal.resource(*stack_, record, ResourceStatus::kUpdateInProgress,
                             "Requested update requires the creation of a new physical resource; "
                             "hence creating one.");
  ResourceRecord next;
  next.logical_id = logical_id;
  next.properties = evaluated.properties;
  describe(next, evaluated);
  const DeletionPolicy own_policy = next.deletion_policy;
  const std::function<void()> drop_intent = [this, &logical_id] {
    std::erase_if(stack_->garbage, [&](const ResourceRecord& one) {
      return one.logical_id == logical_id && one.uncertain;
    });
  };
  // Until the new one is complete it is garbage, and the old one is the resource.
  using Certainty = HandlerContext::Certainty;
  const HandlerContext::Claim store = [this, &next, &drop_intent](const Physical& physical,
                                                                  Certainty certainty) {
    next.physical_id = physical.id;
    next.attributes = physical.attributes;
    next.uncertain = certainty == Certainty::kIntended;
    next.deletion_policy = DeletionPolicy::kDelete;
    drop_intent();
    stack_->garbage.push_back(next);
    if (next.uncertain) {
      workshop_.stacks.save(*stack_);
      return;
    }
    workshop_.journal.resource(*stack_, next, ResourceStatus::kUpdateInProgress,
                               "Resource creation Initiated");
  };
  Physical made = co_await make(&next, std::move(evaluated.properties), store, drop_intent);
  std::erase_if(stack_->garbage, [&](const ResourceRecord& one) {
    return one.logical_id == logical_id && one.physical_id == next.physical_id;
  });
  next.uncertain = false;
  next.physical_id = std::move(made.id);
  next.attributes = std::move(made.attributes);
  next.deletion_policy = own_policy;
  ResourceRecord old = std::move(record);
  // What becomes of the old one is UpdateReplacePolicy's to say, not DeletionPolicy's (User Guide).
  old.deletion_policy = old.update_replace_policy;
  stack_->garbage.push_back(std::move(old));
  record = std::move(next);
  workshop_.journal.resource(*stack_, record, ResourceStatus::kUpdateComplete);
}

}  // namespace tandem::cloudformation
