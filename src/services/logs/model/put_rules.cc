#include "services/logs/model/put_rules.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "services/logs/errors.h"

namespace tandem::logs {
namespace {

constexpr std::int64_t kFutureMs = 2 * 3'600'000;  // "no more than 2 hours in the future"
constexpr std::int64_t kPastMs = 14 * kDayMs;      // "none can be older than 14 days"
constexpr std::array kRetentionDays = {1,    3,    5,    7,    14,   30,  60,  90,
                                       120,  150,  180,  365,  400,  545, 731, 1096,
                                       1827, 2192, 2557, 2922, 3288, 3653};

void check_batch(const std::vector<LogEvent>& events) {
  std::size_t bytes = 0;
  for (const LogEvent& event : events) {
    const std::size_t size = event.message.size() + kEventOverheadBytes;
    if (size > kEventBytes) {
      throw errors::invalid_parameter(
          fmt::format("Log event too large: {} bytes exceeds limit of {}", size, kEventBytes));
    }
    bytes += size;
  }
  if (bytes > kBatchBytes) {
    throw errors::invalid_parameter(
        fmt::format("Upload too large: {} bytes exceeds limit of {}", bytes, kBatchBytes));
  }
  const auto earlier = [](const LogEvent& a, const LogEvent& b) {
    return a.timestamp_ms < b.timestamp_ms;
  };
  if (!std::is_sorted(events.begin(), events.end(), earlier)) {
    throw errors::invalid_parameter(
        "Log events in a single PutLogEvents request must be in chronological order.");
  }
  if (!events.empty() && events.back().timestamp_ms - events.front().timestamp_ms > kDayMs) {
    throw errors::invalid_parameter(
        "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
}

}  // namespace

Admission admit(const std::vector<LogEvent>& events, std::int64_t now_ms,
                std::chrono::milliseconds retention) {
  check_batch(events);
  const auto first_at = [&](std::int64_t timestamp_ms) {
    const auto found = std::find_if(events.begin(), events.end(), [&](const LogEvent& event) {
      return event.timestamp_ms >= timestamp_ms;
    });
    return static_cast<std::size_t>(found - events.begin());
  };
  Admission admission;
  admission.end = first_at(now_ms + kFutureMs + 1);
  if (admission.end < events.size()) admission.too_new_start = admission.end;
  const std::size_t too_old = first_at(now_ms - kPastMs);
  if (too_old > 0) admission.too_old_end = too_old;
  std::size_t expired = 0;
  if (retention.count() > 0) expired = first_at(now_ms - retention.count());
  if (expired > 0) admission.expired_end = expired;
  admission.first = std::min(std::max(too_old, expired), admission.end);
  return admission;
}

bool is_retention(std::int64_t days) {
  return std::find(kRetentionDays.begin(), kRetentionDays.end(), days) != kRetentionDays.end();
}

}  // namespace tandem::logs
