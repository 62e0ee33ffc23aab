// Steps that GetItem, BatchGetItem, Query and Scan share.
#pragma once

#include <optional>
#include <string>

#include "services/dynamodb/api/answer.h"
#include "services/dynamodb/api/keys.h"
#include "services/dynamodb/model/projection.h"

namespace tandem::dynamodb {

Consistency consistency_of(const std::optional<bool>& consistent_read);

/// Validates the substitutions first.
std::optional<ProjectionExpression> parse_read_projection(
    const std::optional<std::string>& expression, Substitutions& substitutions);
void check_projection_paths(const Table& table,
                            const std::optional<ProjectionExpression>& projection);

}  // namespace tandem::dynamodb
