#include "services/events/model/retry.h"

#include <algorithm>

namespace tandem::events {

RetryLimits retry_limits(const json::object& target) {
  RetryLimits limits;
  const json::object* policy = json::find_object(target, "RetryPolicy");
  if (policy == nullptr) return limits;
  limits.attempts = json::int_or(*policy, "MaximumRetryAttempts", kRetryAttempts);
  limits.age =
      std::chrono::seconds(json::int_or(*policy, "MaximumEventAgeInSeconds", kEventAge.count()));
  return limits;
}

std::optional<std::chrono::milliseconds> next_wait(std::int64_t failed, double jitter,
                                                   std::chrono::milliseconds age,
                                                   const RetryLimits& limits, core::Pace pace) {
  if (failed > limits.attempts) return std::nullopt;
  constexpr std::int64_t kDoublings = 20;
  const auto full =
      std::min(kLongestWait, kFirstWait * (std::int64_t{1} << std::min(kDoublings, failed - 1)));
  const double half = static_cast<double>(full.count()) / 2;
  const auto wait =
      pace.of(std::chrono::milliseconds(static_cast<std::int64_t>(half + half * jitter)));
  if (age + wait > pace.of(std::chrono::milliseconds(limits.age))) return std::nullopt;
  return wait;
}

}  // namespace tandem::events
