#include "services/dynamodb/api/expressions.h"

#include "aws/error.h"

namespace tandem::dynamodb {

void check_substitutions(const Substitutions& substitutions,
                         std::initializer_list<ExpressionParameter> parameters) {
  bool any = false;
  bool any_with_values = false;
  std::string value_parameters;
  std::size_t count = 0;
  for (const auto& parameter : parameters) {
    any = any || parameter.expression.has_value();
    if (!parameter.takes_values) continue;
    any_with_values = any_with_values || parameter.expression.has_value();
    if (count++ > 0) value_parameters += " and ";
    value_parameters += parameter.name;
  }
  if (substitutions.has_names() && !any) {
    throw aws::ApiError::validation_exception(
        "ExpressionAttributeNames can only be specified when using expressions");
  }
  if (substitutions.has_values() && !any_with_values) {
    throw aws::ApiError::validation_exception(
        "ExpressionAttributeValues can only be specified when using expressions: " +
        value_parameters + (count > 1 ? " are null" : " is null"));
  }
}

}  // namespace tandem::dynamodb
