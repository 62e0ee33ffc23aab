#include "services/cloudformation/errors.h"

#include <fmt/format.h>

#include "core/text.h"

namespace tandem::cloudformation {

aws::ApiError validation_error(std::string message) {
  return {400, "ValidationError", std::move(message)};
}

aws::ApiError format_error(std::string_view detail) {
  return validation_error(fmt::format("Template format error: {}", detail));
}

aws::ApiError template_error(std::string_view detail) {
  return validation_error(fmt::format("Template error: {}", detail));
}

aws::ApiError unresolved_condition(std::string_view name) {
  return validation_error(fmt::format(
      "Template validation error: Template error: Unresolved condition dependency {} in "
      "the Conditions block of the template",
      name));
}

aws::ApiError resource_in_conditions(std::string_view name) {
  return format_error(fmt::format(
      "Unresolved dependencies [{}]. Cannot reference resources in the Conditions block "
      "of the template",
      name));
}

aws::ApiError stack_not_described(std::string_view name) {
  return validation_error(fmt::format("Stack with id {} does not exist", name));
}

aws::ApiError stack_not_found(std::string_view name) {
  return validation_error(fmt::format("Stack [{}] does not exist", name));
}

aws::ApiError stack_exists(std::string_view name) {
  return {400, "AlreadyExistsException", fmt::format("Stack [{}] already exists", name)};
}

aws::ApiError wrong_state(std::string_view arn, std::string_view status, std::string_view action) {
  return validation_error(
      fmt::format("Stack:{} is in {} state and can not be {}.", arn, status, action));
}

aws::ApiError insufficient_capabilities(std::string_view capability) {
  return {400, "InsufficientCapabilitiesException",
          fmt::format("Requires capabilities : [{}]", capability)};
}

aws::ApiError token_exists(std::string_view token) {
  return {400, "TokenAlreadyExistsException",
          fmt::format("Client request token {} was already used by another operation", token)};
}

aws::ApiError limit_exceeded(std::string message) {
  return {400, "LimitExceededException", std::move(message)};
}

aws::ApiError change_set_not_found(std::string_view name) {
  return {404, "ChangeSetNotFound", fmt::format("ChangeSet [{}] does not exist", name)};
}

aws::ApiError change_set_exists(std::string_view name) {
  return {400, "AlreadyExistsException", fmt::format("A ChangeSet named {} already exists", name)};
}

aws::ApiError invalid_change_set_status(std::string_view name, std::string_view status) {
  return {
      400, "InvalidChangeSetStatus",
      fmt::format("ChangeSet [{}] cannot be executed in its current status of [{}]", name, status)};
}

std::string bracketed(const std::vector<std::string>& names) {
  return fmt::format("[{}]", core::join(names, ", "));
}

}  // namespace tandem::cloudformation
