#include <fmt/format.h>
#include <string>
#include <utility>
#include <vector>

#include "services/cloudwatch/api/operations.h"
#include "services/cloudwatch/errors.h"
#include "services/cloudwatch/model/metric_query.h"
#include "services/cloudwatch/model/statistic.h"
#include "services/cloudwatch/store/series_reader.h"

namespace tandem::cloudwatch::api {
namespace {

constexpr std::int64_t kMostPoints = 1'440;

struct Asked {
  std::string word;
  Statistic statistic;
};

struct Query {
  Metric metric;
  std::int64_t start_s = 0;
  std::int64_t end_s = 0;
  std::int64_t period_s = 60;
  std::vector<Asked> basic;
  std::vector<Asked> extended;
};

std::vector<Asked> statistics_of(const json::object& input, std::string_view member) {
  std::vector<Asked> all;
  const json::array* given = json::find_array(input, member);
  if (given == nullptr) return all;
  for (std::size_t i = 0; i < given->size(); ++i) {
    std::string word = json::to_std((*given)[i]);
    const auto statistic = Statistic::parse(word);
    const bool extended = statistic && statistic->needs_values();
    if (!statistic || extended != (member == "ExtendedStatistics")) {
      throw errors::invalid_value(fmt::format(
          "The value {} for parameter {}.member.{} is not supported.", word, member, i + 1));
    }
    all.push_back({std::move(word), *statistic});
  }
  return all;
}

Query query_of(const Scope& scope, const json::object& input) {
  Query query;
  query.metric = metric_of(input, "");
  const std::int64_t start_s = time_of(input, "StartTime");
  query.end_s = time_of(input, "EndTime");
  query.period_s = json::int_or(input, "Period", 0);
  if (start_s >= query.end_s) {
    throw errors::invalid_value("The parameter StartTime must be less than the parameter EndTime.");
  }
  if (!is_period(query.period_s)) {
    throw errors::bad_value(std::to_string(query.period_s), "Period");
  }
  query.basic = statistics_of(input, "Statistics");
  query.extended = statistics_of(input, "ExtendedStatistics");
  if (query.basic.empty() && query.extended.empty()) {
    throw errors::invalid_combination("Must specify either Statistics or ExtendedStatistics");
  }
  if (!query.basic.empty() && !query.extended.empty()) {
    throw errors::both_given("Statistics", "ExtendedStatistics");
  }
  const std::int64_t points = (query.end_s - start_s) / query.period_s;
  if (points > kMostPoints) {
    throw errors::invalid_combination(fmt::format(
        "You have requested up to {} datapoints, which exceeds the limit of {}. You may reduce the "
        "datapoints requested by increasing Period, or decreasing the time range.",
        points, kMostPoints));
  }
  query.start_s = rounded_start(start_s, query.period_s, scope.now_s());
  return query;
}

json::object datapoint(const Query& query, const Period& period, const std::string& unit) {
  json::object point{{"Timestamp", static_cast<double>(period.start_s)}};
  for (const Asked& each : query.basic) {
    if (const auto value = each.statistic.of(period.values)) point[each.word] = *value;
  }
  json::object extended;
  for (const Asked& each : query.extended) {
    if (const auto value = each.statistic.of(period.values)) extended[each.word] = *value;
  }
  if (!extended.empty()) point["ExtendedStatistics"] = std::move(extended);
  if (point.size() == 1) return {};
  point["Unit"] = unit;
  return point;
}

}  // namespace

Task<service::Reply> get_metric_statistics(Scope* scope, service::RequestContext*,
                                           json::object input) {
  const Query query = query_of(*scope, input);
  co_await scope->collector.collect();
  std::vector<std::string> units;
  if (const auto unit = json::find_string(input, "Unit")) {
    units.emplace_back(*unit);
  } else {
    units = scope->series.units(query.metric);
  }
  json::array points;
  for (const std::string& unit : units) {
    const auto periods = co_await read_series(&scope->series, &query.metric, unit, query.period_s,
                                              query.start_s, query.end_s, scope->now_s());
    for (const Period& each : periods) {
      json::object point = datapoint(query, each, unit);
      if (!point.empty()) points.emplace_back(std::move(point));
    }
  }
  json::object output{{"Label", query.metric.name}, {"Datapoints", std::move(points)}};
  co_return output;
}

}  // namespace tandem::cloudwatch::api
