// What is said in the log of things that fail over and over.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/log.h"
#include "core/timer.h"

namespace tandem::replication {

/// What has been said of something that fails over and over: once, and once when it is well again.
/// Between two refusals a link works for a moment each time it is opened again; that is not well.
class Complaint {
 public:
  void fails(std::string_view what, std::string_view why) {
    failed_ = Clock::now();
    if (why_ == why) return;
    const bool said = !why_.empty() && said_ && failed_ - *said_ < kSettled;
    why_ = why;
    if (said) return;  // the same with other figures in it, most likely
    said_ = failed_;
    log::warning("replication {}: {}", what, why);
  }
  /// Of those who may fail as often and in as many ways as they like: a line a minute.
  void fails_often(std::string_view what, std::string_view why) {
    ++left_out_;
    if (said_ && Clock::now() - *said_ < kOftenEvery) return;
    log::warning("replication {}: {} ({} times since it was said last)", what, why, left_out_);
    said_ = Clock::now();
    left_out_ = 0;
  }
  void works(std::string_view what) {
    if (Clock::now() - failed_ < kSettled) return;
    if (!why_.empty()) log::info("replication {}: works again", what);
    why_.clear();
  }
  const std::string& why() const { return why_; }

 private:
  using Clock = core::TimerClock;
  static constexpr std::chrono::minutes kOftenEvery{1};
  /// What has not failed for so long is well.
  static constexpr std::chrono::milliseconds kSettled{2000};

  std::string why_;
  Clock::time_point failed_;
  std::optional<Clock::time_point> said_;
  std::uint64_t left_out_ = 0;
};

}  // namespace tandem::replication
