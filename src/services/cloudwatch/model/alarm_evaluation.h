// Whether a metric alarm's datapoints put it into ALARM (CloudWatch User Guide, "Configuring how
// CloudWatch alarms treat missing data", "Evaluating an alarm"). Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace tandem::cloudwatch {

enum class AlarmState { kOk, kAlarm, kInsufficientData };
enum class MissingData { kMissing, kIgnore, kBreaching, kNotBreaching };

/// "OK", "ALARM", "INSUFFICIENT_DATA".
std::string_view name_of(AlarmState state);
/// Nothing for a word that is none.
std::optional<MissingData> missing_data_of(std::string_view word);

/// ComparisonOperator without those of anomaly bands; nothing for a word that is none of them.
enum class Comparison { kGreaterOrEqual, kGreater, kLess, kLessOrEqual };
std::optional<Comparison> comparison_of(std::string_view word);
bool breaches(Comparison comparison, double value, double threshold);

struct EvaluationRule {
  std::size_t evaluation_periods = 1;
  std::size_t datapoints_to_alarm = 1;
  MissingData missing = MissingData::kMissing;
};

/// How many periods are looked at: "CloudWatch attempts to retrieve a higher number of data points
/// than the number specified by Evaluation Periods". The guide says 5 for 3, and nothing of others.
std::size_t evaluation_range(std::size_t evaluation_periods);

/// points: of the evaluation range, the oldest first: whether each breaches, nothing where there is
/// none.
AlarmState evaluate(const EvaluationRule& rule, AlarmState now,
                    const std::vector<std::optional<bool>>& points);

}  // namespace tandem::cloudwatch
