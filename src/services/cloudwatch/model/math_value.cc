#include "services/cloudwatch/model/math_value.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <utility>

namespace tandem::cloudwatch::math {
namespace {

/// Of an array; as many as a request has queries.
constexpr std::size_t kSeries = 500;

/// Words that are arguments and no values.
constexpr std::array<std::string_view, 8> kWords{"REPEAT", "LINEAR", "ASC", "DESC",
                                                 "AVG",    "MIN",    "MAX", "SUM"};
bool is_word(const Node& node) {
  return node.kind == Node::Kind::kName &&
         std::find(kWords.begin(), kWords.end(), node.text) != kWords.end();
}

/// Nothing: the point is dropped, as it is after a division by zero.
std::optional<double> apply(std::string_view sign, double one, double other) {
  double result = 0;
  if (sign == "+") result = one + other;
  if (sign == "-") result = one - other;
  if (sign == "*") result = one * other;
  if (sign == "/") result = one / other;
  if (sign == "^") result = std::pow(one, other);
  if (sign == "<") result = one < other ? 1 : 0;
  if (sign == "<=") result = one <= other ? 1 : 0;
  if (sign == ">") result = one > other ? 1 : 0;
  if (sign == ">=") result = one >= other ? 1 : 0;
  if (sign == "==") result = one == other ? 1 : 0;
  if (sign == "!=") result = one != other ? 1 : 0;
  if (sign == "AND") result = one != 0 && other != 0 ? 1 : 0;
  if (sign == "OR") result = one != 0 || other != 0 ? 1 : 0;
  if (!std::isfinite(result)) return std::nullopt;
  return result;
}

Series with_number(std::string_view sign, const Series& series, double number, bool turned,
                   Context& context) {
  spend(context, series.points.size());
  Series result{series.label, series.period_s, {}};
  result.points.reserve(series.points.size());
  for (const Point& each : series.points) {
    const auto value = turned ? apply(sign, number, each.value) : apply(sign, each.value, number);
    if (value) result.points.push_back({each.time_s, *value});
  }
  return result;
}

/// "When a data point is missing in one of them, it is taken for 0."
Series of_both(std::string_view sign, const Series& one, const Series& other, Context& context) {
  spend(context, one.points.size() + other.points.size());
  Series result{one.label, std::max(one.period_s, other.period_s), {}};
  auto left = one.points.begin();
  auto right = other.points.begin();
  while (left != one.points.end() || right != other.points.end()) {
    const bool from_left =
        left != one.points.end() && (right == other.points.end() || left->time_s <= right->time_s);
    const std::int64_t time_s = from_left ? left->time_s : right->time_s;
    const double a = from_left ? (left++)->value : 0;
    const bool from_right = right != other.points.end() && right->time_s == time_s;
    const double b = from_right ? (right++)->value : 0;
    if (const auto value = apply(sign, a, b)) result.points.push_back({time_s, *value});
  }
  return result;
}

Value binary(std::string_view sign, const Value& one, const Value& other, Context& context) {
  const auto* a = std::get_if<double>(&one);
  const auto* b = std::get_if<double>(&other);
  const auto* left = std::get_if<Series>(&one);
  const auto* right = std::get_if<Series>(&other);
  if (a != nullptr && b != nullptr) {
    const auto value = apply(sign, *a, *b);
    if (!value) throw MathError{fmt::format("{} {} {} is no number", *a, sign, *b)};
    return *value;
  }
  if (left != nullptr && b != nullptr) return with_number(sign, *left, *b, false, context);
  if (right != nullptr && a != nullptr) return with_number(sign, *right, *a, true, context);
  if (left != nullptr && right != nullptr) return of_both(sign, *left, *right, context);
  const auto* array = std::get_if<Array>(&one);
  const bool first = array != nullptr;
  if (!first) array = std::get_if<Array>(&other);
  const Value& rest = first ? other : one;
  if (array == nullptr || std::holds_alternative<Array>(rest) ||
      std::holds_alternative<std::string>(rest)) {
    throw MathError{fmt::format("Unsupported operand type(s) for {}: '[{}, {}]'", sign,
                                type_of(one), type_of(other))};
  }
  Array all;
  for (const Series& each : *array) {
    Value result = first ? binary(sign, each, rest, context) : binary(sign, rest, each, context);
    all.push_back(std::get<Series>(std::move(result)));
    all.back().label = each.label;
  }
  return all;
}

Value array_of(const Node& node, Context& context) {
  Array all;
  for (const auto& child : node.children) {
    Value value = evaluate(*child, context);
    if (auto* series = std::get_if<Series>(&value)) {
      all.push_back(std::move(*series));
    } else if (auto* array = std::get_if<Array>(&value)) {
      std::move(array->begin(), array->end(), std::back_inserter(all));
    } else {
      throw MathError{fmt::format("Unsupported element type in an array: '{}'", type_of(value))};
    }
    if (all.size() > kSeries) throw MathError{"An array has too many time series"};
  }
  return all;
}

Value call(const Node& node, Context& context) {
  const Call here{node.text, node, context};
  Function function = function_of_values(node.text);
  if (function == nullptr) function = function_of_arrays(node.text);
  if (function == nullptr) {
    throw MathError{fmt::format("The function {} is not implemented here", node.text)};
  }
  Arguments arguments;
  for (const auto& child : node.children) {
    arguments.push_back(is_word(*child) ? Value(child->text) : evaluate(*child, context));
  }
  return function(here, arguments);
}

std::size_t size_of(const Value& value) {
  if (const auto* series = std::get_if<Series>(&value)) return series->points.size() + kOfASeries;
  std::size_t all = 0;
  if (const auto* array = std::get_if<Array>(&value)) {
    for (const Series& each : *array) all += each.points.size() + kOfASeries;
  }
  return all;
}

}  // namespace

std::string_view type_of(const Value& value) {
  static constexpr std::array<std::string_view, 4> kNames{"Scalar", "TimeSeries",
                                                          "Array[TimeSeries]", "String"};
  return kNames.at(value.index());
}

void spend(Context& context, std::size_t points) {
  // Looking at an empty series costs something, too.
  context.budget -= static_cast<std::int64_t>(points) + 1;
  if (context.budget < 0) throw MathError{"The expression is too complex for so many data points"};
}

void wrong_arguments(const Call& call) {
  throw MathError{fmt::format("Invalid arguments for function {}", call.name)};
}

const Series& series_at(const Call& call, const Arguments& arguments, std::size_t at) {
  const auto* series = at < arguments.size() ? std::get_if<Series>(&arguments[at]) : nullptr;
  if (series == nullptr) wrong_arguments(call);
  return *series;
}

double number_at(const Call& call, const Arguments& arguments, std::size_t at) {
  const auto* number = at < arguments.size() ? std::get_if<double>(&arguments[at]) : nullptr;
  if (number == nullptr) wrong_arguments(call);
  return *number;
}

std::string_view word_at(const Call& call, std::size_t at) {
  if (at >= call.node.children.size() || !is_word(*call.node.children[at])) return {};
  return call.node.children[at]->text;
}

Value evaluate(const Node& node, Context& context) {
  spend(context, 0);
  switch (node.kind) {
    case Node::Kind::kNumber:
      return node.number;
    case Node::Kind::kText:
      return node.text;
    case Node::Kind::kArray:
      return array_of(node, context);
    case Node::Kind::kCall:
      return call(node, context);
    case Node::Kind::kOperator:
      break;
    case Node::Kind::kName: {
      const auto found = context.values->find(node.text);
      if (found == context.values->end()) {
        throw MathError{fmt::format("The id {} is not found", node.text)};
      }
      spend(context, size_of(found->second));
      return found->second;
    }
  }
  const Value one = evaluate(*node.children.front(), context);
  if (node.children.size() == 1) return binary("*", one, Value(-1.0), context);
  return binary(node.text, one, evaluate(*node.children.back(), context), context);
}

}  // namespace tandem::cloudwatch::math
