// Steps that PutItem, UpdateItem and DeleteItem share.
#pragma once

#include <optional>

#include "services/dynamodb/api/item_plan.h"
#include "services/dynamodb/api/item_request.h"
#include "services/dynamodb/api/keys.h"

namespace tandem::dynamodb {

/// Names and values without an expression are refused.
void check_write_parameters(const ItemRequest& request);
/// Throws the problem found while reading, if any.
void check_values(const AttributeMap& attributes);
/// PutItem and DeleteItem have nothing else to return.
void check_old_or_none(const ItemRequest& request);

/// Of ReturnValuesOnConditionCheckFailure.
bool shows_old_on_failure(const ItemRequest& request);

/// Validates the substitutions, parses the condition, and requires that all were used.
std::optional<Condition> parse_write_condition(ItemRequest& request);
void check_condition_paths(const Table& table, const std::optional<Condition>& condition);

}  // namespace tandem::dynamodb
