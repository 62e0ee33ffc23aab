// When an event that a target did not take is tried again.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/json.h"
#include "core/pace.h"

namespace tandem::events {

/// "By default, EventBridge retries sending the event for 24 hours and up to 185 times with an
/// exponential back off and jitter" (user guide, "How EventBridge retries delivering events"). How
/// long it waits is not said: from one second, doubled up to ten minutes, and the second half of it
/// drawn, which makes about 185 attempts a day.
inline constexpr std::int64_t kRetryAttempts = 185;
inline constexpr std::chrono::seconds kEventAge{86'400};
inline constexpr std::chrono::milliseconds kFirstWait{1'000};
inline constexpr std::chrono::milliseconds kLongestWait{600'000};

struct RetryLimits {
  std::int64_t attempts = kRetryAttempts;
  std::chrono::seconds age = kEventAge;
};
/// Of a target.
RetryLimits retry_limits(const json::object& target);

/// After so many failed attempts of an event of that age; jitter in [0, 1). Nothing: it is given
/// up.
std::optional<std::chrono::milliseconds> next_wait(std::int64_t failed, double jitter,
                                                   std::chrono::milliseconds age,
                                                   const RetryLimits& limits, core::Pace pace);

}  // namespace tandem::events
