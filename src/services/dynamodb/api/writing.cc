#include "services/dynamodb/api/writing.h"

#include "aws/error.h"
#include "services/dynamodb/api/expressions.h"

namespace tandem::dynamodb {

void check_write_parameters(const ItemRequest& request) {
  check_substitutions(request.substitutions, {{"ConditionExpression", request.condition}});
}

void check_values(const AttributeMap& attributes) {
  if (attributes.problem) {
    throw aws::ApiError::validation_exception(attributes.problem.message);
  }
}

void check_old_or_none(const ItemRequest& request) {
  const auto& value = request.return_values;
  if (!value || *value == "ALL_OLD" || *value == "NONE") return;
  throw aws::ApiError::validation_exception("ReturnValues can only be ALL_OLD or NONE");
}

bool shows_old_on_failure(const ItemRequest& request) {
  return request.return_values_on_condition_check_failure == "ALL_OLD";
}

std::optional<Condition> parse_write_condition(ItemRequest& request) {
  std::optional<Condition> condition;
  request.substitutions.validate();
  if (request.condition) {
    condition =
        parse_condition(ExpressionKind::kCondition, *request.condition, request.substitutions);
  }
  request.substitutions.check_all_used();
  return condition;
}

void check_condition_paths(const Table& table, const std::optional<Condition>& condition) {
  if (!condition) return;
  for_each_path(*condition, [&table](const Path& path) { check_scalar_keys(table, path); });
}

}  // namespace tandem::dynamodb
