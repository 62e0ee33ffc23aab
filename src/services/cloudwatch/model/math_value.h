// What metric math reckons with. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "services/cloudwatch/model/math_syntax.h"

namespace tandem::cloudwatch::math {

struct Point {
  std::int64_t time_s = 0;
  double value = 0;
  bool operator==(const Point&) const = default;
};

/// A series of numbers; where there is no value there is no point.
struct Series {
  std::string label;
  std::int64_t period_s = 60;
  std::vector<Point> points;  ///< in order of time, each time once
};
using Array = std::vector<Series>;
/// The text is what METRICS() takes.
using Value = std::variant<double, Series, Array, std::string>;

/// Why an expression has no value.
struct MathError {
  std::string message;
};

/// What a series takes without its points.
inline constexpr std::size_t kOfASeries = 16;

/// What an expression is evaluated in.
struct Context {
  std::int64_t start_s = 0;
  std::int64_t end_s = 0;
  /// Of the grid of what has none of its own.
  std::int64_t period_s = 60;
  /// By id: what names lead to. Borrowed.
  const std::map<std::string, Value, std::less<>>* values = nullptr;
  /// By id: the series that are metrics, which METRICS() gives, in the order of the queries.
  std::vector<std::pair<std::string, const Series*>> metrics;
  /// Points that may still be looked at or made, a series counts as kOfASeries: a bound on how long
  /// it takes, and on what all values together hold.
  std::int64_t budget = 5'000'000;
};

/// Throws MathError. What a name leads to has to be in context.
Value evaluate(const Node& node, Context& context);

/// "Scalar", "TimeSeries", "Array[TimeSeries]", "String".
std::string_view type_of(const Value& value);

// For the functions' files:

/// Takes them from the budget.
void spend(Context& context, std::size_t points);

using Arguments = std::vector<Value>;
struct Call {
  std::string_view name;
  const Node& node;  ///< its children are the arguments as they stand
  Context& context;
};
/// It may take what it likes from its arguments.
using Function = Value (*)(const Call& call, Arguments& arguments);
/// Functions that look at one number each, or at a series' course; nullptr for a name that is none.
Function function_of_values(std::string_view name);
/// Functions over several series, and those that pick and order them.
Function function_of_arrays(std::string_view name);

[[noreturn]] void wrong_arguments(const Call& call);
const Series& series_at(const Call& call, const Arguments& arguments, std::size_t at);
double number_at(const Call& call, const Arguments& arguments, std::size_t at);
/// The word that an argument is ("REPEAT"); empty when it is none.
std::string_view word_at(const Call& call, std::size_t at);

}  // namespace tandem::cloudwatch::math
