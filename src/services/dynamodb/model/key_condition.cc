#include "services/dynamodb/model/key_condition.h"

#include <optional>

#include "core/check.h"
#include "services/dynamodb/model/key_codec.h"

namespace tandem::dynamodb {
namespace {

[[noreturn]] void refuse(std::string text) {
  throw aws::ApiError::validation_exception(std::move(text));
}

[[noreturn]] void refuse_operator(std::string_view name) {
  refuse("Invalid operator used in KeyConditionExpression: " + std::string(name));
}

/// The operator with its sides exchanged: ":v < a" is "a > :v".
KeyOperator comparison(std::string_view symbol, bool exchanged) {
  if (symbol == "=") return KeyOperator::kEqual;
  const bool less = (symbol.front() == '<') != exchanged;
  if (symbol.size() == 1) return less ? KeyOperator::kLess : KeyOperator::kGreater;
  return less ? KeyOperator::kLessOrEqual : KeyOperator::kGreaterOrEqual;
}

/// A leaf and the one attribute it is about.
class Leaf {
 public:
  explicit Leaf(const Condition& condition)
      : condition_(condition),
        call_(condition.kind == Condition::Kind::kFunction ? &condition.operands[0] : nullptr),
        operands_(call_ != nullptr ? call_->operands : condition.operands) {}

  KeyPredicate predicate() const {
    refuse_operators();
    const std::size_t at = attribute_position();
    KeyPredicate out;
    out.attribute = operands_[at].path[0].name;
    out.op = key_operator(at != 0);
    const std::size_t first = at == 0 ? 1 : 0;
    out.value = operands_[first].value;
    if (operands_.size() > 2) out.high = operands_[2].value;
    return out;
  }

 private:
  void refuse_operators() const {
    if (condition_.kind == Condition::Kind::kIn) refuse_operator("IN");
    if (condition_.kind == Condition::Kind::kCompare && condition_.symbol == "<>") {
      refuse_operator("<>");
    }
    if (call_ != nullptr && call_->name != "begins_with") refuse_operator(call_->name);
    for (const auto& operand : operands_) {
      if (operand.kind == Operand::Kind::kFunction) {
        refuse("KeyConditionExpressions cannot contain nested operations");
      }
    }
    const bool attribute_first = operands_[0].is_path();
    if (condition_.kind == Condition::Kind::kBetween && !attribute_first) {
      refuse_first_operand("BETWEEN");
    }
    if (call_ != nullptr && !attribute_first) refuse_first_operand(call_->name);
  }

  [[noreturn]] static void refuse_first_operand(std::string_view name) {
    refuse("Invalid condition in KeyConditionExpression: " + std::string(name) +
           " operator must have the key attribute as its first operand");
  }

  std::size_t attribute_position() const {
    std::optional<std::size_t> at;
    for (std::size_t i = 0; i < operands_.size(); ++i) {
      if (!operands_[i].is_path()) continue;
      if (at) {
        refuse(
            "Invalid condition in KeyConditionExpression: Multiple attribute names used in one "
            "condition");
      }
      if (operands_[i].path.size() > 1) {
        refuse("KeyConditionExpressions cannot have conditions on nested attributes");
      }
      at = i;
    }
    if (!at) refuse("Invalid condition in KeyConditionExpression: No key attribute specified");
    return *at;
  }

  KeyOperator key_operator(bool exchanged) const {
    if (call_ != nullptr) return KeyOperator::kBeginsWith;
    if (condition_.kind == Condition::Kind::kBetween) return KeyOperator::kBetween;
    return comparison(condition_.symbol, exchanged);
  }

  const Condition& condition_;
  const Operand* call_;
  const std::vector<Operand>& operands_;
};

void collect(const Condition& condition, std::vector<KeyPredicate>& out) {
  if (condition.kind == Condition::Kind::kOr) refuse_operator("OR");
  if (condition.kind == Condition::Kind::kNot) refuse_operator("NOT");
  if (condition.kind == Condition::Kind::kAnd) {
    for (const auto& inner : condition.conditions) collect(inner, out);
    return;
  }
  KeyPredicate predicate = Leaf(condition).predicate();
  for (const auto& other : out) {
    if (other.attribute == predicate.attribute) {
      refuse("KeyConditionExpressions must only contain one condition per key");
    }
  }
  out.push_back(std::move(predicate));
}

std::string key_bytes(const Value& value) {
  std::string bytes;
  append_key_bytes(bytes, value);
  return bytes;
}

/// The least key greater than this one: keys are the last bytes, so one more byte comes next.
std::string after(const std::string& bytes) { return bytes + '\0'; }

/// The least key that does not begin with these bytes; empty when all greater ones do.
std::string prefix_end(std::string bytes) {
  while (!bytes.empty() && static_cast<unsigned char>(bytes.back()) == 0xff) bytes.pop_back();
  if (!bytes.empty()) ++bytes.back();
  return bytes;
}

}  // namespace

std::vector<KeyPredicate> parse_key_condition(std::string_view source,
                                              Substitutions& substitutions) {
  const Condition condition = parse_condition(ExpressionKind::kKeyCondition, source, substitutions);
  std::vector<KeyPredicate> out;
  collect(condition, out);
  return out;
}

bool matches(const KeyPredicate& predicate, const Value& value) {
  if (predicate.op == KeyOperator::kBeginsWith) {
    const std::string* bytes = value.bytes();
    const std::string* start = predicate.value->bytes();
    return bytes != nullptr && start != nullptr && bytes->starts_with(*start);
  }
  const int sign = compare(value, *predicate.value).sign;
  switch (predicate.op) {
    case KeyOperator::kEqual:
      return sign == 0;
    case KeyOperator::kLess:
      return sign < 0;
    case KeyOperator::kLessOrEqual:
      return sign <= 0;
    case KeyOperator::kGreater:
      return sign > 0;
    case KeyOperator::kGreaterOrEqual:
      return sign >= 0;
    default:
      return sign >= 0 && compare(value, *predicate.high).sign <= 0;
  }
}

RangeInterval interval_of(const KeyPredicate& predicate) {
  std::string bytes = key_bytes(*predicate.value);
  switch (predicate.op) {
    case KeyOperator::kEqual:
      return {bytes, after(bytes)};
    case KeyOperator::kLess:
      return {"", std::move(bytes)};
    case KeyOperator::kLessOrEqual:
      return {"", after(bytes)};
    case KeyOperator::kGreater:
      return {after(bytes), ""};
    case KeyOperator::kGreaterOrEqual:
      return {std::move(bytes), ""};
    case KeyOperator::kBeginsWith:
      return {bytes, prefix_end(bytes)};
    case KeyOperator::kBetween:
      break;
  }
  CHECK(predicate.high != nullptr);
  return {std::move(bytes), after(key_bytes(*predicate.high))};
}

}  // namespace tandem::dynamodb
