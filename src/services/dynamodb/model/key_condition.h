// Key conditions: what a Query asks of the primary key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/dynamodb/model/condition.h"

namespace tandem::dynamodb {

enum class KeyOperator : std::uint8_t {
  kEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kBetween,
  kBeginsWith
};

/// One condition on one attribute. Borrows its values.
struct KeyPredicate {
  std::string attribute;
  KeyOperator op = KeyOperator::kEqual;
  const Value* value = nullptr;
  const Value* high = nullptr;  ///< kBetween
};

/// Whether a key's value satisfies it. value has the predicate's type.
bool matches(const KeyPredicate& predicate, const Value& value);

/// One or two predicates, on different attributes; which of them are keys, the table says. Throws
/// ValidationException in AWS's words.
std::vector<KeyPredicate> parse_key_condition(std::string_view source,
                                              Substitutions& substitutions);

/// Interval of encoded range keys, [begin, end), that holds exactly the matching values; end empty:
/// to the end.
struct RangeInterval {
  std::string begin;
  std::string end;
};
RangeInterval interval_of(const KeyPredicate& predicate);

}  // namespace tandem::dynamodb
