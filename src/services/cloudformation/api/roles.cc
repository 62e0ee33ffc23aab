// RoleARN: the role in whose session a stack's calls are made, by this operation and later ones.
#include <fmt/format.h>

#include "core/text.h"
#include "services/cloudformation/api/operations.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/model/trust.h"

namespace tandem::cloudformation {
namespace {

/// Whether it is that role, and lets CloudFormation in.
bool is_assumable(const json::object& role, std::string_view role_arn) {
  if (json::string_or(role, "Arn") != role_arn) return false;
  const std::string policy = json::string_or(role, "AssumeRolePolicyDocument");
  // IAM gives documents percent-encoded (API reference, GetRole).
  return lets_in_cloudformation(policy.starts_with('%') ? core::percent_decode(policy) : policy);
}

}  // namespace

// What the region has heard of roles is behind by moments, and there while IAM is not: it may say
// yes, and IAM itself is asked before anything is refused.
Task<void> Operations::require_assumable(std::string role_arn) {
  if (role_arn.empty()) co_return;
  const std::string name = role_name_of(role_arn);
  if (!name.empty() && ports_.heard_role) {
    const auto heard = ports_.heard_role(name);
    if (heard && is_assumable(*heard, role_arn)) co_return;
  }
  bool assumable = false;
  if (!name.empty()) {
    aws::ApiCall call;
    call.region = engine_.environment().region;
    call.service = "iam";
    call.operation = "GetRole";
    call.input["RoleName"] = name;
    try {
      aws::ApiResult result = co_await api_.call(std::move(call));
      const auto* role = json::find_object(result.output, "Role");
      assumable = role != nullptr && is_assumable(*role, role_arn);
    } catch (const aws::ApiError& error) {
      if (error.status() >= 500) throw;
    }
  }
  if (!assumable) {
    throw validation_error(fmt::format("Role {} is invalid or cannot be assumed", role_arn));
  }
}

std::string Operations::role_of(const json::object& input, const StackRecord* stack) {
  return json::string_or(input, "RoleARN", stack == nullptr ? "" : stack->role_arn);
}

void Operations::act_for(const Context& context, std::string role_arn, StackRecord& stack) {
  stack.caller = role_arn.empty() ? context.caller.arn : role_session_of(role_arn);
  stack.role_arn = std::move(role_arn);
}

}  // namespace tandem::cloudformation
