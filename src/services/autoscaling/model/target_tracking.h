// Target tracking: what capacity a policy asks for when its alarm is in ALARM (Application Auto
// Scaling User Guide, "Target tracking scaling policies"). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tandem::autoscaling {

enum class Direction { kOut, kIn };

/// Why nothing was scaled (API Reference, NotScaledReason).
enum class NotScaled {
  kAnticipatedFlapping,
  kUnscalable,
  kAtMax,
  kAtMin,
  kAtDesired,
};
/// "AlreadyAtMaxCapacity".
std::string_view code_of(NotScaled reason);

struct Bounds {
  std::int64_t min = 1;
  std::int64_t max = 1;
  std::int64_t clamp(std::int64_t capacity) const;
};

/// Of a policy. Cooldowns are those of the process's clock.
struct Tracking {
  double target_percent = 70;
  std::int64_t out_cooldown_ms = 0;
  std::int64_t in_cooldown_ms = 0;
  bool scales_in = true;
};

/// What happened to a target before.
struct History {
  std::int64_t out_ms = 0;  ///< of the last scale-out by a policy; 0: none
  std::int64_t out_capacity = 0;
  std::int64_t in_ms = 0;  ///< of the last scale-in that no scale-out has followed; 0: none
};

/// What an alarm saw: the sums of consumed units in each minute, oldest first.
using Minutes = std::vector<double>;

/// ceil(units a second ÷ target): rounding is towards more capacity. Nothing without data.
std::optional<std::int64_t> wanted_capacity(const Minutes& minutes, double target_percent);

struct Decision {
  enum class Kind {
    kScale,
    kNotScaled,  ///< an activity that says why
    kNothing,    ///< suspended, in its cooldown, or not for this alarm
  } kind = Kind::kNothing;
  std::int64_t capacity = 0;  ///< the new one
  NotScaled reason = NotScaled::kAtDesired;
};

struct Situation {
  std::int64_t now_ms = 0;
  std::int64_t current = 0;
  Bounds bounds;
  History history;
};

/// What one policy asks for. minutes must not be empty.
Decision decide(const Tracking& policy, const Situation& now, Direction direction,
                const Minutes& minutes);

/// Several policies of one target: out if any wants out, in only if all want in; of several
/// capacities the largest. A policy without an alarm in ALARM wants nothing.
Decision combine(const std::vector<Decision>& policies, std::int64_t current);

/// A target-tracking alarm's threshold over `minutes` of consumed units at a capacity: the target,
/// and twenty points below it for scaling in.
double high_threshold(double target_percent, std::int64_t capacity);
double low_threshold(double target_percent, std::int64_t capacity);

}  // namespace tandem::autoscaling
