// The meaning of a condition expression checked before any item is seen. Internal to the model.
#pragma once

#include "services/dynamodb/model/condition_parser.h"

namespace tandem::dynamodb {

/// Resolves names and values and throws the fault DynamoDB would report. Among several it reports,
/// in this order: redundant parentheses, an unknown function, a misused function, a reserved word;
/// then for the first faulty condition from the left: an undefined name or value, a wrong number of
/// operands, equal operands, a wrong operand.
void check_condition(ParsedCondition& parsed, ExpressionKind kind, Substitutions& substitutions);

/// Resolves the paths and values in an operand; throws when one is not defined.
void resolve(Operand& operand, ExpressionKind kind, Substitutions& substitutions);

/// "Incorrect operand type for operator or function; …".
std::string wrong_operand_type(std::string_view name, std::string_view type);
std::string wrong_operand_count(std::string_view name, std::size_t count);
std::string needs_path(std::string_view name);

}  // namespace tandem::dynamodb
