// CreateStack, UpdateStack, DeleteStack, UpdateTerminationProtection.
#include <algorithm>
#include <fmt/format.h>

#include "core/text.h"
#include "services/cloudformation/api/operations.h"
#include "services/cloudformation/api/request.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/model/template_text.h"

namespace tandem::cloudformation {
namespace {

constexpr std::size_t kMostStacks = 2000;

OnFailure on_failure(const json::object& input) {
  const auto disable = json::find_bool(input, "DisableRollback");
  const auto action = json::find_string(input, "OnFailure");
  if (disable && action) {
    throw validation_error("Only one of OnFailure and DisableRollback may be specified.");
  }
  if (action == "DELETE") return OnFailure::kDelete;
  if (action == "DO_NOTHING" || disable.value_or(false)) return OnFailure::kDoNothing;
  return OnFailure::kRollback;
}

void check_types_unchanged(const StackRecord& stack, const Template& source) {
  std::vector<std::string> changed;
  for (const ResourceDeclaration& resource : source.resources) {
    const auto record = stack.resources.find(resource.logical_id);
    if (record != stack.resources.end() && !record->second.physical_id.empty() &&
        record->second.type != resource.type) {
      changed.push_back(resource.logical_id);
    }
  }
  if (!changed.empty()) {
    throw validation_error(
        fmt::format("Update of resource type is not permitted. The new template "
                    "modifies resource type of the following resources: {}",
                    bracketed(changed)));
  }
}

}  // namespace

Task<std::string> Operations::template_text(json::object input, StackPtr previous,
                                            std::string caller) {
  const auto body = json::find_string(input, "TemplateBody");
  const auto url = json::find_string(input, "TemplateURL");
  const bool use_previous = json::bool_or(input, "UsePreviousTemplate", false);
  if (int{body.has_value()} + int{url.has_value()} + int{use_previous} != 1) {
    throw validation_error("Either Template URL or Template Body must be specified.");
  }
  if (use_previous) co_return previous ? previous->definition.template_body : std::string();
  if (body) {
    if (body->size() > kInlineTemplateBytes) {
      throw validation_error(fmt::format(
          "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
          "Member must have length less than or equal to {}",
          kInlineTemplateBytes));
    }
    co_return *body;
  }
  Task<std::string> reading = text_at(*url, std::move(caller));
  co_return co_await std::move(reading);
}

Task<std::string> Operations::text_at(std::string url, std::string caller) {
  const TemplateObject object = template_object(url);
  aws::ApiCall call;
  call.region = engine_.environment().region;
  call.service = "s3";
  call.operation = "GetObject";
  call.input["Bucket"] = object.bucket;
  call.input["Key"] = object.key;
  call.caller = std::move(caller);
  aws::ApiResult result;
  std::string refused;
  try {
    result = co_await api_.call(std::move(call));
  } catch (const aws::ApiError& error) {
    refused = error.code() == "NoSuchKey" || error.status() == 404 ? error.message()
                                                                   : std::string("Access Denied");
  }
  if (!refused.empty()) {
    throw validation_error(
        fmt::format("S3 error: {}\nFor more information check "
                    "http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
                    refused));
  }
  if (result.payload.size() > kStoredTemplateBytes) {
    throw validation_error(
        fmt::format("Template may not exceed {} bytes in size.", kStoredTemplateBytes));
  }
  co_return std::move(result.payload);
}

Operations::Wanted Operations::wanted(const json::object& input, std::string text,
                                      const StackRecord& stack, const StackRecord* deployed) const {
  refuse_notifications(input);
  Wanted result;
  Definition& definition = result.definition;
  definition.template_body = std::move(text);
  definition.capabilities = string_list(input, "Capabilities");
  const auto tags = given_tags(input);
  if (tags) {
    definition.tags = *tags;
  } else if (deployed != nullptr) {
    definition.tags = deployed->definition.tags;
  }
  const Template source = parse_template(definition.template_body);
  check_references(source, engine_.types());
  check_supported(source, engine_.types());
  definition.parameters =
      resolve_parameters(source, given_parameters(input),
                         deployed == nullptr ? nullptr : &deployed->definition.parameters);
  for (const ParameterDeclaration& parameter : source.parameters) {
    if (parameter.no_echo) definition.no_echo.insert(parameter.name);
  }
  check_capabilities(source, definition.capabilities);
  result.resolution =
      std::make_unique<Resolution>(definition, engine_.pseudo(stack), engine_.types());
  if (deployed != nullptr) check_types_unchanged(*deployed, source);
  // Imports fail the operation, not the request.
  rehearse(*result.resolution, stack, [](std::string_view) {
    return Export{std::string(kUnknown), "", ""};
  });
  return result;
}

Plan Operations::plan(const StackRecord& stack, const Definition& definition,
                      const Resolution& resolution) const {
  std::unique_ptr<Template> old;
  if (!stack.resources.empty()) {
    old = std::make_unique<Template>(parse_template(stack.definition.template_body));
  }
  const FindExport find_export = [this](std::string_view name) {
    const auto found = engine_.find_export(name);
    return found ? found : Export{std::string(kUnknown), "", ""};
  };
  return plan_changes(stack, old.get(), definition, resolution, engine_.types(), find_export);
}

void Operations::check_updatable(const StackRecord& stack) const {
  // The failed ones kept what was provisioned and go on from there (User Guide, "Stack failure
  // options").
  constexpr StackStatus kUpdatable[] = {
      StackStatus::kCreateComplete,         StackStatus::kUpdateComplete,
      StackStatus::kUpdateRollbackComplete, StackStatus::kCreateFailed,
      StackStatus::kUpdateFailed,           StackStatus::kImportComplete,
      StackStatus::kImportRollbackComplete};
  if (std::find(std::begin(kUpdatable), std::end(kUpdatable), stack.status) ==
      std::end(kUpdatable)) {
    throw wrong_state(stack.id, name_of(stack.status), "updated");
  }
}

Task<service::Reply> Operations::create_stack(Context& context, json::object input) {
  const std::string name = json::string_or(input, "StackName");
  check_new_stack_name(name);
  const std::string token = json::string_or(input, "ClientRequestToken");
  std::string text = co_await template_text(input, nullptr, context.caller.arn);
  const std::string role = role_of(input, nullptr);
  co_await require_assumable(role);
  const Policies given = co_await policies(input, context.caller.arn);
  if (const StackPtr existing = engine_.stacks().find(name)) {
    // The same token again is the same request again.
    const bool again = !token.empty() && existing->token == token;
    if (!again) throw stack_exists(name);
    if (existing->operation != "CreateStack") throw token_exists(token);
    json::object output{{"StackId", existing->id}};
    co_return output;
  }
  if (engine_.stacks().live() >= kMostStacks) {
    throw limit_exceeded(fmt::format("Limit for stack has been exceeded: {}", kMostStacks));
  }
  StackRecord stack = engine_.new_stack(name);
  Wanted wanted_stack = wanted(input, std::move(text), stack, nullptr);
  check_policies(given, wanted_stack.resolution->source());
  Plan planned = plan(stack, wanted_stack.definition, *wanted_stack.resolution);
  stack.definition = std::move(wanted_stack.definition);
  stack.policy = given.own.value_or("");
  stack.description = wanted_stack.resolution->source().description;
  stack.on_failure = on_failure(input);
  stack.timeout_minutes = json::int_or(input, "TimeoutInMinutes", 0);
  stack.termination_protection = json::bool_or(input, "EnableTerminationProtection", false);
  stack.token = token;
  stack.operation = "CreateStack";
  act_for(context, role, stack);
  const StackPtr added = engine_.stacks().add(std::move(stack));
  engine_.begin_create(added, std::move(planned));
  json::object output{{"StackId", added->id}};
  co_return output;
}

Task<service::Reply> Operations::update_stack(Context& context, json::object input) {
  StackPtr stack = find_changed(input);
  std::string text = co_await template_text(input, stack, context.caller.arn);
  const std::string role = role_of(input, stack.get());
  co_await require_assumable(role);
  const Policies given = co_await policies(input, context.caller.arn);
  stack = find_changed(input);  // it may have changed meanwhile
  json::object output{{"StackId", stack->id}};
  if (is_repeated(input, *stack, "UpdateStack")) co_return output;
  check_updatable(*stack);
  Wanted wanted_stack = wanted(input, std::move(text), *stack, stack.get());
  check_policies(given, wanted_stack.resolution->source());
  // After a failed update the records say what is missing, even when the definition is the same.
  const bool failed =
      stack->status == StackStatus::kCreateFailed || stack->status == StackStatus::kUpdateFailed;
  Plan planned = plan(*stack, wanted_stack.definition, *wanted_stack.resolution);
  if (planned.empty() && !failed) {
    throw validation_error("No updates are to be performed.");
  }
  stack->on_failure =
      json::bool_or(input, "DisableRollback", false) ? OnFailure::kDoNothing : OnFailure::kRollback;
  stack->token = json::string_or(input, "ClientRequestToken");
  stack->operation = "UpdateStack";
  act_for(context, role, *stack);
  // This update goes by what stood before it; what it sets is for those that follow.
  stack->update_policy = given.during_update.value_or(stack->policy);
  if (given.own) stack->policy = *given.own;
  engine_.begin_update(stack, std::move(wanted_stack.definition), std::move(planned));
  co_return output;
}

Task<service::Reply> Operations::delete_stack(Context& context, json::object input) {
  const std::string name = json::string_or(input, "StackName");
  check_stack_name(name);
  StackPtr stack = engine_.stacks().find(name);
  const auto is_gone = [](const StackPtr& one) {
    return !one || one->deleted() || one->status == StackStatus::kDeleteInProgress;
  };
  // A stack that is not there, or no longer, is deleted.
  if (is_gone(stack)) co_return json::object{};
  const std::string role = role_of(input, stack.get());
  co_await require_assumable(role);
  stack = engine_.stacks().find(name);  // it may have changed meanwhile
  if (is_gone(stack)) co_return json::object{};
  const std::set<std::string> retain = check_deletable(input, *stack);
  stack->token = json::string_or(input, "ClientRequestToken");
  stack->operation = "DeleteStack";
  act_for(context, role, *stack);
  erase_change_sets(*stack, "");
  engine_.begin_delete(stack, retain);
  co_return json::object{};
}

std::set<std::string> Operations::check_deletable(const json::object& input,
                                                  const StackRecord& stack) const {
  if (stack.termination_protection) {
    throw validation_error(fmt::format(
        "Stack [{}] cannot be deleted while TerminationProtection is enabled", stack.name));
  }
  const std::vector<std::string> retain = string_list(input, "RetainResources");
  if (!retain.empty() && stack.status != StackStatus::kDeleteFailed) {
    throw validation_error(fmt::format(
        "Invalid operation on stack [{}]. When you delete a stack, specify which resources to "
        "retain only when the stack is in the DELETE_FAILED state.",
        stack.id));
  }
  for (const std::string& id : retain) {
    if (!stack.resources.contains(id)) {
      throw validation_error(
          fmt::format("Resource {} does not exist for stack {}", id, stack.name));
    }
  }
  for (const OutputRecord& output : stack.outputs) {
    if (output.export_name.empty()) continue;
    const auto users = engine_.importers(output.export_name, stack);
    if (!users.empty()) {
      throw validation_error(fmt::format("Export {} cannot be deleted as it is in use by {}",
                                         output.export_name, core::join(users, ", ")));
    }
  }
  if (stack.in_progress() && stack.status != StackStatus::kCreateInProgress) {
    throw wrong_state(stack.id, name_of(stack.status), "deleted");
  }
  return {retain.begin(), retain.end()};
}

json::object Operations::update_termination_protection(const json::object& input) {
  const StackPtr stack = find_changed(input);
  StackRecord wanted = *stack;  // the store first
  wanted.termination_protection = json::bool_or(input, "EnableTerminationProtection", false);
  engine_.stacks().save(wanted);
  stack->termination_protection = wanted.termination_protection;
  return {{"StackId", stack->id}};
}

}  // namespace tandem::cloudformation
