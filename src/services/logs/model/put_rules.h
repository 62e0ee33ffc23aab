// What PutLogEvents takes and what it leaves out.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tandem::logs {

struct LogEvent {
  std::int64_t timestamp_ms = 0;
  std::string message;
};

/// Each event counts its bytes and 26 more (PutLogEvents, API reference).
inline constexpr std::size_t kEventOverheadBytes = 26;
inline constexpr std::size_t kBatchBytes = 1'048'576;
/// "Each log event can be no larger than 1 MB" (256 KB until April 2025).
inline constexpr std::size_t kEventBytes = 1'048'576;
inline constexpr std::int64_t kDayMs = 86'400'000;

/// Which events of a batch are taken, in the terms of RejectedLogEventsInfo.
struct Admission {
  std::size_t first = 0;  ///< events before it are too old or expired
  std::size_t end = 0;    ///< events from it on are too new
  std::optional<std::size_t> too_new_start;
  std::optional<std::size_t> too_old_end;
  std::optional<std::size_t> expired_end;
};

/// Throws InvalidParameterException for a batch that is refused as a whole: out of order, spanning
/// more than 24 hours, too large. retention 0: events never expire.
Admission admit(const std::vector<LogEvent>& events, std::int64_t now_ms,
                std::chrono::milliseconds retention);

/// The days PutRetentionPolicy knows.
bool is_retention(std::int64_t days);

}  // namespace tandem::logs
