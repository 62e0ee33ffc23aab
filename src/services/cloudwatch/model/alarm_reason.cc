#include "services/cloudwatch/model/alarm_reason.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/json.h"
#include "services/cloudwatch/model/alarm_text.h"

namespace tandem::cloudwatch {
namespace {

/// From so many on, a reason shows the newest five alone (seen in AWS's notifications).
constexpr std::size_t kShown = 5;

std::string_view words_of(Comparison comparison) {
  switch (comparison) {
    case Comparison::kGreaterOrEqual:
      return "greater than or equal to";
    case Comparison::kGreater:
      return "greater than";
    case Comparison::kLess:
      return "less than";
    case Comparison::kLessOrEqual:
      break;
  }
  return "less than or equal to";
}

/// The newest N that are there, the newest first.
std::vector<AlarmPoint> taken(const MetricRule& rule, const std::vector<AlarmPoint>& points) {
  std::vector<AlarmPoint> some;
  for (auto each = points.rbegin(); each != points.rend(); ++each) {
    if (some.size() == rule.evaluation.evaluation_periods) break;
    if (each->value) some.push_back(*each);
  }
  return some;
}

std::string shown(const std::vector<AlarmPoint>& points) {
  std::string text;
  for (std::size_t i = 0; i < points.size() && i < kShown; ++i) {
    text += fmt::format("{}{} ({})", i == 0 ? "" : ", ", number_text(points[i].value.value_or(0)),
                        reason_time(points[i].start_ms));
  }
  return "[" + text + "]";
}

std::string crossed(const MetricRule& rule, AlarmState state, const std::vector<AlarmPoint>& real) {
  const bool alarm = state == AlarmState::kAlarm;
  std::vector<AlarmPoint> that;
  for (const AlarmPoint& each : real) {
    if (breaches(rule.comparison, each.value.value_or(0), rule.threshold) == alarm) {
      that.push_back(each);
    }
  }
  const std::size_t periods = rule.evaluation.evaluation_periods;
  std::string count = counted(that.size(), "datapoint");
  std::string minimum;
  if (rule.says_datapoints) {
    // AWS writes "1 out of the last 1 datapoints".
    count = fmt::format("{} out of the last {} datapoints", that.size(), periods);
    const std::size_t least = alarm ? rule.evaluation.datapoints_to_alarm
                                    : periods - rule.evaluation.datapoints_to_alarm + 1;
    minimum = fmt::format(" (minimum {} for {} transition)", counted(least, "datapoint"),
                          alarm ? "OK -> ALARM" : "ALARM -> OK");
  }
  const std::string compared =
      fmt::format("{} {}{} the threshold ({})", that.size() == 1 ? "was" : "were",
                  alarm ? "" : "not ", words_of(rule.comparison), number_text(rule.threshold));
  if (that.size() < kShown) {
    return fmt::format("Threshold Crossed: {} {} {}{}.", count, shown(that), compared, minimum);
  }
  return fmt::format(
      "Threshold Crossed: {} {}. The most recent datapoints which crossed the threshold: {}{}.",
      count, compared, shown(that), minimum);
}

std::string text_of(const MetricRule& rule, AlarmState state, const std::vector<AlarmPoint>& real) {
  const std::size_t periods = rule.evaluation.evaluation_periods;
  if (state == AlarmState::kInsufficientData) {
    return fmt::format("Insufficient Data: {} {} unknown.", counted(periods, "datapoint"),
                       periods == 1 ? "was" : "were");
  }
  const MissingData missing = rule.evaluation.missing;
  const bool filled = missing == MissingData::kBreaching || missing == MissingData::kNotBreaching;
  if (real.size() == periods || !filled) return crossed(rule, state, real);
  const std::size_t gone = periods - real.size();
  return fmt::format("Threshold Crossed: {} {} received for {} and {} {} treated as [{}].",
                     real.empty() ? "no datapoints" : counted(real.size(), "datapoint"),
                     real.size() == 1 ? "was" : "were", counted(periods, "period"),
                     counted(gone, "missing datapoint"), gone == 1 ? "was" : "were",
                     missing == MissingData::kBreaching ? "Breaching" : "NonBreaching");
}

/// The newest first: those that were taken, and missing ones up to N in all.
json::array evaluated(const MetricRule& rule, const std::vector<AlarmPoint>& points,
                      std::size_t real) {
  const std::size_t periods = rule.evaluation.evaluation_periods;
  std::size_t missing = periods - std::min(real, periods);
  json::array all;
  for (auto each = points.rbegin(); each != points.rend() && all.size() < periods; ++each) {
    json::object one{{"timestamp", data_time(each->start_ms)}};
    if (each->value) {
      one["sampleCount"] = each->samples;
      one["value"] = *each->value;
    } else if (missing == 0) {
      continue;
    } else {
      --missing;
    }
    all.emplace_back(std::move(one));
  }
  return all;
}

std::string data_of(const MetricRule& rule, const std::vector<AlarmPoint>& points,
                    const std::vector<AlarmPoint>& real, std::int64_t now_ms) {
  json::object data{{"version", "1.0"}, {"queryDate", data_time(now_ms)}};
  if (!real.empty()) data["startDate"] = data_time(real.back().start_ms);
  if (!rule.unit.empty()) data["unit"] = rule.unit;
  if (!rule.statistic.empty()) data["statistic"] = rule.statistic;
  data["period"] = rule.period_s;
  json::array recent;
  for (auto each = real.rbegin(); each != real.rend(); ++each) recent.emplace_back(*each->value);
  data["recentDatapoints"] = std::move(recent);
  data["threshold"] = rule.threshold;
  data["evaluatedDatapoints"] = evaluated(rule, points, real.size());
  // What does not fit goes from its old end.
  while (json_text(data).size() > kLongestReasonData) {
    json::array& details = data["evaluatedDatapoints"].as_array();
    json::array& values = data["recentDatapoints"].as_array();
    if (!details.empty()) {
      details.resize(details.size() - (details.size() + 1) / 2);
    } else {
      values.erase(values.begin(),
                   values.begin() + static_cast<std::ptrdiff_t>(values.size() + 1) / 2);
    }
  }
  return json_text(data);
}

}  // namespace

AlarmReason reason_of(const MetricRule& rule, AlarmState state,
                      const std::vector<AlarmPoint>& points, std::int64_t now_ms) {
  const std::vector<AlarmPoint> real = taken(rule, points);
  return {text_of(rule, state, real), data_of(rule, points, real, now_ms)};
}

}  // namespace tandem::cloudwatch
