// References and expressions.
#include <algorithm>
#include <cmath>
#include <limits>

#include "services/apigateway/mapping/engine.h"
#include "services/apigateway/mapping/hosts.h"
#include "services/apigateway/mapping/limits.h"
#include "services/apigateway/mapping/methods.h"
#include "services/apigateway/mapping/print.h"

namespace tandem::apigateway::mapping {

namespace {

bool fits_int(std::int64_t number) {
  return number >= std::numeric_limits<std::int32_t>::min() &&
         number <= std::numeric_limits<std::int32_t>::max();
}

bool is_narrow(const Value& value) { return std::holds_alternative<std::int32_t>(value.data); }

/// The widest class of the operands', and a wider one when it overflows (Velocity's MathUtils).
/// Beyond Long it has BigInteger; here it is a Double.
Value integers(Operator op, const Value& left, const Value& right) {
  const std::int64_t a = *left.if_integer();
  const std::int64_t b = *right.if_integer();
  std::int64_t made = 0;
  bool over = false;
  switch (op) {
    case Operator::kAdd:
      over = __builtin_add_overflow(a, b, &made);
      break;
    case Operator::kSubtract:
      over = __builtin_sub_overflow(a, b, &made);
      break;
    case Operator::kMultiply:
      over = __builtin_mul_overflow(a, b, &made);
      break;
    default:
      if (b == 0) return {};
      // The least Long has no positive counterpart.
      if (b == -1)
        return integers(Operator::kSubtract, Value(0), op == Operator::kDivide ? left : Value(0));
      made = op == Operator::kDivide ? a / b : a % b;
  }
  if (over) {
    const double x = static_cast<double>(a);
    const double y = static_cast<double>(b);
    return op == Operator::kAdd ? x + y : (op == Operator::kSubtract ? x - y : x * y);
  }
  if (is_narrow(left) && is_narrow(right) && fits_int(made)) return static_cast<std::int32_t>(made);
  return made;
}

Value reals(Operator op, double left, double right) {
  switch (op) {
    case Operator::kAdd:
      return left + right;
    case Operator::kSubtract:
      return left - right;
    case Operator::kMultiply:
      return left * right;
    case Operator::kDivide:
      return right == 0 ? Value() : Value(left / right);
    default:
      return right == 0 ? Value() : Value(std::fmod(left, right));
  }
}

int compare_numbers(const Value& left, const Value& right) {
  if (left.if_integer() && right.if_integer()) {
    const auto a = *left.if_integer();
    const auto b = *right.if_integer();
    return a < b ? -1 : (a > b ? 1 : 0);
  }
  const double a = left.to_double();
  const double b = right.to_double();
  return a < b ? -1 : (a > b ? 1 : 0);
}

Value property_of(Engine& engine, const Value& from, const std::string& name) {
  if (name == "class" && from.if_host() == nullptr) {
    return engine.heap().host<ClassHost>(class_name(from));
  }
  if (Map* map = from.if_map()) {
    const Value* found = map->find(engine.heap(), name);
    return found == nullptr ? Value() : *found;
  }
  if (Host* host = from.if_host()) return host->property(engine, name);
  // What Java calls isEmpty().
  if (name == "empty") return call_method(engine, from, "isEmpty", {}).value_or(Value());
  return {};
}

}  // namespace

Value Engine::value_of(const Expression& expression) {
  budget().spend(1);
  return std::visit([&](const auto& what) { return this->evaluate(what); }, expression.what);
}

Value Engine::value_of(const Reference& reference) {
  offset_ = reference.offset;
  Value here = reference.runt ? Value() : look_up(reference.root);
  for (const ReferenceStep& each : reference.steps) {
    if (here.is_null()) break;
    here = step(here, each);
    offset_ = each.offset;
  }
  const Map* map = here.if_map();
  if (here.is_null() || (map != nullptr && map->whole == Map::Whole::kNull)) return text("");
  return here;
}

Value Engine::step(const Value& from, const ReferenceStep& step) {
  budget().spend(1);
  switch (step.kind) {
    case ReferenceStep::Kind::kProperty:
      return property_of(*this, from, step.name);
    case ReferenceStep::Kind::kIndex:
      return at_index(from, value_of(step.arguments.front()));
    case ReferenceStep::Kind::kMethod:
      break;
  }
  std::vector<Value> arguments;
  for (const Expression& each : step.arguments) arguments.push_back(value_of(each));
  offset_ = step.offset;
  return call_method(*this, from, step.name, arguments).value_or(Value());
}

Value Engine::at_index(const Value& from, const Value& index) {
  if (Map* map = from.if_map()) {
    const Value* found = map->find(heap_, print(index));
    return found == nullptr ? Value() : *found;
  }
  List* list = from.if_list();
  const auto position = index.if_integer();
  if (list == nullptr || list->kind() == List::Kind::kSet || !position) return {};
  return list->items(heap_)[list_place(*list, *position)];
}

void Engine::assign(const Reference& target, Value value) {
  // "#set" of null is none (directive.set.null.allowed is false); a reference never is.
  if (value.is_null()) return;
  if (target.steps.empty()) return set(target.root, std::move(value));
  Value here = look_up(target.root);
  for (std::size_t at = 0; at + 1 < target.steps.size(); ++at) {
    if (here.is_null()) return;
    here = step(here, target.steps[at]);
  }
  assign_step(here, target.steps.back(), std::move(value));
}

void Engine::assign_step(const Value& into, const ReferenceStep& step, Value value) {
  if (step.kind == ReferenceStep::Kind::kMethod) return;
  if (Map* map = into.if_map()) {
    const std::string key = step.kind == ReferenceStep::Kind::kProperty
                                ? step.name
                                : print(value_of(step.arguments.front()));
    map->put(heap_, key, std::move(value));
    return;
  }
  List* list = into.if_list();
  if (list == nullptr || step.kind != ReferenceStep::Kind::kIndex ||
      list->kind() == List::Kind::kSet) {
    return;
  }
  const auto position = value_of(step.arguments.front()).if_integer();
  if (position) list->items(heap_)[list_place(*list, *position)] = std::move(value);
}

Value Engine::evaluate(const Interpolated& text) {
  std::string out;
  render(*text.block, out);
  return mapping::text(std::move(out));
}

Value Engine::evaluate(const ListLiteral& list) {
  std::vector<Value> items;
  for (const Expression& each : list.items) items.push_back(value_of(each));
  return heap_.list(List::Kind::kList, std::move(items));
}

Value Engine::evaluate(const MapLiteral& map) {
  Map* made = heap_.map();
  for (std::size_t at = 0; at < map.keys.size(); ++at) {
    const std::string name = print(value_of(map.keys[at]));
    made->put(heap_, name, value_of(map.values[at]));
  }
  return made;
}

Value Engine::evaluate(const Range& range) {
  const Value from = value_of(range.ends[0]);
  const Value to = value_of(range.ends[1]);
  // Not of integers: no range (ASTIntegerRange.value() logs and gives null).
  if (!from.if_integer() || !to.if_integer()) return {};
  std::int64_t each = *from.if_integer();
  const std::int64_t last = *to.if_integer();
  if (!fits_int(each) || !fits_int(last)) throw RenderError{"a range of too large integers"};
  const std::int64_t by = each <= last ? 1 : -1;
  budget().spend(static_cast<std::uint64_t>(std::abs(last - each)) + 1);
  std::vector<Value> items;
  for (; each != last + by; each += by) items.emplace_back(static_cast<std::int32_t>(each));
  return heap_.list(List::Kind::kList, std::move(items));
}

Value Engine::evaluate(const Chain& chain) {
  if (chain.operators.front() == Operator::kOr) {
    return std::any_of(chain.operands.begin(), chain.operands.end(),
                       [&](const Expression& each) { return is_true(each); });
  }
  if (chain.operators.front() == Operator::kAnd) {
    return std::all_of(chain.operands.begin(), chain.operands.end(),
                       [&](const Expression& each) { return is_true(each); });
  }
  Value left = value_of(chain.operands.front());
  for (std::size_t at = 0; at < chain.operators.size(); ++at) {
    left = apply(chain.operators[at], left, value_of(chain.operands[at + 1]));
  }
  return left;
}

Value Engine::apply(Operator op, const Value& left, const Value& right) {
  budget().spend(1);
  const bool numbers = left.is_number() && right.is_number();
  switch (op) {
    case Operator::kEqual:
      return is_equal(left, right);
    case Operator::kNotEqual:
      return !is_equal(left, right);
    case Operator::kLess:
      return numbers && compare_numbers(left, right) < 0;
    case Operator::kGreater:
      return numbers && compare_numbers(left, right) > 0;
    case Operator::kLessOrEqual:
      return numbers && compare_numbers(left, right) <= 0;
    case Operator::kGreaterOrEqual:
      return numbers && compare_numbers(left, right) >= 0;
    default:
      return arithmetic(op, left, right);
  }
}

Value Engine::arithmetic(Operator op, const Value& left, const Value& right) {
  if (op == Operator::kAdd && (left.if_text() != nullptr || right.if_text() != nullptr)) {
    return text(print(left) + print(right));
  }
  if (!left.is_number() || !right.is_number()) return {};
  if (left.if_integer() && right.if_integer()) return integers(op, left, right);
  return reals(op, left.to_double(), right.to_double());
}

/// ASTEQNode: numbers by value; of one class by equals(); everything else as text.
bool Engine::is_equal(const Value& left, const Value& right) {
  if (left.is_number() && right.is_number()) return compare_numbers(left, right) == 0;
  if (left.is_null() || right.is_null()) return left.is_null() && right.is_null();
  if (left.data.index() == right.data.index()) return java_equals(heap_, left, right);
  return print(left) == print(right);
}

/// Literals other than true are false, as SimpleNode.evaluate() says; a reference is true unless it
/// is Boolean false.
bool Engine::is_true(const Expression& expression) {
  if (const auto* inside = std::get_if<Parentheses>(&expression.what)) {
    return is_true(inside->inside.front());
  }
  const bool is_reference = std::holds_alternative<Reference>(expression.what);
  const Value value = value_of(expression);
  if (const bool* flag = value.if_bool()) return *flag;
  return is_reference && !value.is_null();
}

}  // namespace tandem::apigateway::mapping
