#include "services/lambda/exec/start_gate.h"

#include <deque>
#include <gtest/gtest.h>

namespace tandem::lambda {
namespace {

using namespace std::chrono_literals;

/// A machine of four processors, of which some work.
class StartGateTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kProcessors = 4;
  static constexpr StartGate::Wish kFurther{.waited = 0ms, .patience = 100ms};

  /// The time goes on, so many of them idle in it.
  void pass(std::chrono::milliseconds time, double idle) {
    const double ticks = static_cast<double>(time.count()) / 10;
    times_.all += static_cast<std::int64_t>(ticks * kProcessors);
    times_.idle += static_cast<std::int64_t>(ticks * idle);
    clock_.advance_ms(time.count());
  }
  /// How many may start now, one after the other.
  int starts(const StartGate::Wish& wish) {
    int count = 0;
    for (; gate_.may_start(wish); ++count) begin();
    return count;
  }
  void begin() { gate_.started(&begun_.emplace_back()); }
  void end() {
    gate_.ended(&begun_.front());
    begun_.pop_front();
  }
  /// It has looked, and nothing is idle.
  void look() {
    starts(kFurther);
    pass(100ms, 0);
    EXPECT_EQ(starts(kFurther), 0);
  }

  std::deque<char> begun_;  ///< which stay where they are
  core::ManualClock clock_;
  core::ProcessorTimes times_{.idle = 1'000, .all = 9'000};
  bool says_ = true;
  StartGate gate_{clock_, [this] { return says_ ? std::optional(times_) : std::nullopt; },
                  kProcessors};
};

TEST_F(StartGateTest, EachIdleProcessorTakesOneStart) {
  EXPECT_EQ(starts(kFurther), 0);  // nothing is known yet
  pass(100ms, 0);
  EXPECT_EQ(starts(kFurther), 0);
  pass(100ms, 1.6);
  EXPECT_EQ(starts(kFurther), 2);
  pass(20ms, 4);
  EXPECT_EQ(starts(kFurther), 0);  // too soon to see anything
  pass(80ms, 4);
  EXPECT_EQ(starts(kFurther), 4);
}

TEST_F(StartGateTest, AFirstInstanceNeedsNoIdleProcessorAndHasPlacesOfItsOwn) {
  look();
  constexpr StartGate::Wish kFirst{.first = true, .waited = 0ms, .patience = 1s};
  EXPECT_EQ(starts({.waited = 1h, .patience = 1s}), 4);
  EXPECT_EQ(starts(kFirst), 4);
}

TEST_F(StartGateTest, PatienceEndsAfterAboutAStart) {
  look();
  EXPECT_EQ(starts({.waited = 99ms, .patience = 100ms}), 0);
  EXPECT_EQ(starts({.waited = 100ms, .patience = 100ms}), 4);
}

TEST_F(StartGateTest, StartsThatStandStillHoldNobodyUpForLong) {
  look();
  for (std::size_t i = 0; i < kProcessors; ++i) begin();
  constexpr StartGate::Wish kWaits{.waited = 4s, .patience = 1s};
  EXPECT_EQ(starts(kWaits), 0);
  pass(2s, 0);
  EXPECT_EQ(starts(kWaits), 0);
  pass(1s, 0);
  EXPECT_EQ(gate_.starting(), 0u);
  EXPECT_EQ(starts(kWaits), 4);
}

TEST_F(StartGateTest, ThereIsALimitWhateverIsIdle) {
  says_ = false;
  for (std::size_t i = 0; i < gate_.most(); ++i) begin();
  pass(100ms, 4);
  EXPECT_FALSE(gate_.has_place());
  EXPECT_EQ(starts(kFurther), 0);
  // A function that others' init phases wait for is not kept out by them.
  EXPECT_EQ(starts({.first = true}), 4);
  end();
  EXPECT_EQ(gate_.starting(), gate_.most() + 3);
}

TEST_F(StartGateTest, WhatWasSeenLongAgoSaysNothing) {
  look();
  pass(2s, 4);
  EXPECT_EQ(starts(kFurther), 0);
  pass(50ms, 4);
  EXPECT_EQ(starts(kFurther), 4);
}

TEST_F(StartGateTest, WhereTheKernelSaysNothingAllAreIdle) {
  says_ = false;
  EXPECT_EQ(starts(kFurther), 4);
  pass(100ms, 0);
  EXPECT_EQ(starts(kFurther), 4);
}

}  // namespace
}  // namespace tandem::lambda
