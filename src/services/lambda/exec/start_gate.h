// Whether the machine can start one more instance now. On AWS each invocation that finds no idle
// instance gets a new one; so it does here while a processor is idle. Where all are busy a further
// instance would only take time from those that work: there work waits for the next instance to be
// free, about as long as a start would take.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>

#include "core/clock.h"
#include "core/processors.h"

namespace tandem::lambda {

class StartGate {
 public:
  using Look = std::function<std::optional<core::ProcessorTimes>()>;

  /// Borrows clock. look: what the processors did, asked at most every 50 ms; where it says
  /// nothing, or is none, all count as idle.
  StartGate(core::Clock& clock, Look look, std::size_t processors);

  struct Wish {
    bool first = false;  ///< nothing of this function lives
    std::chrono::nanoseconds waited{0};
    std::chrono::nanoseconds patience{0};  ///< about what a start takes
  };
  bool may_start(const Wish& wish);
  /// Whether there is a place among the starts, whatever is idle.
  bool has_place() const { return starting() < most(); }
  /// Whoever started says so, and when that start has ended.
  void started(const void* who);
  void ended(const void* who);

  /// Starts side by side; twice as many where the next is a function's first.
  std::size_t most() const;
  /// A start that takes long waits for something else than the processors (an init phase that
  /// hangs, or invokes another function) and holds nobody else up.
  std::size_t starting() const;

 private:
  void look_again();

  core::Clock& clock_;
  Look look_;
  std::size_t processors_;
  std::map<const void*, std::int64_t> starts_;  ///< when they began, steady ns
  std::size_t idle_ = 0;  ///< processors that were idle, less what was started since
  std::optional<std::int64_t> looked_ns_;
  std::optional<core::ProcessorTimes> seen_;
};

}  // namespace tandem::lambda
