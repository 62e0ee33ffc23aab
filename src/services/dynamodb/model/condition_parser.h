// Syntax of condition expressions, and the operands they share with update expressions. Internal to
// the model.
#pragma once

#include "services/dynamodb/model/condition.h"

namespace tandem::dynamodb {

struct ParsedCondition {
  Condition condition;
  bool redundant_parentheses = false;
};

/// Syntax only: names are neither resolved nor checked. Throws syntax errors, and refuses more
/// than 300 operators.
ParsedCondition parse_condition_syntax(TokenStream& tokens);

/// Operators of one expression (Quotas, "Expression parameters"); bounds recursion too.
inline constexpr int kMaxOperators = 300;
/// Calls within calls. No valid expression comes near.
inline constexpr int kMaxCallDepth = 100;

/// A function call, a ":value" or a path. depth counts calls around it.
Operand parse_operand(TokenStream& tokens, int depth = 0);

}  // namespace tandem::dynamodb
