// CreateChangeSet, DescribeChangeSet, ExecuteChangeSet, DeleteChangeSet, ListChangeSets.
#include <fmt/format.h>

#include "aws/arn.h"
#include "core/ids.h"
#include "core/task.h"
#include "services/cloudformation/api/operations.h"
#include "services/cloudformation/api/request.h"
#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {
namespace {

constexpr std::string_view kNoChanges =
    "The submitted information didn't contain changes. Submit different information to create a "
    "change set.";

json::object render(const ChangeDetail& detail) {
  constexpr std::string_view kRecreations[] = {"Never", "Conditionally", "Always"};
  json::object target{
      {"Attribute", detail.attribute},
      {"RequiresRecreation", kRecreations[static_cast<std::size_t>(detail.recreation)]}};
  if (!detail.name.empty()) target["Name"] = detail.name;
  json::object shown{{"Target", std::move(target)},
                     {"Evaluation", detail.dynamic ? "Dynamic" : "Static"},
                     {"ChangeSource", detail.source}};
  if (!detail.cause.empty()) shown["CausingEntity"] = detail.cause;
  return shown;
}

std::string_view replacement_name(PlannedChange::Replacement replacement) {
  switch (replacement) {
    case PlannedChange::Replacement::kYes:
      return "True";
    case PlannedChange::Replacement::kMaybe:
      return "Conditional";
    case PlannedChange::Replacement::kNo:
      break;
  }
  return "False";
}

json::object render(const PlannedChange& change) {
  constexpr std::string_view kActions[] = {"Add", "Modify", "Remove", "Import"};
  json::object shown{{"Action", kActions[static_cast<int>(change.action)]},
                     {"LogicalResourceId", change.logical_id},
                     {"ResourceType", change.type}};
  if (!change.physical_id.empty()) shown["PhysicalResourceId"] = change.physical_id;
  if (!change.policy_action.empty()) shown["PolicyAction"] = change.policy_action;
  json::array scope;
  json::array details;
  for (const ChangeDetail& detail : change.details) {
    const json::value attribute = json::string(detail.attribute);
    if (std::find(scope.begin(), scope.end(), attribute) == scope.end()) {
      scope.push_back(attribute);
    }
    details.push_back(render(detail));
  }
  shown["Scope"] = std::move(scope);
  shown["Details"] = std::move(details);
  if (change.action == PlannedChange::Action::kModify) {
    shown["Replacement"] = replacement_name(change.replacement);
  }
  return {{"Type", "Resource"}, {"ResourceChange", std::move(shown)}};
}

/// An earlier version stored what is shown instead of the plan.
json::array shown_changes(const json::object& change_set) {
  json::array shown;
  if (const auto* document = json::find_object(change_set, "plan")) {
    const Plan plan = plan_from(*document);
    for (const PlannedChange& change : plan.changes) shown.push_back(render(change));
  } else if (const auto* changes = json::find_array(change_set, "changes")) {
    shown = *changes;
  }
  return shown;
}

aws::ApiError stack_name_missing() {
  return validation_error(
      "StackName must be specified if ChangeSetName is not specified as an ARN.");
}

/// OnStackFailure of the change set, or DisableRollback of its execution, but not both.
OnFailure on_failure_of(const json::object& input, const json::object& change_set) {
  const std::string action = json::string_or(change_set, "on_failure");
  const auto disabled = json::find_bool(input, "DisableRollback");
  if (!action.empty() && disabled) {
    throw validation_error(
        "You cannot specify both DisableRollback and OnStackFailure of the change set.");
  }
  if (action == "DELETE") return OnFailure::kDelete;
  const bool stays = action == "DO_NOTHING" || disabled.value_or(false);
  return stays ? OnFailure::kDoNothing : OnFailure::kRollback;
}

std::string refusal_of(const json::object& change_set) {
  return json::string_or(change_set, "refused", kNoChanges);
}

ChangeSetStatus status_of(const json::object& change_set) {
  return json::bool_or(change_set, "changed", false) ? ChangeSetStatus::kCreateComplete
                                                     : ChangeSetStatus::kFailed;
}

/// Clients look at a stack at once, and then, made for AWS's pace, not again for 5 to 30 s (the
/// waiters of botocore's model, `aws cloudformation deploy`). What takes a moment has ended when
/// they look first.
constexpr std::chrono::milliseconds kMoment{2'000};
constexpr std::chrono::milliseconds kLook{20};

/// An executed change set is history: it can still be described, but neither is it listed nor does
/// it keep its name from being used again.
bool is_history(const json::object& change_set) {
  return json::bool_or(change_set, "executed", false);
}

std::string key_of(const StackRecord& stack, std::string_view name) {
  return fmt::format("{}/{}", stack.uuid, name);
}

void check_members_of_type(const json::object& input, std::string_view type) {
  if (type != "IMPORT" && input.contains("ResourcesToImport")) {
    throw validation_error("ResourcesToImport can only be specified when ChangeSetType is IMPORT.");
  }
  // API reference: DELETE "is only valid when the ChangeSetType parameter is set to CREATE".
  if (type != "CREATE" && json::string_or(input, "OnStackFailure") == "DELETE") {
    throw validation_error(
        "OnStackFailure can only be DELETE when the ChangeSetType parameter is set to CREATE.");
  }
}

void check_change_set_type(const std::string& type, const StackRecord* existing,
                           const std::string& stack_name, const std::string& change_set_name) {
  if (type == "CREATE" && existing != nullptr &&
      existing->status != StackStatus::kReviewInProgress) {
    throw validation_error(fmt::format(
        "Stack [{}] already exists and cannot be created again with the changeSet [{}].",
        stack_name, change_set_name));
  }
  if (type == "UPDATE" && existing == nullptr) throw stack_not_found(stack_name);
  if (existing == nullptr) check_new_stack_name(stack_name);
}

}  // namespace

Task<service::Reply> Operations::create_change_set(Context& context, json::object input) {
  const std::string stack_name = json::string_or(input, "StackName");
  const std::string name = json::string_or(input, "ChangeSetName");
  const std::string type = json::string_or(input, "ChangeSetType", "UPDATE");
  check_stack_name(stack_name);
  StackPtr stack = engine_.stacks().find(stack_name);
  if (stack && stack->deleted()) stack = nullptr;
  std::string text = co_await template_text(input, stack, context.caller.arn);
  const std::string role = role_of(
      input, stack && stack->status != StackStatus::kReviewInProgress ? stack.get() : nullptr);
  co_await require_assumable(role);
  stack = engine_.stacks().find(stack_name);  // it may have changed meanwhile
  if (stack && stack->deleted()) stack = nullptr;
  check_change_set_type(type, stack.get(), stack_name, name);
  const bool fresh_import =
      type == "IMPORT" && (!stack || stack->status == StackStatus::kReviewInProgress);
  const bool updates = type == "UPDATE" || (type == "IMPORT" && !fresh_import);
  if (updates) check_updatable(*stack);
  check_members_of_type(input, type);
  if (stack && change_set_stands(*stack, name)) throw change_set_exists(name);
  StackRecord fresh = stack ? StackRecord() : engine_.new_stack(stack_name);
  const StackRecord& target = stack ? *stack : fresh;
  Wanted wanted_stack = wanted(input, std::move(text), target, updates ? stack.get() : nullptr);
  Plan planned = plan(target, wanted_stack.definition, *wanted_stack.resolution);
  std::string refused = planned.empty() ? std::string(kNoChanges) : "";
  if (type == "IMPORT") {
    const Importing imports = importing(input, target, wanted_stack, planned);
    refused = co_await missing_import(imports, &wanted_stack.resolution->source());
    // The world went on while the services were asked.
    const StackPtr now = engine_.stacks().find(stack_name);
    if (!stack && now && !now->deleted()) throw stack_exists(stack_name);
    if (stack && stack->deleted()) throw stack_not_found(stack_name);
    if (stack && change_set_stands(*stack, name)) throw change_set_exists(name);
  }
  if (!stack) {
    fresh.operation = "CreateChangeSet";
    stack = engine_.stacks().add(std::move(fresh));
    engine_.journal().stack(*stack, StackStatus::kReviewInProgress, "User Initiated");
  }
  const std::string id = aws::make_arn(
      "cloudformation", engine_.environment().region, engine_.environment().account(),
      fmt::format("changeSet/{}/{}", name, core::uuid4(engine_.environment().random)));
  json::object document{{"id", id},
                        {"name", name},
                        {"type", type},
                        {"description", json::string_or(input, "Description")},
                        {"created_ms", engine_.environment().clock.now_ms()},
                        {"nested", json::bool_or(input, "IncludeNestedStacks", false)},
                        {"executed", false},
                        {"role_arn", role},
                        {"on_failure", json::string_or(input, "OnStackFailure")},
                        {"changed", refused.empty()},
                        {"refused", refused},
                        {"plan", to_json(planned)},
                        {"definition", to_json(wanted_stack.definition)}};
  engine_.stacks().change_sets().put(key_of(*stack, name), document);
  json::object output{{"Id", id}, {"StackId", stack->id}};
  co_return output;
}

bool Operations::change_set_stands(const StackRecord& stack, std::string_view name) {
  const auto document = engine_.stacks().change_sets().get(key_of(stack, name));
  return document && !is_history(*document);
}

Operations::FoundChangeSet Operations::find_change_set(const json::object& input) {
  const std::string name = json::string_or(input, "ChangeSetName");
  store::Documents& documents = engine_.stacks().change_sets();
  if (name.starts_with("arn:")) {
    for (auto& [key, document] : documents.list()) {
      if (json::string_or(document, "id") != name) continue;
      for (const StackPtr& stack : engine_.stacks().all()) {
        if (key.starts_with(stack->uuid + '/')) return {stack, key, std::move(document)};
      }
    }
    throw change_set_not_found(name);
  }
  const auto stack_name = json::find_string(input, "StackName");
  if (!stack_name) {
    throw stack_name_missing();
  }
  const StackPtr stack = engine_.stacks().find(*stack_name);
  if (!stack) throw stack_not_found(*stack_name);
  const std::string key = key_of(*stack, name);
  auto document = documents.get(key);
  if (!document) throw change_set_not_found(name);
  return {stack, key, std::move(*document)};
}

ExecutionStatus Operations::execution_status(const FoundChangeSet& found) const {
  if (!json::bool_or(found.document, "changed", false)) return ExecutionStatus::kUnavailable;
  const StackRecord& stack = *found.stack;
  if (json::bool_or(found.document, "executed", false)) {
    if (stack.in_progress()) return ExecutionStatus::kExecuteInProgress;
    const bool good = stack.status == StackStatus::kCreateComplete ||
                      stack.status == StackStatus::kUpdateComplete ||
                      stack.status == StackStatus::kImportComplete;
    return good ? ExecutionStatus::kExecuteComplete : ExecutionStatus::kExecuteFailed;
  }
  // The stack has moved on since: what the change set shows is no longer what it would do.
  const std::int64_t created_ms = json::int_or(found.document, "created_ms", 0);
  return stack.updated_ms > created_ms ? ExecutionStatus::kObsolete : ExecutionStatus::kAvailable;
}

json::object Operations::describe_change_set(const json::object& input) {
  FoundChangeSet found = find_change_set(input);
  const json::object& document = found.document;
  const bool changed = json::bool_or(document, "changed", false);
  const Definition definition = definition_from(*json::find_object(document, "definition"));
  json::object output{
      {"ChangeSetName", json::string_or(document, "name")},
      {"ChangeSetId", json::string_or(document, "id")},
      {"StackId", found.stack->id},
      {"StackName", found.stack->name},
      {"CreationTime", static_cast<double>(json::int_or(document, "created_ms", 0)) / 1000.0},
      {"ExecutionStatus", name_of(execution_status(found))},
      {"Status", name_of(status_of(document))},
      {"NotificationARNs", json::array()},
      {"RollbackConfiguration", json::object()},
      {"IncludeNestedStacks", json::bool_or(document, "nested", false)}};
  const std::string description = json::string_or(document, "description");
  if (!description.empty()) output["Description"] = description;
  if (!changed) output["StatusReason"] = refusal_of(document);
  if (!definition.tags.empty()) output["Tags"] = definition.tags;
  const std::string on_failure = json::string_or(document, "on_failure");
  if (!on_failure.empty()) output["OnStackFailure"] = on_failure;
  json::array capabilities;
  for (const std::string& one : definition.capabilities) {
    capabilities.push_back(json::string(one));
  }
  output["Capabilities"] = std::move(capabilities);
  json::array parameters = shown_parameters(definition);
  if (!parameters.empty()) output["Parameters"] = std::move(parameters);
  service::Page page(kPages, input, "Changes");
  std::int64_t number = 0;
  for (const json::value& change : shown_changes(document)) {
    if (!page.add(service::sortable(number++), [&] { return change; })) break;
  }
  for (auto& member : std::move(page).finish()) output[member.key()] = std::move(member.value());
  return output;
}

// The plan that the change set shows. One that an earlier version stored has none: it is computed.
Plan Operations::plan_of(const FoundChangeSet& found, const Definition& definition) const {
  if (const auto* document = json::find_object(found.document, "plan")) return plan_from(*document);
  const Resolution resolution(definition, engine_.pseudo(*found.stack), engine_.types());
  Plan computed = plan(*found.stack, definition, resolution);
  if (const auto* imports = json::find_object(found.document, "imports")) {
    for (PlannedChange& change : computed.changes) {
      const json::value* identifier = imports->if_contains(change.logical_id);
      if (identifier == nullptr) continue;
      change.action = PlannedChange::Action::kImport;
      change.physical_id = json::to_std(*identifier);
    }
  }
  return computed;
}

StackPtr Operations::begin_change_set(Context& context, const json::object& input) {
  FoundChangeSet found = find_change_set(input);
  const std::string name = json::string_or(found.document, "name");
  const ExecutionStatus status = execution_status(found);
  if (status != ExecutionStatus::kAvailable) {
    const bool unavailable = status == ExecutionStatus::kUnavailable;
    throw invalid_change_set_status(
        json::string_or(found.document, "id"),
        unavailable ? name_of(ChangeSetStatus::kFailed) : name_of(status));
  }
  StackRecord& stack = *found.stack;
  const std::string type = json::string_or(found.document, "type");
  const bool creates = type == "CREATE";
  if (creates && stack.status != StackStatus::kReviewInProgress) {
    throw wrong_state(stack.id, name_of(stack.status), "created");
  }
  const bool fresh_import = type == "IMPORT" && stack.status == StackStatus::kReviewInProgress;
  if (!creates && !fresh_import) check_updatable(stack);
  Definition definition = definition_from(*json::find_object(found.document, "definition"));
  Plan planned = plan_of(found, definition);
  if (type == "IMPORT") check_free(planned.imports(), parse_template(definition.template_body));
  stack.on_failure = on_failure_of(input, found.document);
  stack.token = json::string_or(input, "ClientRequestToken");
  stack.operation = creates ? "CreateStack" : "UpdateStack";
  act_for(context, json::string_or(found.document, "role_arn", stack.role_arn), stack);
  stack.update_policy = stack.policy;
  stack.change_set_id = json::string_or(found.document, "id");
  found.document["executed"] = true;
  engine_.stacks().change_sets().put(found.key, found.document);
  erase_change_sets(stack, found.key);
  if (creates) {
    stack.description = parse_template(definition.template_body).description;
    stack.definition = std::move(definition);
    // A stack that a change set makes shows an update at once.
    stack.updated_ms = engine_.environment().clock.now_ms();
    engine_.begin_create(found.stack, std::move(planned));
  } else if (type == "IMPORT") {
    engine_.begin_import(found.stack, std::move(definition), std::move(planned));
  } else {
    engine_.begin_update(found.stack, std::move(definition), std::move(planned));
  }
  return found.stack;
}

Task<service::Reply> Operations::execute_change_set(Context& context, json::object input) {
  co_await require_assumable(json::string_or(find_change_set(input).document, "role_arn"));
  const std::string id = begin_change_set(context, input)->id;
  const auto until = core::TimerClock::now() + kMoment;
  while (core::TimerClock::now() < until) {
    const StackPtr stack = engine_.stacks().find(id);
    if (!stack || !stack->in_progress()) break;
    co_await core::sleep_for(kLook);
  }
  co_return json::object{};
}

void Operations::erase_change_sets(const StackRecord& stack, std::string_view except) {
  store::Documents& documents = engine_.stacks().change_sets();
  for (const auto& [key, document] : documents.list(stack.uuid + '/')) {
    if (key != except) documents.erase(key);
  }
}

json::object Operations::delete_change_set(const json::object& input) {
  const std::string name = json::string_or(input, "ChangeSetName");
  if (!name.starts_with("arn:")) {
    if (!input.contains("StackName")) throw stack_name_missing();
    const std::string stack_name = json::string_or(input, "StackName");
    const StackPtr stack = engine_.stacks().find(stack_name);
    if (!stack) throw stack_not_found(stack_name);
    // One that is not there is deleted: clients clean up before they create.
    engine_.stacks().change_sets().erase(key_of(*stack, name));
    return {};
  }
  try {
    const FoundChangeSet found = find_change_set(input);
    engine_.stacks().change_sets().erase(found.key);
  } catch (const aws::ApiError&) {
    // As above.
  }
  return {};
}

json::object Operations::list_change_sets(const json::object& input) {
  const std::string stack_name = json::string_or(input, "StackName");
  const StackPtr stack = engine_.stacks().find(stack_name);
  if (!stack) throw stack_not_found(stack_name);
  service::Page page(kPages, input, "Summaries");
  for (auto& [key, document] : engine_.stacks().change_sets().list(stack->uuid + '/')) {
    if (is_history(document)) continue;
    const FoundChangeSet found{stack, key, document};
    const bool changed = json::bool_or(document, "changed", false);
    json::object summary{
        {"StackId", stack->id},
        {"StackName", stack->name},
        {"ChangeSetId", json::string_or(document, "id")},
        {"ChangeSetName", json::string_or(document, "name")},
        {"ExecutionStatus", name_of(execution_status(found))},
        {"Status", name_of(status_of(document))},
        {"CreationTime", static_cast<double>(json::int_or(document, "created_ms", 0)) / 1000.0},
        {"IncludeNestedStacks", json::bool_or(document, "nested", false)}};
    const std::string description = json::string_or(document, "description");
    if (!description.empty()) summary["Description"] = description;
    if (!changed) summary["StatusReason"] = refusal_of(document);
    if (!page.add(key, [&] { return std::move(summary); })) break;
  }
  return std::move(page).finish();
}

}  // namespace tandem::cloudformation
