// Simulated time: it moves when nothing is left to do, to the next moment at which something is.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <vector>

#include "core/clock.h"
#include "core/timer.h"

namespace tandem::sim {

/// Whose timers they are: a loop, which is run only when there may be something to do.
struct Runner {
  bool due = true;
};

/// Events of the world itself (messages that arrive, faults) and the expiries of all timers.
class Time final : public core::TimeSource {
 public:
  core::TimePoint now() const noexcept override { return now_; }
  void timer_set(core::TimePoint expiry) override {
    if (expiry == core::kNever || running == nullptr) return;
    if (expiry <= now_) {
      running->due = true;
    } else {
      expiries_.emplace(expiry, running);
    }
  }
  /// Whose logic is running: the timers that are set are its own.
  Runner* running = nullptr;

  /// Events of the same moment happen in the order in which they were asked for.
  void after(std::chrono::nanoseconds delay, std::function<void()> event) {
    events_.emplace(std::pair(now_ + delay, ++count_), std::move(event));
  }

  /// Moves to the next moment, if that is not after end, and lets what is due happen. False: it
  /// stands at end.
  bool advance(core::TimePoint end);

 private:
  core::TimePoint now_{std::chrono::hours(1)};
  std::map<std::pair<core::TimePoint, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t count_ = 0;
  using Expiry = std::pair<core::TimePoint, Runner*>;
  std::priority_queue<Expiry, std::vector<Expiry>, std::greater<>> expiries_;
};

/// The clock of one machine: its wall time is off by skew and may step.
class Clock final : public core::Clock {
 public:
  explicit Clock(const Time& time) : time_(time) {}
  std::int64_t now_us() const override { return kBegin_us + steady_ns() / 1000 + skew_us; }
  std::int64_t steady_ns() const override { return time_.now().time_since_epoch().count(); }

  std::int64_t skew_us = 0;

 private:
  static constexpr std::int64_t kBegin_us = 1'790'000'000'000'000;
  const Time& time_;
};

}  // namespace tandem::sim
