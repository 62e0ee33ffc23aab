#include "services/cloudwatch/model/metric_rule.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "aws/error.h"
#include "core/log.h"

namespace tandem::cloudwatch {
namespace {

constexpr std::int64_t kDay_s = 86'400;

Metric metric_of(const json::object& in) {
  Metric metric{json::string_or(in, "Namespace"), json::string_or(in, "MetricName"), {}};
  if (const json::array* dimensions = json::find_array(in, "Dimensions")) {
    for (const json::value& each : *dimensions) {
      if (const json::object* one = each.if_object()) {
        metric.dimensions.emplace_back(json::string_or(*one, "Name"),
                                       json::string_or(*one, "Value"));
      }
    }
  }
  std::sort(metric.dimensions.begin(), metric.dimensions.end());
  return metric;
}

int period_of(const json::object& in) {
  return static_cast<int>(std::clamp<std::int64_t>(json::int_or(in, "Period", 60), 1, kDay_s * 7));
}

/// A list of one metric and no expression is as if its members stood beside the alarm's.
void take_queries(MetricRule& rule, const json::array& queries, const std::string& account) {
  const json::object* only = queries.size() == 1 ? queries[0].if_object() : nullptr;
  const json::object* stat = only == nullptr ? nullptr : json::find_object(*only, "MetricStat");
  if (stat != nullptr) {
    if (const auto* metric = json::find_object(*stat, "Metric")) rule.metric = metric_of(*metric);
    rule.period_s = period_of(*stat);
    rule.unit = json::string_or(*stat, "Unit");
    rule.statistic = json::string_or(*stat, "Stat");
    return;
  }
  rule.statistic.clear();
  try {
    rule.queries = read_queries(queries, "Metrics", account);
  } catch (const aws::ApiError& error) {
    log::error("cloudwatch: the stored queries of an alarm have no value: {}", error.message());
  }
  std::int64_t longest_s = 0;
  std::int64_t own_s = 0;
  for (const MetricQuery& each : rule.queries) {
    if (each.metric) longest_s = std::max(longest_s, each.metric->period_s);
    if (each.returns) own_s = each.metric ? each.metric->period_s : each.period_s;
  }
  const std::int64_t period_s = own_s != 0 ? own_s : longest_s;
  if (period_s != 0) rule.period_s = static_cast<int>(std::min(period_s, kDay_s * 7));
}

/// "By default AWS/DynamoDB alarms ignore missing data even if you choose a different option" (API
/// reference), of which the default is what is left (User Guide).
MissingData missing_of(const json::object& document, const Metric& metric) {
  if (const auto word = json::find_string(document, "TreatMissingData")) {
    return missing_data_of(*word).value_or(MissingData::kMissing);
  }
  return metric.name_space == "AWS/DynamoDB" ? MissingData::kIgnore : MissingData::kMissing;
}

}  // namespace

MetricRule metric_rule_of(const json::object& document, const std::string& account) {
  MetricRule rule;
  rule.comparison =
      comparison_of(json::string_or(document, "ComparisonOperator")).value_or(Comparison::kGreater);
  rule.threshold = json::find_number(document, "Threshold").value_or(0);
  rule.metric = metric_of(document);
  rule.period_s = period_of(document);
  rule.unit = json::string_or(document, "Unit");
  rule.statistic = json::string_or(document, "Statistic");
  if (rule.statistic.empty()) rule.statistic = json::string_or(document, "ExtendedStatistic");
  if (const json::array* queries = json::find_array(document, "Metrics")) {
    take_queries(rule, *queries, account);
  }
  rule.parsed = Statistic::parse(rule.statistic);
  const auto periods =
      std::clamp<std::int64_t>(json::int_or(document, "EvaluationPeriods", 1), 1, kDay_s);
  rule.evaluation.evaluation_periods = static_cast<std::size_t>(periods);
  const auto points = json::find_int(document, "DatapointsToAlarm");
  rule.says_datapoints = points.has_value();
  rule.evaluation.datapoints_to_alarm =
      static_cast<std::size_t>(std::clamp<std::int64_t>(points.value_or(periods), 1, periods));
  rule.evaluation.missing = missing_of(document, rule.metric);
  rule.ignores_few_samples =
      json::string_or(document, "EvaluateLowSampleCountPercentile") == "ignore";
  return rule;
}

bool has_few_samples(const Statistic& statistic, double samples) {
  if (statistic.kind() != Statistic::Kind::kPercentile) return false;
  const double p = statistic.percentile() / 100;
  if (p <= 0 || p >= 1) return false;
  return samples < (p >= 0.5 ? 10 / (1 - p) : 10 / p);
}

std::int64_t evaluated_every_s(const MetricRule& rule) {
  if (rule.period_s < 60) return 10;
  const auto window_s =
      static_cast<std::int64_t>(rule.evaluation.evaluation_periods) * rule.period_s;
  return window_s > kDay_s ? 3'600 : 60;
}

AlarmWindow window_of(const MetricRule& rule, std::int64_t now_s, std::int64_t every_s) {
  AlarmWindow window;
  window.periods = evaluation_range(rule.evaluation.evaluation_periods);
  window.end_s = now_s - now_s % every_s;
  window.start_s = window.end_s - static_cast<std::int64_t>(window.periods) * rule.period_s;
  return window;
}

}  // namespace tandem::cloudwatch
