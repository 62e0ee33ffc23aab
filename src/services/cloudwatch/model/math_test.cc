// CloudWatch User Guide, "Using math expressions with CloudWatch metrics": "Metric math syntax and
// functions", its tables of functions, "Functions that return …".
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/cloudwatch/model/math_value.h"

namespace tandem::cloudwatch::math {
namespace {

Series series(std::vector<std::optional<double>> values, std::string label = "") {
  Series made{std::move(label), 60, {}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i]) made.points.push_back({static_cast<std::int64_t>(i) * 60, *values[i]});
  }
  return made;
}

std::string shown(const Series& each) {
  std::string text = "[";
  for (const Point& point : each.points)
    text += fmt::format(" {}:{:.4g}", point.time_s / 60, point.value);
  return text + " ]";
}

std::string shown(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{:.4g}", *number);
  if (const auto* one = std::get_if<Series>(&value)) return shown(*one);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  std::string all = "{";
  for (const Series& each : std::get<Array>(value)) all += shown(each);
  return all + "}";
}

/// Over five minutes from 0: a = 1 2 3 4 5, b = 10 - 30 - -, z = 0 everywhere.
std::string result(std::string_view text) {
  const std::map<std::string, Value, std::less<>> values{
      {"a", series({1, 2, 3, 4, 5})},
      {"b", series({10, {}, 30, {}, {}})},
      {"z", series({0, 0, 0, 0, 0})},
      {"empty", series({})},
      {"all", Array{series({1, 2}), series({5, {}, 7})}}};
  Context context{0, 300, 60, &values, {}};
  for (const std::string_view id : {"a", "b"}) {
    context.metrics.emplace_back(id, &std::get<Series>(values.find(id)->second));
  }
  try {
    return shown(evaluate(*parse(text), context));
  } catch (const SyntaxError& error) {
    return "syntax: " + error.message;
  } catch (const MathError& error) {
    return error.message;
  }
}

struct Case {
  std::string_view text;
  std::string_view result;
};

TEST(MetricMath, Operators) {
  for (const Case& each : std::initializer_list<Case>{
           {"1 + 2 * 3", "7"},
           {"(1 + 2) * 3", "9"},
           {"2 ^ 3 ^ 2", "512"},
           {"-2 ^ 2", "-4"},
           {"10 - 2 - 3", "5"},
           {"a * 2", "[ 0:2 1:4 2:6 3:8 4:10 ]"},
           {"10 - a", "[ 0:9 1:8 2:7 3:6 4:5 ]"},
           // What is missing is 0.
           {"a + b", "[ 0:11 1:2 2:33 3:4 4:5 ]"},
           {"a / b", "[ 0:0.1 2:0.1 ]"},
           {"a / z", "[ ]"},
           {"b > 10", "[ 0:0 2:1 ]"},
           {"a > 2 AND a < 5", "[ 0:0 1:0 2:1 3:1 4:0 ]"},
           {"a < 2 || a >= 5", "[ 0:1 1:0 2:0 3:0 4:1 ]"},
           {"a == 3", "[ 0:0 1:0 2:1 3:0 4:0 ]"},
           {"all * 2", "{[ 0:2 1:4 ][ 0:10 2:14 ]}"},
           {"all + a", "{[ 0:2 1:4 2:3 3:4 4:5 ][ 0:6 1:2 2:10 3:4 4:5 ]}"}}) {
    EXPECT_EQ(result(each.text), each.result) << each.text;
  }
}

TEST(MetricMath, Functions) {
  for (const Case& each : std::initializer_list<Case>{
           {"SUM(a)", "15"},
           {"AVG(b)", "20"},
           {"MIN(a) + MAX(a)", "6"},
           {"STDDEV(b)", "10"},
           {"SUM(all)", "[ 0:6 1:2 2:7 ]"},
           {"MAX([a, b])", "[ 0:10 1:2 2:30 3:4 4:5 ]"},
           {"SUM(METRICS())", "[ 0:11 1:2 2:33 3:4 4:5 ]"},
           {"METRICS(\"b\")", "{[ 0:10 2:30 ]}"},
           {"METRIC_COUNT(METRICS())", "2"},
           {"ABS(0 - a)", "[ 0:1 1:2 2:3 3:4 4:5 ]"},
           {"CEIL(a / 2)", "[ 0:1 1:1 2:2 3:2 4:3 ]"},
           {"FLOOR(a / 2)", "[ 0:0 1:1 2:1 3:2 4:2 ]"},
           {"LOG10(b)", "[ 0:1 2:1.477 ]"},
           {"DIFF(b)", "[ 2:20 ]"},
           {"DIFF_TIME(b)", "[ 2:120 ]"},
           {"RATE(b)", "[ 2:0.1667 ]"},
           {"RUNNING_SUM(a)", "[ 0:1 1:3 2:6 3:10 4:15 ]"},
           {"FILL(b, 0)", "[ 0:10 1:0 2:30 3:0 4:0 ]"},
           {"FILL(b, REPEAT)", "[ 0:10 1:10 2:30 3:30 4:30 ]"},
           {"FILL(b, LINEAR)", "[ 0:10 1:20 2:30 ]"},
           {"FILL(b, a)", "[ 0:10 1:2 2:30 3:4 4:5 ]"},
           {"FILL(empty, 7)", "[ 0:7 1:7 2:7 3:7 4:7 ]"},
           {"IF(a > 3, a, 0)", "[ 0:0 1:0 2:0 3:4 4:5 ]"},
           {"IF(a > 2, b)", "[ 2:30 3:0 4:0 ]"},
           {"IF(a > 3, 1, b)", "[ 0:10 2:30 3:1 4:1 ]"},
           {"IF(1, a)", "[ 0:1 1:2 2:3 3:4 4:5 ]"},
           {"PERIOD(a)", "60"},
           {"a / PERIOD(a)", "[ 0:0.01667 1:0.03333 2:0.05 3:0.06667 4:0.08333 ]"},
           {"TIME_SERIES(3)", "[ 0:3 1:3 2:3 3:3 4:3 ]"},
           {"FIRST(all)", "[ 0:1 1:2 ]"},
           {"LAST(all)", "[ 0:5 2:7 ]"},
           {"SORT(all, MAX, DESC)", "{[ 0:5 2:7 ][ 0:1 1:2 ]}"},
           {"SORT(all, SUM, ASC, 1)", "{[ 0:1 1:2 ]}"},
           {"SLICE(all, 1)", "[ 0:5 2:7 ]"},
           {"SLICE(all, 0, 1)", "{[ 0:1 1:2 ]}"},
           {"REMOVE_EMPTY([a / z, b])", "{[ 0:10 2:30 ]}"},
           {"MINUTE(a)", "[ 0:0 1:1 2:2 3:3 4:4 ]"},
           {"YEAR(b)", "[ 0:1970 2:1970 ]"},
           {"DAY(b)", "[ 0:4 2:4 ]"}}) {
    EXPECT_EQ(result(each.text), each.result) << each.text;
  }
}

TEST(MetricMath, WhatIsNoneSaysWhy) {
  for (const Case& each : std::initializer_list<Case>{
           {"", "syntax: Unexpected end of expression"},
           {"a +", "syntax: Unexpected end of expression"},
           {"a b", "syntax: Unsupported token 'b' at char 2"},
           {"(a", "syntax: Unexpected end of expression"},
           {"[a)", "syntax: Unsupported token ')' at char 2, must be: ','"},
           {"a $ 1", "syntax: Unsupported token '$' at char 2"},
           {"\"a", "syntax: Unsupported token '\"' at char 0"},
           {"1e999", "syntax: Unsupported token '1e999' at char 0"},
           {"absent", "The id absent is not found"},
           {"all + all",
            "Unsupported operand type(s) for +: '[Array[TimeSeries], Array[TimeSeries]]'"},
           {"SEARCH(\"x\", \"Sum\", 60)", "The function SEARCH is not implemented here"},
           {"FILL(a)", "Invalid arguments for function FILL"},
           {"SORT(all, LAST, DESC)", "The id LAST is not found"},
           {"1 / 0", "1 / 0 is no number"}}) {
    EXPECT_EQ(result(each.text), each.result) << each.text;
  }
  EXPECT_EQ(result(std::string(2'000, '(') + "a"), "syntax: The expression is too complex");
  EXPECT_EQ(result(std::string(2'000, '-') + "a"), "syntax: The expression is too complex");
  std::string many = "[a";
  for (int i = 0; i < 600; ++i) many += ",a";
  EXPECT_EQ(result(many + "]"), "An array has too many time series");
  std::string chain = "a";
  for (int i = 0; i < 600; ++i) chain += "+a";
  EXPECT_EQ(result(chain), "syntax: The expression is too complex");
}

TEST(MetricMath, NamesAreThoseOfQueries) {
  EXPECT_EQ(names_in(*parse("FILL(m1, REPEAT) + m2 / m1 + SUM(METRICS())")),
            (std::vector<std::string>{"m1", "m2"}));
}

}  // namespace
}  // namespace tandem::cloudwatch::math
