// What a metric alarm watches and when it alarms, out of the document that PutMetricAlarm stored.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "services/cloudwatch/model/aggregate.h"
#include "services/cloudwatch/model/alarm_evaluation.h"
#include "services/cloudwatch/model/datum.h"
#include "services/cloudwatch/model/metric_query.h"
#include "services/cloudwatch/model/statistic.h"

namespace tandem::cloudwatch {

struct MetricRule {
  EvaluationRule evaluation;
  bool says_datapoints = false;  ///< DatapointsToAlarm was given
  Comparison comparison = Comparison::kGreater;
  double threshold = 0;
  int period_s = 60;
  /// With the Metrics list of math this is the returned metric's alone when queries is empty.
  Metric metric;
  std::string unit;       ///< empty: whichever there is
  std::string statistic;  ///< as it was given; empty for math
  std::optional<Statistic> parsed;
  std::vector<MetricQuery> queries;  ///< of math; empty: metric is watched
  /// What sums and counts are multiplied with: at another pace of the clock a period is shorter
  /// here, and a threshold that was meant for a minute is held against what a minute would have
  /// had.
  double counted = 1;
  bool ignores_few_samples = false;  ///< EvaluateLowSampleCountPercentile: ignore
};

/// document: as stored, account: whose alarm it is. Members it lacks, or that make no sense, are
/// taken for harmless ones: what was stored was checked.
MetricRule metric_rule_of(const json::object& document, const std::string& account);

/// Fewer samples than a percentile means something for: "the alarm state isn't changed" (User
/// Guide, "Percentile-based CloudWatch alarms and low data samples"): below 10/(1-p) samples for
/// percentiles from 0.5 up, below 10/p otherwise.
bool has_few_samples(const Statistic& statistic, double samples);

/// How often an alarm is evaluated and up to which moment it reads (User Guide, "Alarm
/// evaluation"): every 10 s for periods below a minute, every minute on a sliding window, and
/// every hour up to the full hour when the window is longer than a day.
std::int64_t evaluated_every_s(const MetricRule& rule);
/// Seconds of the series' time. end_s - periods × period_s … end_s.
struct AlarmWindow {
  std::int64_t start_s = 0;
  std::int64_t end_s = 0;
  std::size_t periods = 0;
};
/// every_s: evaluated_every_s(), as long as that is here.
AlarmWindow window_of(const MetricRule& rule, std::int64_t now_s, std::int64_t every_s);

}  // namespace tandem::cloudwatch
