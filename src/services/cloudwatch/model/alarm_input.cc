#include "services/cloudwatch/model/alarm_input.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/text.h"
#include "service/operation.h"
#include "services/cloudwatch/errors.h"
#include "services/cloudwatch/model/alarm.h"
#include "services/cloudwatch/model/alarm_action.h"
#include "services/cloudwatch/model/datum.h"
#include "services/cloudwatch/model/metric_query.h"
#include "services/cloudwatch/model/statistic.h"

namespace tandem::cloudwatch {
namespace {

constexpr std::size_t kMostMetrics = 10;

/// "The name must contain only UTF-8 characters, and can't contain ASCII control characters".
void check_name(const json::object& input) {
  const std::string name = json::string_or(input, "AlarmName");
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(name.begin(), name.end(), control)) {
    throw errors::validation("AlarmName must not contain ASCII control characters");
  }
}

void check_period(std::int64_t period_s) {
  const bool fine =
      period_s == 10 || period_s == 20 || period_s == 30 || (period_s > 0 && period_s % 60 == 0);
  if (!fine) throw errors::validation("Period must be 10, 20, 30 or a multiple of 60");
}

/// "If you specify … a percentile, specify a value between p0.0 and p100": AWS takes p100.5, too.
bool is_extended(const std::string& word) {
  if (word.starts_with("p100.") && Statistic::parse("p99." + word.substr(5))) return true;
  const auto statistic = Statistic::parse(word);
  return statistic && statistic->needs_values();
}

void check_statistic(const json::object& input) {
  const auto basic = json::find_string(input, "Statistic");
  const auto extended = json::find_string(input, "ExtendedStatistic");
  if (basic && extended) throw errors::both_given("Statistic", "ExtendedStatistic");
  if (!basic && !extended) throw errors::validation("Statistic must not be null");
  if (extended && !is_extended(*extended)) {
    throw errors::validation(
        fmt::format("The value {} for parameter ExtendedStatistic is not supported.", *extended));
  }
}

void check_single(const json::object& input) {
  for (const char* member : {"MetricName", "Namespace", "Period"}) {
    if (!input.contains(member)) {
      throw errors::validation(fmt::format("{} must not be null", member));
    }
  }
  check_statistic(input);
  check_period(json::int_or(input, "Period", 0));
}

void check_query(const json::object& query) {
  if (query.contains("AccountId")) service::refuse_member("Metrics.AccountId");
  if (const json::object* stat = json::find_object(query, "MetricStat")) {
    check_period(json::int_or(*stat, "Period", 0));
  }
  const std::string text = core::to_upper(json::string_or(query, "Expression"));
  if (text.find("SEARCH(") != std::string::npos) {
    throw errors::validation("SEARCH is not supported on Metric Alarms");
  }
}

/// Over nothing, to see that it has a value of the kind that an alarm can watch.
void try_queries(const json::array& queries, const AlarmPlace& place) {
  const std::vector<MetricQuery> read = read_queries(queries, "Metrics", place.account);
  std::map<std::string, Fetched> fetched;
  for (const MetricQuery& each : read) {
    if (each.metric) fetched[each.id].series.period_s = each.metric->period_s;
  }
  const QueryPlace over{place.region, place.account, 0, 3'600};
  if (evaluate_queries(read, std::move(fetched), over).size() > 1) {
    throw errors::validation("The expression of an alarm must return a single time series");
  }
}

/// The list of metric math, in which one returns the data that the alarm watches.
void check_list(const json::object& input, const json::array& queries, const AlarmPlace& place) {
  for (const char* member : {"MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period",
                             "Dimensions", "Unit"}) {
    if (input.contains(member)) {
      throw errors::validation(
          fmt::format("{} should not be set if list of Metrics is set.", member));
    }
  }
  std::size_t stats = 0;
  std::size_t expressions = 0;
  std::size_t returned = 0;
  for (const json::value& each : queries) {
    const json::object& query = each.as_object();
    check_query(query);
    ++(query.contains("MetricStat") ? stats : expressions);
    returned += json::bool_or(query, "ReturnData", true) ? 1 : 0;
  }
  if (std::max(stats, expressions) > kMostMetrics) {
    throw errors::validation("Too many metrics in alarm, maximum is 10");
  }
  if (returned != 1) {
    throw errors::validation("Exactly one element of the metrics list should return data.");
  }
  try_queries(queries, place);
}

void check_threshold(const json::object& input) {
  if (!comparison_of(json::string_or(input, "ComparisonOperator"))) {
    throw errors::validation("ComparisonOperators for ranges require ThresholdMetricId to be set");
  }
  const auto threshold = json::find_number(input, "Threshold");
  if (!threshold || !std::isfinite(*threshold)) {
    throw errors::validation("PutMetricAlarm request should have valid Threshold parameter");
  }
}

void check_windows(const json::object& input, int period_s) {
  const std::int64_t periods = json::int_or(input, "EvaluationPeriods", 1);
  const std::int64_t most_s = period_s >= 3'600 ? 604'800 : 86'400;
  if (periods > most_s / period_s) {
    throw errors::validation(fmt::format("EvaluationPeriods * Period must be <= {}", most_s));
  }
  if (json::int_or(input, "DatapointsToAlarm", 1) > periods) {
    throw errors::validation("DatapointsToAlarm must be less than or equal to EvaluationPeriods");
  }
}

void check_treatments(const json::object& input) {
  const auto missing = json::find_string(input, "TreatMissingData");
  if (missing && !missing_data_of(*missing)) {
    throw errors::validation(
        fmt::format("The value {} is not supported for TreatMissingData parameter. Supported "
                    "values are [breaching, notBreaching, ignore, missing].",
                    *missing));
  }
  const auto few = json::find_string(input, "EvaluateLowSampleCountPercentile");
  if (!few) return;
  if (*few != "evaluate" && *few != "ignore") {
    throw errors::validation(
        fmt::format("Option {} is not supported. Supported options for parameter "
                    "EvaluateLowSampleCountPercentile are evaluate and ignore.",
                    *few));
  }
  if (const auto statistic = json::find_string(input, "Statistic")) {
    throw errors::validation(
        fmt::format("Option evaluateLowSampleCountPercentile can not be applied with statistic {}.",
                    *statistic));
  }
}

json::object without_tags(const json::object& input) {
  json::object config = input;
  config.erase("Tags");
  return config;
}

/// Both periods belong to a suppressor, and it to them.
void check_suppressor(const json::object& input, const AlarmPlace& place) {
  constexpr const char* kPeriods[] = {"ActionsSuppressorWaitPeriod",
                                      "ActionsSuppressorExtensionPeriod"};
  const auto suppressor = json::find_string(input, "ActionsSuppressor");
  for (const char* member : kPeriods) {
    const auto period = json::find_int(input, member);
    if (suppressor && !period) {
      throw errors::validation(fmt::format("{} must not be null", member));
    }
    if (!suppressor && period) {
      throw errors::validation(fmt::format("{} requires an ActionSuppressor", member));
    }
    if (period && *period < 0) {
      throw errors::validation(fmt::format("{} must be greater than or equal to 0", member));
    }
  }
  if (suppressor && !alarm_name_of(*suppressor, place.region, place.account)) {
    throw errors::validation(
        "ActionsSuppressor must be a valid CloudWatch Alarm ARN or an Alarm name");
  }
}

}  // namespace

json::object read_metric_alarm(const json::object& input, const AlarmPlace& place) {
  check_name(input);
  const json::array* queries = json::find_array(input, "Metrics");
  if (queries != nullptr && !queries->empty()) {
    check_list(input, *queries, place);
  } else {
    check_single(input);
    read_dimensions(input, "");
  }
  check_threshold(input);
  json::object config = without_tags(input);
  if (queries != nullptr && queries->empty()) config.erase("Metrics");
  check_windows(input, metric_rule_of(config, place.account).period_s);
  check_treatments(input);
  check_actions(input, place.region, Alarm::Kind::kMetric, place.policies);
  return config;
}

CompositeInput read_composite_alarm(const json::object& input, const AlarmPlace& place) {
  check_name(input);
  auto parsed = AlarmRuleExpression::parse(json::string_or(input, "AlarmRule"));
  if (!parsed) {
    throw errors::validation(fmt::format("Error in AlarmRule [{}]", parsed.error().message));
  }
  check_suppressor(input, place);
  check_actions(input, place.region, Alarm::Kind::kComposite, place.policies);
  return {without_tags(input), std::move(parsed).value()};
}

}  // namespace tandem::cloudwatch
