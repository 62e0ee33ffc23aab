// Functions of numbers and of one series' course.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

#include "services/cloudwatch/model/math_value.h"

namespace tandem::cloudwatch::math {
namespace {

/// The same for one series and for each of an array.
template <class Each>
Value for_each_series(const Call& call, Arguments& arguments, Each each) {
  if (arguments.empty()) wrong_arguments(call);
  if (auto* series = std::get_if<Series>(&arguments[0])) {
    spend(call.context, series->points.size());
    return each(std::move(*series));
  }
  auto* array = std::get_if<Array>(&arguments[0]);
  if (array == nullptr) wrong_arguments(call);
  Array all;
  for (Series& one : *array) {
    spend(call.context, one.points.size());
    all.push_back(each(std::move(one)));
  }
  return all;
}

template <class Change>
Series changed(Series series, Change change) {
  std::vector<Point> kept;
  kept.reserve(series.points.size());
  for (const Point& each : series.points) {
    const double value = change(each);
    if (std::isfinite(value)) kept.push_back({each.time_s, value});
  }
  series.points = std::move(kept);
  return series;
}

double of_number(std::string_view name, double value) {
  if (name == "ABS") return std::abs(value);
  if (name == "CEIL") return std::ceil(value);
  if (name == "FLOOR") return std::floor(value);
  if (name == "LOG") return std::log(value);
  return std::log10(value);
}

Value number_function(const Call& call, Arguments& arguments) {
  if (arguments.size() != 1) wrong_arguments(call);
  if (const auto* number = std::get_if<double>(&arguments[0])) {
    const double value = of_number(call.name, *number);
    if (!std::isfinite(value)) wrong_arguments(call);
    return value;
  }
  return for_each_series(call, arguments, [&](Series series) {
    return changed(std::move(series),
                   [&](const Point& each) { return of_number(call.name, each.value); });
  });
}

/// Each point against the one before; the first has none.
Value course(const Call& call, Arguments& arguments) {
  if (arguments.size() != 1) wrong_arguments(call);
  return for_each_series(call, arguments, [&](Series series) {
    std::optional<Point> before;
    return changed(std::move(series), [&](const Point& each) {
      const std::optional<Point> last = std::exchange(before, each);
      if (!last) return std::nan("");
      const auto seconds = static_cast<double>(each.time_s - last->time_s);
      if (call.name == "DIFF_TIME") return seconds;
      const double difference = each.value - last->value;
      return call.name == "RATE" ? difference / seconds : difference;
    });
  });
}

Value running_sum(const Call& call, Arguments& arguments) {
  if (arguments.size() != 1) wrong_arguments(call);
  return for_each_series(call, arguments, [&](Series series) {
    double sum = 0;
    return changed(std::move(series), [&](const Point& each) { return sum += each.value; });
  });
}

double calendar(std::string_view name, std::int64_t time_s) {
  using namespace std::chrono;  // NOLINT: the calendar's words
  const sys_seconds time{seconds{time_s}};
  const auto days_since = floor<days>(time);
  const year_month_day date{days_since};
  const hh_mm_ss<seconds> of_day{time - days_since};
  if (name == "EPOCH") return static_cast<double>(time_s);
  if (name == "MINUTE") return static_cast<double>(of_day.minutes().count());
  if (name == "HOUR") return static_cast<double>(of_day.hours().count());
  if (name == "DAY") return weekday{days_since}.iso_encoding();
  if (name == "DATE") return static_cast<unsigned>(date.day());
  if (name == "MONTH") return static_cast<unsigned>(date.month());
  return static_cast<int>(date.year());
}

Value calendar_function(const Call& call, Arguments& arguments) {
  if (arguments.size() != 1) wrong_arguments(call);
  return for_each_series(call, arguments, [&](Series series) {
    return changed(std::move(series),
                   [&](const Point& each) { return calendar(call.name, each.time_s); });
  });
}

std::optional<double> at_time(const Series& series, std::int64_t time_s) {
  const auto found =
      std::lower_bound(series.points.begin(), series.points.end(), time_s,
                       [](const Point& each, std::int64_t wanted) { return each.time_s < wanted; });
  if (found == series.points.end() || found->time_s != time_s) return std::nullopt;
  return found->value;
}

/// How FILL fills: a number, the values of another series, the last value, or a straight line.
struct Filling {
  std::string_view word;
  std::optional<double> number;
  const Series* other = nullptr;
};

std::optional<double> filled(const Filling& with, const std::vector<Point>& points,
                             std::size_t next, std::int64_t time_s) {
  if (with.number) return with.number;
  if (with.other != nullptr) return at_time(*with.other, time_s);
  if (next == 0) return std::nullopt;
  const Point& before = points[next - 1];
  if (with.word == "REPEAT") return before.value;
  if (next == points.size()) return std::nullopt;
  const Point& after = points[next];
  const double part = static_cast<double>(time_s - before.time_s) /
                      static_cast<double>(after.time_s - before.time_s);
  return before.value + part * (after.value - before.value);
}

Value fill(const Call& call, Arguments& arguments) {
  if (arguments.size() != 2) wrong_arguments(call);
  Filling with;
  with.word = word_at(call, 1);
  if (const auto* number = std::get_if<double>(&arguments[1])) with.number = *number;
  with.other = std::get_if<Series>(&arguments[1]);
  const bool known = with.word == "REPEAT" || with.word == "LINEAR" || with.number || with.other;
  if (!known) wrong_arguments(call);
  return for_each_series(call, arguments, [&](Series series) {
    const std::int64_t period_s = series.period_s;
    const Context& context = call.context;
    const std::int64_t steps =
        std::max<std::int64_t>(0, context.end_s - context.start_s) / period_s;
    spend(call.context, static_cast<std::size_t>(steps));
    std::vector<Point> points;
    std::size_t next = 0;
    for (std::int64_t at = context.start_s; at < context.end_s; at += period_s) {
      while (next < series.points.size() && series.points[next].time_s < at) ++next;
      if (next < series.points.size() && series.points[next].time_s == at) {
        points.push_back(series.points[next]);
      } else if (const auto value = filled(with, series.points, next, at)) {
        points.push_back({at, *value});
      }
    }
    series.points = std::move(points);
    return series;
  });
}

/// What IF gives at a time: a number, or a series' value.
std::optional<double> branch_at(const Call& call, const Value& branch, std::int64_t time_s) {
  if (const auto* number = std::get_if<double>(&branch)) return *number;
  const auto* series = std::get_if<Series>(&branch);
  if (series == nullptr) wrong_arguments(call);
  return at_time(*series, time_s);
}

Value if_function(const Call& call, Arguments& arguments) {
  if (arguments.size() != 2 && arguments.size() != 3) wrong_arguments(call);
  const bool otherwise = arguments.size() == 3;
  if (const auto* number = std::get_if<double>(&arguments[0])) {
    if (*number != 0) return std::move(arguments[1]);
    if (otherwise) return std::move(arguments[2]);
    return Series{"", call.context.period_s, {}};
  }
  const Series& condition = series_at(call, arguments, 0);
  spend(call.context, condition.points.size() * 4);
  Series result{condition.label, condition.period_s, {}};
  for (const Point& each : condition.points) {
    // True without a value there is 0, false without one is no point.
    std::optional<double> value;
    if (each.value != 0) {
      value = branch_at(call, arguments[1], each.time_s).value_or(0);
    } else if (otherwise) {
      value = branch_at(call, arguments[2], each.time_s);
    }
    if (value) result.points.push_back({each.time_s, *value});
  }
  return result;
}

Value period(const Call& call, Arguments& arguments) {
  if (arguments.size() != 1) wrong_arguments(call);
  return static_cast<double>(series_at(call, arguments, 0).period_s);
}

Value time_series(const Call& call, Arguments& arguments) {
  if (arguments.size() != 1) wrong_arguments(call);
  const double number = number_at(call, arguments, 0);
  const Context& context = call.context;
  Series result{"", context.period_s, {}};
  const std::int64_t all = std::max<std::int64_t>(0, context.end_s - context.start_s);
  spend(call.context, static_cast<std::size_t>(all / context.period_s));
  for (std::int64_t at = context.start_s; at < context.end_s; at += context.period_s) {
    result.points.push_back({at, number});
  }
  return result;
}

struct Row {
  std::string_view name;
  Function function;
};
constexpr std::array<Row, 20> kFunctions{{{"ABS", number_function},
                                          {"CEIL", number_function},
                                          {"FLOOR", number_function},
                                          {"LOG", number_function},
                                          {"LOG10", number_function},
                                          {"DIFF", course},
                                          {"DIFF_TIME", course},
                                          {"RATE", course},
                                          {"RUNNING_SUM", running_sum},
                                          {"MINUTE", calendar_function},
                                          {"HOUR", calendar_function},
                                          {"DAY", calendar_function},
                                          {"DATE", calendar_function},
                                          {"MONTH", calendar_function},
                                          {"YEAR", calendar_function},
                                          {"EPOCH", calendar_function},
                                          {"FILL", fill},
                                          {"IF", if_function},
                                          {"PERIOD", period},
                                          {"TIME_SERIES", time_series}}};

}  // namespace

Function function_of_values(std::string_view name) {
  for (const Row& row : kFunctions) {
    if (row.name == name) return row.function;
  }
  return nullptr;
}

}  // namespace tandem::cloudwatch::math
