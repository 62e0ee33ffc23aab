// What an evaluation of a metric alarm says of itself: StateReason and StateReasonData. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/cloudwatch/model/metric_rule.h"

namespace tandem::cloudwatch {

struct AlarmPoint {
  std::int64_t start_ms = 0;
  std::optional<double> value;  ///< none: missing
  double samples = 0;
};

struct AlarmReason {
  std::string text;
  std::string data;
};

/// points: of the evaluation range, the oldest first; state: what they led to.
AlarmReason reason_of(const MetricRule& rule, AlarmState state,
                      const std::vector<AlarmPoint>& points, std::int64_t now_ms);

/// What SetAlarmState and updates are held to by the API model.
inline constexpr std::size_t kLongestReason = 1'023;
inline constexpr std::size_t kLongestReasonData = 4'000;

}  // namespace tandem::cloudwatch
