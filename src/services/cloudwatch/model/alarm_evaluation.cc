#include "services/cloudwatch/model/alarm_evaluation.h"

#include <algorithm>

namespace tandem::cloudwatch {
namespace {

AlarmState of_no_points(MissingData missing, AlarmState now) {
  switch (missing) {
    case MissingData::kMissing:
      return AlarmState::kInsufficientData;
    case MissingData::kIgnore:
      return now;
    case MissingData::kBreaching:
      return AlarmState::kAlarm;
    case MissingData::kNotBreaching:
      break;
  }
  return AlarmState::kOk;
}

AlarmState alarm_if(bool condition) { return condition ? AlarmState::kAlarm : AlarmState::kOk; }

}  // namespace

std::string_view name_of(AlarmState state) {
  switch (state) {
    case AlarmState::kOk:
      return "OK";
    case AlarmState::kAlarm:
      return "ALARM";
    case AlarmState::kInsufficientData:
      break;
  }
  return "INSUFFICIENT_DATA";
}

std::optional<MissingData> missing_data_of(std::string_view word) {
  if (word == "missing") return MissingData::kMissing;
  if (word == "ignore") return MissingData::kIgnore;
  if (word == "breaching") return MissingData::kBreaching;
  if (word == "notBreaching") return MissingData::kNotBreaching;
  return std::nullopt;
}

std::optional<Comparison> comparison_of(std::string_view word) {
  if (word == "GreaterThanOrEqualToThreshold") return Comparison::kGreaterOrEqual;
  if (word == "GreaterThanThreshold") return Comparison::kGreater;
  if (word == "LessThanThreshold") return Comparison::kLess;
  if (word == "LessThanOrEqualToThreshold") return Comparison::kLessOrEqual;
  return std::nullopt;
}

bool breaches(Comparison comparison, double value, double threshold) {
  switch (comparison) {
    case Comparison::kGreaterOrEqual:
      return value >= threshold;
    case Comparison::kGreater:
      return value > threshold;
    case Comparison::kLess:
      return value < threshold;
    case Comparison::kLessOrEqual:
      break;
  }
  return value <= threshold;
}

std::size_t evaluation_range(std::size_t evaluation_periods) {
  return evaluation_periods + std::max<std::size_t>(2, evaluation_periods / 3);
}

AlarmState evaluate(const EvaluationRule& rule, AlarmState now,
                    const std::vector<std::optional<bool>>& points) {
  const auto there = [](const auto& point) { return point.has_value(); };
  const auto real = static_cast<std::size_t>(std::count_if(points.begin(), points.end(), there));
  if (real == 0) return of_no_points(rule.missing, now);

  std::size_t taken = 0;
  std::size_t breaching = 0;
  std::size_t oldest = 0;  ///< of those taken: its place, the newest period's being 1
  for (std::size_t place = 1; place <= points.size() && taken < rule.evaluation_periods; ++place) {
    const auto& point = points[points.size() - place];
    if (!point) continue;
    ++taken;
    breaching += *point ? 1 : 0;
    oldest = place;
  }
  if (breaching >= rule.datapoints_to_alarm) return AlarmState::kAlarm;
  // "If there is enough data, missing data points play no part".
  if (taken == rule.evaluation_periods) return AlarmState::kOk;
  const std::size_t missing = rule.evaluation_periods - taken;
  switch (rule.missing) {
    case MissingData::kBreaching:
      return alarm_if(breaching + missing >= rule.datapoints_to_alarm);
    case MissingData::kNotBreaching:
      return AlarmState::kOk;
    case MissingData::kIgnore:
      return breaching < taken ? AlarmState::kOk : now;
    case MissingData::kMissing:
      break;
  }
  // All that is there breaches. An alarm that waited for the periods in between would come late.
  return alarm_if(breaching == taken && oldest >= rule.datapoints_to_alarm);
}

}  // namespace tandem::cloudwatch
