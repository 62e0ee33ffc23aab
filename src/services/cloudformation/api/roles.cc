// RoleARN: the role in whose session a stack's calls are made, by this operation and later ones.
#include <fmt/format.h>

#include "services/cloudformation/api/operations.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/model/trust.h"

namespace tandem::cloudformation {
Task<void> Operations::require_assumable(std::string role_arn) {
  using Answer = service::Roles::Answer;
  if (role_arn.empty()) co_return;
  const Answer answer = co_await ports_.roles.may_assume(role_arn, "cloudformation.amazonaws.com");
  if (answer == Answer::kUnknown) {
    throw aws::ApiError(
        503, "ServiceUnavailable",
        fmt::format("IAM does not answer, and this region has not heard of {}", role_arn));
  }
  if (answer == Answer::kNo) {
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
