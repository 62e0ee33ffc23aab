#include "services/autoscaling/model/target_tracking.h"

#include <gtest/gtest.h>

namespace tandem::autoscaling {
namespace {

using Kind = Decision::Kind;

Situation at(std::int64_t current, Bounds bounds = {5, 500}) {
  return {.now_ms = 10'000'000, .current = current, .bounds = bounds, .history = {}};
}

TEST(TargetTracking, ThresholdsFollowCapacity) {
  // Five units at 70 %: 210 and 150; twelve: below 360 (alarms of public tables).
  EXPECT_DOUBLE_EQ(high_threshold(70, 5), 210);
  EXPECT_DOUBLE_EQ(low_threshold(70, 5), 150);
  EXPECT_DOUBLE_EQ(low_threshold(70, 12), 360);
  EXPECT_DOUBLE_EQ(low_threshold(75, 2), 66);
  EXPECT_DOUBLE_EQ(low_threshold(75, 5), 165);
  EXPECT_DOUBLE_EQ(low_threshold(10, 5), 0);
}

TEST(TargetTracking, WantsEnoughForTheTargetRoundedUp) {
  struct Row {
    Minutes minutes;
    double target;
    std::int64_t wanted;
  };
  const Row rows[] = {
      {{0, 0}, 70, 0},         {{210, 210}, 70, 5},
      {{211, 211}, 70, 6},     {{420, 420}, 70, 10},
      {{300, 600}, 70, 11},    {{6000, 6000}, 50, 200},
      {{60, 60, 60}, 90, 2},   {{1, 1}, 70, 1},
      {{4200, 4200}, 70, 100}, {{1e300, 1e300}, 10, 1'000'000'000'000},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(wanted_capacity(row.minutes, row.target), row.wanted) << row.minutes[0];
  }
  EXPECT_FALSE(wanted_capacity({}, 70));
}

TEST(TargetTracking, ScalesOutWithinItsBounds) {
  const Tracking policy{.target_percent = 70};
  EXPECT_EQ(decide(policy, at(5), Direction::kOut, {420, 420}).capacity, 10);
  const auto capped = decide(policy, at(5, {5, 8}), Direction::kOut, {4200, 4200});
  EXPECT_EQ(capped.kind, Kind::kScale);
  EXPECT_EQ(capped.capacity, 8);
  const auto full = decide(policy, at(8, {5, 8}), Direction::kOut, {4200, 4200});
  EXPECT_EQ(full.kind, Kind::kNotScaled);
  EXPECT_EQ(full.reason, NotScaled::kAtMax);
  const auto enough = decide(policy, at(10), Direction::kOut, {420, 420});
  EXPECT_EQ(enough.kind, Kind::kNotScaled);
  EXPECT_EQ(enough.reason, NotScaled::kAtDesired);
}

TEST(TargetTracking, ScalesInOnlyWhereItWouldNotFlapBack) {
  const Tracking policy{.target_percent = 70};
  EXPECT_EQ(decide(policy, at(50), Direction::kIn, Minutes(15, 420)).capacity, 10);
  EXPECT_EQ(decide(policy, at(50), Direction::kIn, Minutes(15, 0)).capacity, 5);
  const auto least = decide(policy, at(5), Direction::kIn, Minutes(15, 0));
  EXPECT_EQ(least.reason, NotScaled::kAtMin);
  // The mean of these minutes is far below the last two, which would be above the new target.
  Minutes rising(13, 0.0);
  rising.push_back(900);
  rising.push_back(900);
  const auto flapping = decide(policy, at(50), Direction::kIn, rising);
  EXPECT_EQ(flapping.kind, Kind::kNotScaled);
  EXPECT_EQ(flapping.reason, NotScaled::kAnticipatedFlapping);
  // One minute above it is no alarm.
  rising[13] = 0;
  EXPECT_EQ(decide(policy, at(50), Direction::kIn, rising).kind, Kind::kScale);
  const Tracking outward{.target_percent = 70, .scales_in = false};
  EXPECT_EQ(decide(outward, at(50), Direction::kIn, Minutes(15, 0)).kind, Kind::kNothing);
}

TEST(TargetTracking, InTheScaleOutCooldownOnlyMorePasses) {
  const Tracking policy{.target_percent = 70, .out_cooldown_ms = 60'000};
  Situation now = at(10);
  now.history = {.out_ms = now.now_ms - 59'999, .out_capacity = 10};
  EXPECT_EQ(decide(policy, now, Direction::kOut, {630, 630}).capacity, 15);
  // Somebody took away by hand what was added: it counts as added all the same.
  now.current = 8;
  EXPECT_EQ(decide(policy, now, Direction::kOut, {420, 420}).kind, Kind::kNothing);
  now.now_ms += 1;
  EXPECT_EQ(decide(policy, now, Direction::kOut, {420, 420}).capacity, 10);
}

TEST(TargetTracking, TheScaleInCooldownBlocksScaleInAlone) {
  const Tracking policy{.target_percent = 70, .in_cooldown_ms = 60'000};
  Situation now = at(20);
  now.history.in_ms = now.now_ms - 1;
  EXPECT_EQ(decide(policy, now, Direction::kIn, Minutes(15, 0)).kind, Kind::kNothing);
  EXPECT_EQ(decide(policy, now, Direction::kOut, {4200, 4200}).capacity, 100);
  now.history.in_ms = 0;  // a scale-out ends it
  EXPECT_EQ(decide(policy, now, Direction::kIn, Minutes(15, 0)).capacity, 5);
}

TEST(TargetTracking, OutIfAnyInOnlyIfAllAndTheLargestWins) {
  const Decision out20{.kind = Kind::kScale, .capacity = 20};
  const Decision out30{.kind = Kind::kScale, .capacity = 30};
  const Decision in5{.kind = Kind::kScale, .capacity = 5};
  const Decision in7{.kind = Kind::kScale, .capacity = 7};
  const Decision most{.kind = Kind::kNotScaled, .reason = NotScaled::kAtMax};
  EXPECT_EQ(combine({out20, out30, {}}, 10).capacity, 30);
  EXPECT_EQ(combine({out20, in5}, 10).capacity, 20);
  EXPECT_EQ(combine({in5, in7}, 10).capacity, 7);
  EXPECT_EQ(combine({in5, {}}, 10).kind, Kind::kNothing);
  EXPECT_EQ(combine({in5, most}, 10).kind, Kind::kNothing);
  EXPECT_EQ(combine({most, {}}, 10).reason, NotScaled::kAtMax);
  EXPECT_EQ(combine({}, 10).kind, Kind::kNothing);
}

}  // namespace
}  // namespace tandem::autoscaling
