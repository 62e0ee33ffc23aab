#include "services/autoscaling/model/step_scaling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace tandem::autoscaling {
namespace {

/// Application Auto Scaling quotas, "Step adjustments per step scaling policy".
constexpr std::size_t kMostSteps = 20;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double lower_of(const Step& step) { return step.lower.value_or(-kInfinity); }
double upper_of(const Step& step) { return step.upper.value_or(kInfinity); }

std::string refusal_of(std::vector<Step> steps) {
  if (steps.empty()) return "At least one step adjustment must be specified";
  if (steps.size() > kMostSteps) return "At most 20 step adjustments can be specified";
  for (const Step& step : steps) {
    if (!step.lower && !step.upper) {
      return "Both lower and upper bounds of a step adjustment cannot be left unspecified";
    }
    if (lower_of(step) >= upper_of(step)) {
      return "The lower bound of a step adjustment must be less than its upper bound";
    }
  }
  std::sort(steps.begin(), steps.end(),
            [](const Step& a, const Step& b) { return lower_of(a) < lower_of(b); });
  for (std::size_t i = 1; i < steps.size(); ++i) {
    const bool unbounded = !steps[i - 1].upper || !steps[i].lower;
    if (unbounded || upper_of(steps[i - 1]) > lower_of(steps[i])) {
      return "Step adjustment intervals can't overlap";
    }
    if (upper_of(steps[i - 1]) < lower_of(steps[i])) {
      return "There can't be a gap between step adjustment intervals";
    }
  }
  if (steps.front().lower && *steps.front().lower < 0) {
    return "There must be a step adjustment with an unspecified lower bound when one step "
           "adjustment has a negative lower bound";
  }
  if (steps.back().upper && *steps.back().upper > 0) {
    return "There must be a step adjustment with an unspecified upper bound when one step "
           "adjustment has a positive upper bound";
  }
  return "";
}

/// "Values greater than 1 are rounded down", "between 0 and 1 are rounded to 1", and the same from
/// the other side.
std::int64_t rounded_percent(double change) {
  if (change > 0 && change < 1) return 1;
  if (change < 0 && change > -1) return -1;
  return static_cast<std::int64_t>(std::clamp(std::trunc(change), -1e12, 1e12));
}

}  // namespace

StepReading read_steps(const json::object& configuration) {
  StepReading reading;
  StepScaling& policy = reading.policy;
  const auto type = json::find_string(configuration, "AdjustmentType");
  if (!type) {
    reading.refusal = "Adjustment type must be specified";
    return reading;
  }
  policy.adjustment = *type == "ExactCapacity"             ? StepScaling::Adjustment::kExact
                      : *type == "PercentChangeInCapacity" ? StepScaling::Adjustment::kPercent
                                                           : StepScaling::Adjustment::kChange;
  const std::string aggregation = json::string_or(configuration, "MetricAggregationType");
  if (aggregation == "Minimum") policy.aggregation = StepScaling::Aggregation::kMinimum;
  if (aggregation == "Maximum") policy.aggregation = StepScaling::Aggregation::kMaximum;
  policy.min_magnitude = json::int_or(configuration, "MinAdjustmentMagnitude", 0);
  policy.cooldown_s = json::int_or(configuration, "Cooldown", policy.cooldown_s);
  if (const auto* steps = json::find_array(configuration, "StepAdjustments")) {
    for (const json::value& each : *steps) {
      const json::object& step = each.as_object();
      policy.steps.push_back({json::find_number(step, "MetricIntervalLowerBound"),
                              json::find_number(step, "MetricIntervalUpperBound"),
                              json::int_or(step, "ScalingAdjustment", 0)});
    }
  }
  reading.refusal = refusal_of(policy.steps);
  return reading;
}

double aggregate(StepScaling::Aggregation how, const std::vector<double>& points) {
  if (how == StepScaling::Aggregation::kMinimum) {
    return *std::min_element(points.begin(), points.end());
  }
  if (how == StepScaling::Aggregation::kMaximum) {
    return *std::max_element(points.begin(), points.end());
  }
  return std::accumulate(points.begin(), points.end(), 0.0) / static_cast<double>(points.size());
}

const Step* find_step(const StepScaling& policy, double breach) {
  for (const Step& step : policy.steps) {
    const double lower = lower_of(step);
    const double upper = upper_of(step);
    const bool within =
        breach >= 0 ? breach >= lower && breach < upper : breach > lower && breach <= upper;
    if (within) return &step;
  }
  return nullptr;
}

std::int64_t adjusted(const StepScaling& policy, const Step& step, std::int64_t current) {
  if (policy.adjustment == StepScaling::Adjustment::kExact) return step.adjustment;
  if (policy.adjustment == StepScaling::Adjustment::kChange) return current + step.adjustment;
  const double exact = static_cast<double>(current) * static_cast<double>(step.adjustment) / 100;
  std::int64_t change = rounded_percent(exact);
  if (change > 0) change = std::max(change, policy.min_magnitude);
  if (change < 0) change = std::min(change, -policy.min_magnitude);
  return current + change;
}

}  // namespace tandem::autoscaling
