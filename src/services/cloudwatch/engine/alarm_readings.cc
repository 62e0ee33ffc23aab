#include "services/cloudwatch/engine/alarm_readings.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "aws/error.h"
#include "services/cloudwatch/model/metric_query.h"
#include "services/cloudwatch/store/series_reader.h"

namespace tandem::cloudwatch {
namespace {

constexpr std::int64_t kMinute_s = 60;

/// The reader makes periods of a minute and more out of whole minutes. Those of an alarm at another
/// pace of the clock need not begin with one, or last some: they are put together out of seconds.
std::int64_t read_period(std::int64_t period_s, std::int64_t start_s) {
  if (period_s < kMinute_s) return period_s;
  if (period_s % kMinute_s == 0 && start_s % kMinute_s == 0) return period_s;
  std::int64_t part = kMinute_s - 1;
  while (period_s % part != 0) --part;
  return part;
}

std::optional<double> value_of(const Statistic& statistic, const Aggregate& values,
                               double counted) {
  const std::optional<double> value = statistic.of(values);
  return value && statistic.counts() ? *value * counted : value;
}

/// Periods of the window that have values.
Task<std::vector<Aggregate>> read_window(const SeriesStore* store, Metric metric, std::string unit,
                                         std::int64_t period_s, AlarmWindow window,
                                         std::int64_t now_s) {
  const std::size_t count =
      static_cast<std::size_t>((window.end_s - window.start_s + period_s - 1) / period_s);
  std::vector<Aggregate> whole(count);
  if (unit.empty()) {
    const std::vector<std::string> units = store->units(metric);
    if (units.empty()) co_return whole;
    unit = units.front();
  }
  const std::int64_t part_s = read_period(period_s, window.start_s);
  const std::vector<Period> parts =
      co_await read_series(store, &metric, unit, part_s, window.start_s, window.end_s, now_s);
  for (const Period& each : parts) {
    const std::int64_t place = (each.start_s - window.start_s) / period_s;
    if (place < 0 || static_cast<std::size_t>(place) >= count) continue;
    whole[static_cast<std::size_t>(place)].add(each.values);
  }
  co_return whole;
}

std::vector<QueryResult> reckon(const std::vector<MetricQuery>& queries,
                                std::map<std::string, Fetched> fetched, const QueryPlace& place) {
  try {
    return evaluate_queries(queries, std::move(fetched), place);
  } catch (const aws::ApiError&) {
    return {};  // what cannot be reckoned is missing
  }
}

/// On the pool: an expression may take its time.
Task<void> read_math(const SeriesStore* store, const service::Environment* environment,
                     const MetricRule* rule, AlarmWindow window, Readings* readings) {
  const std::int64_t now_s = environment->clock.now_ms() / 1'000;
  std::map<std::string, Fetched> fetched;
  for (const MetricQuery& each : rule->queries) {
    if (!each.metric) continue;
    Fetched& one = fetched[each.id];
    one.series.period_s = each.metric->period_s;
    const std::vector<Aggregate> whole = co_await read_window(
        store, each.metric->metric, each.metric->unit, each.metric->period_s, window, now_s);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      const auto value = value_of(each.metric->statistic, whole[i], each.metric->counted);
      const std::int64_t at_s =
          window.start_s + static_cast<std::int64_t>(i) * each.metric->period_s;
      if (value) one.series.points.push_back({at_s, *value});
    }
  }
  const QueryPlace place{environment->region, environment->account(), window.start_s, window.end_s};
  const std::vector<QueryResult> results = co_await core::run_blocking(
      environment->blocking, [&] { return reckon(rule->queries, std::move(fetched), place); });
  if (results.size() != 1) co_return;
  for (const math::Point& each : results.front().series.points) {
    const std::int64_t at = (each.time_s - window.start_s) / rule->period_s;
    if (each.time_s < window.start_s || at >= static_cast<std::int64_t>(window.periods)) continue;
    readings->points[static_cast<std::size_t>(at)].value = each.value;
    readings->points[static_cast<std::size_t>(at)].samples = 1;
  }
}

}  // namespace

std::int64_t seconds_here(core::Pace pace, std::int64_t seconds_on_aws) {
  return std::max<std::int64_t>(1, pace.of(std::chrono::seconds(seconds_on_aws)).count());
}

MetricRule rule_here(MetricRule rule, core::Pace pace) {
  const int on_aws_s = rule.period_s;
  rule.period_s = static_cast<int>(seconds_here(pace, on_aws_s));
  rule.counted = static_cast<double>(on_aws_s) / rule.period_s;
  for (MetricQuery& each : rule.queries) {
    if (each.metric) {
      const auto whole_s = static_cast<double>(each.metric->period_s);
      each.metric->period_s = seconds_here(pace, each.metric->period_s);
      each.metric->counted = whole_s / static_cast<double>(each.metric->period_s);
    }
    if (each.period_s != 0) each.period_s = seconds_here(pace, each.period_s);
  }
  return rule;
}

Task<Readings> read_points(const SeriesStore* store, const service::Environment* environment,
                           MetricRule rule, AlarmWindow window) {
  Readings readings;
  readings.points.resize(window.periods);
  for (std::size_t i = 0; i < window.periods; ++i) {
    readings.points[i].start_ms =
        (window.start_s + static_cast<std::int64_t>(i) * rule.period_s) * 1'000;
  }
  if (!rule.queries.empty()) {
    co_await read_math(store, environment, &rule, window, &readings);
    co_return readings;
  }
  if (!rule.parsed) co_return readings;
  const std::vector<Aggregate> whole = co_await read_window(
      store, rule.metric, rule.unit, rule.period_s, window, environment->clock.now_ms() / 1'000);
  std::size_t taken = 0;
  for (std::size_t i = whole.size(); i-- > 0;) {
    if (whole[i].empty()) continue;
    AlarmPoint& point = readings.points[i];
    point.value = value_of(*rule.parsed, whole[i], rule.counted);
    point.samples = whole[i].count();
    if (point.value && ++taken <= rule.evaluation.evaluation_periods) {
      readings.few_samples = readings.few_samples || has_few_samples(*rule.parsed, point.samples);
    }
  }
  co_return readings;
}

}  // namespace tandem::cloudwatch
