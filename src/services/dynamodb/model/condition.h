// Condition expressions: ConditionExpression, FilterExpression and, as a tree that
// key_condition.h narrows further, KeyConditionExpression.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "services/dynamodb/model/path.h"
#include "services/dynamodb/model/substitutions.h"
#include "services/dynamodb/model/tokens.h"
#include "services/dynamodb/model/value.h"

namespace tandem::dynamodb {

/// What stands beside an operator or inside a function call.
struct Operand {
  enum class Kind : std::uint8_t { kPath, kValue, kFunction };
  Kind kind = Kind::kPath;
  Path path;                      ///< kPath
  std::string name;               ///< kValue: ":value"; kFunction: the function's name
  const Value* value = nullptr;   ///< kValue, once resolved; the substitutions own it
  std::vector<Operand> operands;  ///< kFunction

  bool is_path() const { return kind == Kind::kPath; }
};

struct Condition {
  enum class Kind : std::uint8_t { kAnd, kOr, kNot, kCompare, kBetween, kIn, kFunction };
  Kind kind = Kind::kFunction;
  std::vector<Condition> conditions;  ///< kAnd, kOr: two; kNot: one
  std::string symbol;                 ///< kCompare: "=", "<>", "<" …
  /// kCompare: two; kBetween: value, low, high; kIn: value, then candidates; kFunction: the call.
  std::vector<Operand> operands;
};

/// Parses, resolves and checks. Throws ValidationException in AWS's words and with AWS's precedence
/// among several faults. The condition borrows values from substitutions.
Condition parse_condition(ExpressionKind kind, std::string_view source,
                          Substitutions& substitutions);

/// item may be an empty map: the item does not exist.
bool matches(const Condition& condition, const Map& item);

/// Calls visit(path) for every path in the condition, left to right.
template <class Visit>
void for_each_path(const Operand& operand, Visit&& visit) {
  if (operand.is_path()) visit(operand.path);
  for (const auto& inner : operand.operands) for_each_path(inner, visit);
}
template <class Visit>
void for_each_path(const Condition& condition, Visit&& visit) {
  for (const auto& inner : condition.conditions) for_each_path(inner, visit);
  for (const auto& operand : condition.operands) for_each_path(operand, visit);
}

}  // namespace tandem::dynamodb
