#include "services/autoscaling/model/target_tracking.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tandem::autoscaling {
namespace {

/// More units than DynamoDB has (api, kMaxUnits), so that arithmetic on them is exact.
constexpr double kMostUnits = 1e12;
/// Below the target by so much a table is let go (alarms of public tables: 70 % and 50 %).
constexpr double kLowPoints = 20;
/// So many minutes above the target are an AlarmHigh.
constexpr std::size_t kHighMinutes = 2;

Decision not_scaled(NotScaled reason) {
  return {.kind = Decision::Kind::kNotScaled, .reason = reason};
}

Decision scale_to(std::int64_t capacity) {
  return {.kind = Decision::Kind::kScale, .capacity = capacity};
}

/// "The intention of the scale-out cooldown period is to continuously (but not excessively) scale
/// out": what was added meanwhile counts, so that only a larger result passes.
Decision scale_out(const Tracking& policy, const Situation& now, std::int64_t wanted) {
  if (now.current >= now.bounds.max) return not_scaled(NotScaled::kAtMax);
  const std::int64_t capacity = now.bounds.clamp(wanted);
  if (capacity <= now.current) return not_scaled(NotScaled::kAtDesired);
  const bool cooling =
      now.history.out_ms > 0 && now.now_ms - now.history.out_ms < policy.out_cooldown_ms;
  if (cooling && capacity <= now.history.out_capacity) return {};
  return scale_to(capacity);
}

Decision scale_in(const Tracking& policy, const Situation& now, std::int64_t wanted,
                  const Minutes& minutes) {
  if (!policy.scales_in) return {};
  if (now.current <= now.bounds.min) return not_scaled(NotScaled::kAtMin);
  const std::int64_t capacity = now.bounds.clamp(wanted);
  if (capacity >= now.current) return not_scaled(NotScaled::kAtDesired);
  const bool cooling =
      now.history.in_ms > 0 && now.now_ms - now.history.in_ms < policy.in_cooldown_ms;
  if (cooling) return {};
  // The minutes that were enough to scale in may be above the target of what would be left.
  const std::size_t newest = std::min(kHighMinutes, minutes.size());
  const double least =
      *std::min_element(minutes.end() - static_cast<std::ptrdiff_t>(newest), minutes.end());
  if (newest == kHighMinutes && least > high_threshold(policy.target_percent, capacity)) {
    return not_scaled(NotScaled::kAnticipatedFlapping);
  }
  return scale_to(capacity);
}

}  // namespace

std::string_view code_of(NotScaled reason) {
  switch (reason) {
    case NotScaled::kAnticipatedFlapping:
      return "AutoScalingAnticipatedFlapping";
    case NotScaled::kUnscalable:
      return "TargetServicePutResourceAsUnscalable";
    case NotScaled::kAtMax:
      return "AlreadyAtMaxCapacity";
    case NotScaled::kAtMin:
      return "AlreadyAtMinCapacity";
    case NotScaled::kAtDesired:
      return "AlreadyAtDesiredCapacity";
  }
  return "";
}

std::int64_t Bounds::clamp(std::int64_t capacity) const {
  return std::max(min, std::min(max, capacity));
}

std::optional<std::int64_t> wanted_capacity(const Minutes& minutes, double target_percent) {
  if (minutes.empty()) return std::nullopt;
  const double sum = std::accumulate(minutes.begin(), minutes.end(), 0.0);
  const double a_second = sum / static_cast<double>(minutes.size()) / 60;
  // A capacity whose threshold is met exactly is enough, however the division rounds.
  const double wanted = std::ceil(a_second / (target_percent / 100) - 1e-9);
  if (std::isnan(wanted)) return std::nullopt;
  return static_cast<std::int64_t>(std::clamp(wanted, 0.0, kMostUnits));
}

Decision decide(const Tracking& policy, const Situation& now, Direction direction,
                const Minutes& minutes) {
  const auto wanted = wanted_capacity(minutes, policy.target_percent);
  if (!wanted) return {};
  return direction == Direction::kOut ? scale_out(policy, now, *wanted)
                                      : scale_in(policy, now, *wanted, minutes);
}

Decision combine(const std::vector<Decision>& policies, std::int64_t current) {
  using Kind = Decision::Kind;
  Decision largest;
  bool all = !policies.empty();
  for (const Decision& each : policies) {
    if (each.kind != Kind::kScale) {
      all = false;
      if (largest.kind == Kind::kNothing) largest = each;
    } else if (largest.kind != Kind::kScale || each.capacity > largest.capacity) {
      largest = each;
    }
  }
  const bool in = largest.kind == Kind::kScale && largest.capacity < current;
  return in && !all ? Decision{} : largest;
}

double high_threshold(double target_percent, std::int64_t capacity) {
  return target_percent * static_cast<double>(capacity) * 60 / 100;
}

double low_threshold(double target_percent, std::int64_t capacity) {
  return std::max(0.0, target_percent - kLowPoints) * static_cast<double>(capacity) * 60 / 100;
}

}  // namespace tandem::autoscaling
