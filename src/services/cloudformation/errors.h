// CloudFormation's errors by name. Clients compare some of these texts for equality, so every one
// is spelled as AWS spells it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/error.h"

namespace tandem::cloudformation {

/// 400 ValidationError: the service's word for nearly everything.
aws::ApiError validation_error(std::string message);
/// "Template format error: <detail>".
aws::ApiError format_error(std::string_view detail);
/// "Template error: <detail>".
aws::ApiError template_error(std::string_view detail);

/// A condition asks for one that is not there.
aws::ApiError unresolved_condition(std::string_view name);
aws::ApiError resource_in_conditions(std::string_view name);

/// "Stack with id <name> does not exist": the describing operations.
aws::ApiError stack_not_described(std::string_view name);
/// "Stack [<name>] does not exist": the changing operations.
aws::ApiError stack_not_found(std::string_view name);
aws::ApiError stack_exists(std::string_view name);
/// action as in "can not be <action>".
aws::ApiError wrong_state(std::string_view arn, std::string_view status, std::string_view action);
aws::ApiError insufficient_capabilities(std::string_view capability);
aws::ApiError token_exists(std::string_view token);
aws::ApiError limit_exceeded(std::string message);

aws::ApiError change_set_not_found(std::string_view name);
aws::ApiError change_set_exists(std::string_view name);
aws::ApiError invalid_change_set_status(std::string_view name, std::string_view status);

/// "[A, B]" as AWS prints lists.
std::string bracketed(const std::vector<std::string>& names);

}  // namespace tandem::cloudformation
