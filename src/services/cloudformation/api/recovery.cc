// CancelUpdateStack, ContinueUpdateRollback, RollbackStack, SetStackPolicy, GetStackPolicy.
#include <fmt/format.h>

#include "services/cloudformation/api/operations.h"
#include "services/cloudformation/api/request.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/model/stack_policy.h"

namespace tandem::cloudformation {
namespace {

/// Only what could not be rolled back may be skipped (API reference, ContinueUpdateRollback,
/// ResourcesToSkip).
std::set<std::string> resources_to_skip(const json::object& input, const StackRecord& stack) {
  std::set<std::string> skipped;
  std::vector<std::string> others;
  for (const std::string& id : string_list(input, "ResourcesToSkip")) {
    const auto resource = stack.resources.find(id);
    const bool failed = resource != stack.resources.end() && stack.before.contains(id) &&
                        resource->second.status == ResourceStatus::kUpdateFailed;
    if (failed) {
      skipped.insert(id);
    } else {
      others.push_back(id);
    }
  }
  if (!others.empty()) {
    throw validation_error(fmt::format(
        "ResourcesToSkip may only specify resources that are in the UPDATE_FAILED state "
        "because a rollback failed. These are not: {}",
        bracketed(others)));
  }
  return skipped;
}

void check_policy_for(std::string_view text, const Template& source) {
  for (const std::string& name : StackPolicy::parse(text).named_resources()) {
    if (source.find_resource(name) != nullptr) continue;
    throw validation_error(
        fmt::format("Error validating stack policy: Unknown logical id 'LogicalResourceId/{}' in "
                    "statement {{}} - stack policies can only be applied to logical ids referenced "
                    "in the template",
                    name));
  }
}

}  // namespace

StackPtr Operations::find_changed(const json::object& input) const {
  const std::string name = json::string_or(input, "StackName");
  check_stack_name(name);
  StackPtr stack = engine_.stacks().find(name);
  if (!stack || stack->deleted()) throw stack_not_found(name);
  return stack;
}

bool Operations::is_repeated(const json::object& input, const StackRecord& stack,
                             std::string_view operation) {
  const std::string token = json::string_or(input, "ClientRequestToken");
  if (token.empty() || stack.token != token) return false;
  // The same token again is the same request again.
  if (stack.operation != operation) throw token_exists(token);
  return true;
}

json::object Operations::cancel_update_stack(const json::object& input) {
  const StackPtr stack = find_changed(input);
  if (is_repeated(input, *stack, "CancelUpdateStack") || stack->cancel_requested) return {};
  if (stack->status != StackStatus::kUpdateInProgress) {
    throw validation_error("CancelUpdateStack cannot be called from current stack status");
  }
  if (const auto token = json::find_string(input, "ClientRequestToken")) {
    // The events that follow bear it (API reference, ClientRequestToken).
    StackRecord wanted = *stack;  // the store first
    wanted.token = *token;
    wanted.operation = "CancelUpdateStack";
    engine_.stacks().save(wanted);
    stack->token = wanted.token;
    stack->operation = wanted.operation;
  }
  engine_.cancel_update(stack);
  return {};
}

Task<service::Reply> Operations::continue_update_rollback(Context& context, json::object input) {
  StackPtr stack = find_changed(input);
  const std::string role = role_of(input, stack.get());
  co_await require_assumable(role);
  stack = find_changed(input);  // it may have changed meanwhile
  if (is_repeated(input, *stack, "ContinueUpdateRollback")) co_return json::object{};
  if (stack->status != StackStatus::kUpdateRollbackFailed) {
    throw wrong_state(stack->id, name_of(stack->status), "continued to roll back");
  }
  std::set<std::string> skipped = resources_to_skip(input, *stack);
  act_for(context, role, *stack);
  stack->token = json::string_or(input, "ClientRequestToken");
  stack->operation = "ContinueUpdateRollback";
  engine_.begin_rollback(stack, std::move(skipped));
  co_return json::object{};
}

Task<service::Reply> Operations::rollback_stack(Context& context, json::object input) {
  StackPtr stack = find_changed(input);
  const std::string role = role_of(input, stack.get());
  co_await require_assumable(role);
  stack = find_changed(input);
  json::object output{{"StackId", stack->id}};
  if (is_repeated(input, *stack, "RollbackStack")) co_return output;
  const bool failed_update = stack->status == StackStatus::kUpdateFailed;
  if (!failed_update && stack->status != StackStatus::kCreateFailed) {
    throw wrong_state(stack->id, name_of(stack->status), "rolled back");
  }
  if (failed_update && !stack->previous) {
    throw validation_error(fmt::format(
        "Stack:{} cannot be rolled back: it was updated after it had failed, and Tandem "
        "keeps no older state. Update it to what it is to be.",
        stack->id));
  }
  act_for(context, role, *stack);
  stack->token = json::string_or(input, "ClientRequestToken");
  stack->operation = "RollbackStack";
  engine_.begin_rollback(stack, {});
  co_return output;
}

Task<std::optional<std::string>> Operations::policy_text(json::object input, std::string member,
                                                         std::string caller) {
  auto body = json::find_string(input, member + "Body");
  const auto url = json::find_string(input, member + "URL");
  if (body && url) {
    throw validation_error(fmt::format("You cannot specify both {0}URL and {0}Body", member));
  }
  if (url) {
    Task<std::string> reading = text_at(*url, std::move(caller));
    body = co_await std::move(reading);
  }
  co_return body;
}

Task<Operations::Policies> Operations::policies(json::object input, std::string caller) {
  Policies given;
  Task<std::optional<std::string>> own = policy_text(input, "StackPolicy", caller);
  given.own = co_await std::move(own);
  Task<std::optional<std::string>> update =
      policy_text(input, "StackPolicyDuringUpdate", std::move(caller));
  given.during_update = co_await std::move(update);
  co_return given;
}

void Operations::check_policies(const Policies& given, const Template& source) {
  if (given.own) check_policy_for(*given.own, source);
  if (given.during_update) check_policy_for(*given.during_update, source);
}

Task<service::Reply> Operations::set_stack_policy(Context& context, json::object input) {
  find_changed(input);
  Task<std::optional<std::string>> reading = policy_text(input, "StackPolicy", context.caller.arn);
  const std::optional<std::string> policy = co_await std::move(reading);
  if (!policy) {
    throw validation_error("Either StackPolicyBody or StackPolicyURL must be specified.");
  }
  const StackPtr stack = find_changed(input);
  check_policy_for(*policy, parse_template(stack->definition.template_body));
  StackRecord wanted = *stack;  // the store first
  wanted.policy = *policy;
  engine_.stacks().save(wanted);
  stack->policy = *policy;
  co_return json::object{};
}

json::object Operations::get_stack_policy(const json::object& input) {
  const StackPtr stack = find_changed(input);
  json::object output;
  if (!stack->policy.empty()) output["StackPolicyBody"] = stack->policy;
  return output;
}

}  // namespace tandem::cloudformation
