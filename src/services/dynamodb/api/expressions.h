// The rules about which expression parameters may come together.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "services/dynamodb/model/substitutions.h"

namespace tandem::dynamodb {

/// An expression parameter of an operation, given or not.
struct ExpressionParameter {
  std::string_view name;
  const std::optional<std::string>& expression;
  /// ProjectionExpression takes names only, so it does not justify values.
  bool takes_values = true;
};

/// Throws when names or values were given without an expression to use them.
void check_substitutions(const Substitutions& substitutions,
                         std::initializer_list<ExpressionParameter> parameters);

}  // namespace tandem::dynamodb
