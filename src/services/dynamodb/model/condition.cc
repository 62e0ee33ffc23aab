#include "services/dynamodb/model/condition.h"

#include <algorithm>

#include "core/check.h"
#include "core/text.h"
#include "services/dynamodb/model/condition_check.h"
#include "services/dynamodb/model/condition_parser.h"

namespace tandem::dynamodb {
namespace {

/// The value of an operand for one item: somebody else's, a computed one, or none.
class Evaluated {
 public:
  Evaluated(const Operand& operand, const Map& item) {
    switch (operand.kind) {
      case Operand::Kind::kPath:
        value_ = find(item, operand.path);
        break;
      case Operand::Kind::kValue:
        value_ = operand.value;
        break;
      case Operand::Kind::kFunction:
        compute_size(operand, item);
        break;
    }
  }
  Evaluated(const Evaluated&) = delete;
  Evaluated& operator=(const Evaluated&) = delete;

  explicit operator bool() const { return value_ != nullptr; }
  const Value& operator*() const { return *value_; }
  const Value* operator->() const { return value_; }

 private:
  /// size() is the only function that yields a value; the checks let no other come here.
  void compute_size(const Operand& operand, const Map& item) {
    const Evaluated argument(operand.operands.front(), item);
    if (!argument) return;
    const auto size = size_of(*argument);
    if (size < 0) return;
    computed_ = core::Decimal(size);
    value_ = &computed_;
  }

  /// Developer Guide, "Condition expressions: functions": bytes, members or elements.
  static std::int64_t size_of(const Value& value) {
    const auto count = [](const auto& members) {
      return static_cast<std::int64_t>(members.size());
    };
    switch (value.type()) {
      case Type::kS:
      case Type::kB:
        return count(*value.bytes());
      case Type::kSS:
        return count(value.get<StringSet>()->members);
      case Type::kNS:
        return count(value.get<NumberSet>()->members);
      case Type::kBS:
        return count(value.get<BinarySet>()->members);
      case Type::kL:
        return count(*value.get<List>());
      case Type::kM:
        return count(*value.get<Map>());
      default:
        return -1;
    }
  }

  const Value* value_ = nullptr;
  Value computed_;
};

bool holds(std::string_view symbol, const Evaluated& a, const Evaluated& b) {
  // What does not exist equals nothing and is unequal to everything, even to the non-existent.
  if (symbol == "<>") return !a || !b || !(*a == *b);
  if (!a || !b) return false;
  if (symbol == "=") return *a == *b;
  const Order order = compare(*a, *b);
  if (!order.comparable) return false;
  if (symbol == "<") return order.sign < 0;
  if (symbol == "<=") return order.sign <= 0;
  if (symbol == ">") return order.sign > 0;
  return order.sign >= 0;
}

bool begins_with(const Value& whole, const Value& start) {
  if (whole.type() != start.type() || whole.bytes() == nullptr) return false;
  return std::string_view(*whole.bytes()).substr(0, start.bytes()->size()) == *start.bytes();
}

template <class Members, class Member>
bool has(const Members& members, const Member& member) {
  return std::find(members.begin(), members.end(), member) != members.end();
}

/// A substring, or a member of a set or list.
bool contains(const Value& whole, const Value& part) {
  if (const auto* list = whole.get<List>()) return has(*list, part);
  if (const auto* number = part.get<core::Decimal>()) {
    const auto* set = whole.get<NumberSet>();
    return set != nullptr && has(set->members, *number);
  }
  if (part.bytes() == nullptr) return false;
  const bool text = part.type() == Type::kS;
  if (text && whole.type() == Type::kSS) return has(whole.get<StringSet>()->members, *part.bytes());
  if (!text && whole.type() == Type::kBS) {
    return has(whole.get<BinarySet>()->members, *part.bytes());
  }
  return whole.type() == part.type() &&
         core::find_text(*whole.bytes(), *part.bytes()) != std::string::npos;
}

bool call(const Operand& function, const Map& item) {
  const Evaluated first(function.operands.front(), item);
  if (function.name == "attribute_exists") return static_cast<bool>(first);
  if (function.name == "attribute_not_exists") return !first;
  const Evaluated second(function.operands.at(1), item);
  if (!first || !second) return false;
  if (function.name == "begins_with") return begins_with(*first, *second);
  if (function.name == "contains") return contains(*first, *second);
  CHECK(function.name == "attribute_type");
  return second->type() == Type::kS && *second->bytes() == type_name(first->type());
}

}  // namespace

Condition parse_condition(ExpressionKind kind, std::string_view source,
                          Substitutions& substitutions) {
  TokenStream tokens(kind, source);
  ParsedCondition parsed = parse_condition_syntax(tokens);
  check_condition(parsed, kind, substitutions);
  return std::move(parsed.condition);
}

bool matches(const Condition& condition, const Map& item) {
  switch (condition.kind) {
    case Condition::Kind::kAnd:
      return matches(condition.conditions[0], item) && matches(condition.conditions[1], item);
    case Condition::Kind::kOr:
      return matches(condition.conditions[0], item) || matches(condition.conditions[1], item);
    case Condition::Kind::kNot:
      return !matches(condition.conditions[0], item);
    case Condition::Kind::kFunction:
      return call(condition.operands.front(), item);
    default:
      break;
  }
  const auto& operands = condition.operands;
  const Evaluated first(operands[0], item);
  if (condition.kind == Condition::Kind::kCompare) {
    return holds(condition.symbol, first, Evaluated(operands[1], item));
  }
  if (condition.kind == Condition::Kind::kBetween) {
    return holds(">=", first, Evaluated(operands[1], item)) &&
           holds("<=", first, Evaluated(operands[2], item));
  }
  return std::any_of(operands.begin() + 1, operands.end(), [&](const Operand& candidate) {
    return holds("=", first, Evaluated(candidate, item));
  });
}

}  // namespace tandem::dynamodb
