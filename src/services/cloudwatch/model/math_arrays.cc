// Functions over several series.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "services/cloudwatch/model/math_value.h"

namespace tandem::cloudwatch::math {
namespace {

double aggregated(std::string_view name, const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  if (name == "MIN") return *std::min_element(values.begin(), values.end());
  if (name == "MAX") return *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (const double each : values) sum += each;
  if (name == "SUM") return sum;
  const double average = sum / count;
  if (name == "AVG") return average;
  double squares = 0;
  for (const double each : values) squares += (each - average) * (each - average);
  return std::sqrt(squares / count);
}

std::vector<double> values_of(const Series& series) {
  std::vector<double> values;
  values.reserve(series.points.size());
  for (const Point& each : series.points) values.push_back(each.value);
  return values;
}

const Array& array_at(const Call& call, const Arguments& arguments, std::size_t at) {
  const auto* array = at < arguments.size() ? std::get_if<Array>(&arguments[at]) : nullptr;
  if (array == nullptr) wrong_arguments(call);
  return *array;
}

/// A number of a series; of several, a series of what all have at each time.
Value aggregate(const Call& call, Arguments& arguments) {
  if (arguments.size() != 1) wrong_arguments(call);
  if (const auto* series = std::get_if<Series>(&arguments[0])) {
    spend(call.context, series->points.size());
    // What is missing is 0 in arithmetic, so nothing at all is, too.
    if (series->points.empty()) return 0.0;
    const double value = aggregated(call.name, values_of(*series));
    if (!std::isfinite(value)) wrong_arguments(call);
    return value;
  }
  const Array& array = array_at(call, arguments, 0);
  std::map<std::int64_t, std::vector<double>> at_times;
  Series result{"", call.context.period_s, {}};
  for (const Series& each : array) {
    // A map costs several times what a list does.
    spend(call.context, each.points.size() * 4);
    for (const Point& point : each.points) at_times[point.time_s].push_back(point.value);
    result.period_s =
        &each == array.data() ? each.period_s : std::max(result.period_s, each.period_s);
  }
  for (const auto& [time_s, values] : at_times) {
    const double value = aggregated(call.name, values);
    if (std::isfinite(value)) result.points.push_back({time_s, value});
  }
  return result;
}

Value metric_count(const Call& call, Arguments& arguments) {
  if (arguments.size() != 1) wrong_arguments(call);
  return static_cast<double>(array_at(call, arguments, 0).size());
}

/// METRICS(), or those whose ids contain a text.
Value metrics(const Call& call, Arguments& arguments) {
  if (arguments.size() > 1) wrong_arguments(call);
  std::string_view part;
  if (!arguments.empty()) {
    const auto* text = std::get_if<std::string>(&arguments[0]);
    if (text == nullptr || !word_at(call, 0).empty()) wrong_arguments(call);
    part = *text;
  }
  Array all;
  for (const auto& [id, series] : call.context.metrics) {
    if (id.find(part) == std::string::npos) continue;
    spend(call.context, series->points.size());
    all.push_back(*series);
  }
  return all;
}

Value first_or_last(const Call& call, Arguments& arguments) {
  if (arguments.size() != 1) wrong_arguments(call);
  const Array& array = array_at(call, arguments, 0);
  if (array.empty()) return Series{"", call.context.period_s, {}};
  return call.name == "FIRST" ? array.front() : array.back();
}

Value remove_empty(const Call& call, Arguments& arguments) {
  if (arguments.size() != 1) wrong_arguments(call);
  Array array = array_at(call, arguments, 0);
  std::erase_if(array, [](const Series& each) { return each.points.empty(); });
  return array;
}

/// A place in an array of that size; what is no place ends at one of the ends.
std::size_t place(double number, std::size_t size) {
  if (!(number > 0)) return 0;
  return number < static_cast<double>(size) ? static_cast<std::size_t>(number) : size;
}

/// SLICE(array, from, to): that part; SLICE(array, at): that one.
Value slice(const Call& call, Arguments& arguments) {
  const Array& array = array_at(call, arguments, 0);
  if (arguments.size() != 2 && arguments.size() != 3) wrong_arguments(call);
  const std::size_t from = place(number_at(call, arguments, 1), array.size());
  if (arguments.size() == 2) {
    if (from == array.size()) return Series{"", call.context.period_s, {}};
    return array[from];
  }
  const std::size_t to = place(number_at(call, arguments, 2), array.size());
  if (from >= to) return Array{};
  return Array(array.begin() + static_cast<std::ptrdiff_t>(from),
               array.begin() + static_cast<std::ptrdiff_t>(to));
}

/// SORT(array, AVG|MIN|MAX|SUM, ASC|DESC[, how many]); those without values come last.
Value sort(const Call& call, Arguments& arguments) {
  if (arguments.size() != 3 && arguments.size() != 4) wrong_arguments(call);
  const Array& array = array_at(call, arguments, 0);
  const std::string_view by = word_at(call, 1);
  const std::string_view order = word_at(call, 2);
  const bool known = by == "AVG" || by == "MIN" || by == "MAX" || by == "SUM";
  if (!known || (order != "ASC" && order != "DESC")) wrong_arguments(call);
  using Keyed = std::pair<std::optional<double>, const Series*>;
  std::vector<Keyed> keyed;
  for (const Series& each : array) {
    spend(call.context, each.points.size());
    std::optional<double> key;
    if (!each.points.empty()) key = aggregated(by, values_of(each));
    keyed.emplace_back(key, &each);
  }
  std::stable_sort(keyed.begin(), keyed.end(), [&](const Keyed& one, const Keyed& other) {
    if (!one.first || !other.first) return one.first.has_value() && !other.first.has_value();
    return order == "ASC" ? *one.first < *other.first : *one.first > *other.first;
  });
  const std::size_t most =
      arguments.size() == 4 ? place(number_at(call, arguments, 3), keyed.size()) : keyed.size();
  Array sorted;
  for (std::size_t i = 0; i < most; ++i) sorted.push_back(*keyed[i].second);
  return sorted;
}

struct Row {
  std::string_view name;
  Function function;
};
constexpr std::array<Row, 12> kFunctions{{{"AVG", aggregate},
                                          {"MAX", aggregate},
                                          {"MIN", aggregate},
                                          {"STDDEV", aggregate},
                                          {"SUM", aggregate},
                                          {"FIRST", first_or_last},
                                          {"LAST", first_or_last},
                                          {"METRICS", metrics},
                                          {"METRIC_COUNT", metric_count},
                                          {"REMOVE_EMPTY", remove_empty},
                                          {"SLICE", slice},
                                          {"SORT", sort}}};

}  // namespace

Function function_of_arrays(std::string_view name) {
  for (const Row& row : kFunctions) {
    if (row.name == name) return row.function;
  }
  return nullptr;
}

}  // namespace tandem::cloudwatch::math
