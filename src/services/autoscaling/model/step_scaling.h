// Step scaling: what steps may be, and what they make of a breach (Application Auto Scaling User
// Guide, "Step scaling policies"). Pure. DynamoDB has no such policies: AWS refuses them, after it
// has looked at their configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"

namespace tandem::autoscaling {

struct Step {
  std::optional<double> lower, upper;  ///< relative to the alarm's threshold
  std::int64_t adjustment = 0;
};

struct StepScaling {
  enum class Adjustment { kChange, kPercent, kExact } adjustment = Adjustment::kChange;
  enum class Aggregation { kAverage, kMinimum, kMaximum } aggregation = Aggregation::kAverage;
  std::vector<Step> steps;
  std::int64_t min_magnitude = 0;  ///< for kPercent
  std::int64_t cooldown_s = 300;
};

struct StepReading {
  StepScaling policy;
  std::string refusal;  ///< AWS's text; empty: none
};
/// A StepScalingPolicyConfiguration that the API model has let through.
StepReading read_steps(const json::object& configuration);

/// The one value that stands for an alarm's recent datapoints, which must be some.
double aggregate(StepScaling::Aggregation how, const std::vector<double>& points);

/// The step that a breach of this size (metric minus threshold) falls into: above the threshold a
/// lower bound belongs to it, below the threshold an upper bound does.
const Step* find_step(const StepScaling& policy, double breach);

/// The capacity that an adjustment makes of another, not yet within a target's bounds.
std::int64_t adjusted(const StepScaling& policy, const Step& step, std::int64_t current);

}  // namespace tandem::autoscaling
