#include "services/autoscaling/model/step_scaling.h"

#include <gtest/gtest.h>

namespace tandem::autoscaling {
namespace {

json::object step(std::optional<double> lower, std::optional<double> upper, int adjustment) {
  json::object made{{"ScalingAdjustment", adjustment}};
  if (lower) made["MetricIntervalLowerBound"] = *lower;
  if (upper) made["MetricIntervalUpperBound"] = *upper;
  return made;
}

StepReading read(json::array steps, std::string_view type = "PercentChangeInCapacity") {
  return read_steps({{"AdjustmentType", type}, {"StepAdjustments", std::move(steps)}});
}

constexpr auto kNone = std::nullopt;

TEST(StepScaling, RefusesInAwsWords) {
  EXPECT_EQ(read_steps({}).refusal, "Adjustment type must be specified");
  EXPECT_EQ(read({step(kNone, kNone, 1)}).refusal,
            "Both lower and upper bounds of a step adjustment cannot be left unspecified");
  EXPECT_EQ(read({step(-10, 0, -1)}).refusal,
            "There must be a step adjustment with an unspecified lower bound when one step "
            "adjustment has a negative lower bound");
  EXPECT_EQ(read({step(0, 10, 1)}).refusal,
            "There must be a step adjustment with an unspecified upper bound when one step "
            "adjustment has a positive upper bound");
  EXPECT_NE(read({step(0, 10, 1), step(20, kNone, 2)}).refusal, "");
  EXPECT_NE(read({step(0, 10, 1), step(5, kNone, 2)}).refusal, "");
  EXPECT_NE(read({step(0, kNone, 1), step(10, kNone, 2)}).refusal, "");
  EXPECT_NE(read({step(kNone, 0, 1), step(kNone, 10, 2)}).refusal, "");
  EXPECT_EQ(read({step(0, 10, 1), step(10, kNone, 2)}).refusal, "");
  EXPECT_EQ(read({step(kNone, -10, -2), step(-10, 0, -1), step(0, kNone, 1)}).refusal, "");
}

TEST(StepScaling, BoundsBelongToTheStepAwayFromTheThreshold) {
  // The user guide's example: threshold 50, steps at 60 and 70, and at 40 and 30.
  const auto policy = read({step(0, 10, 0), step(10, 20, 10), step(20, kNone, 30), step(-10, 0, 0),
                            step(-20, -10, -10), step(kNone, -20, -30)})
                          .policy;
  struct Row {
    double breach;
    std::int64_t adjustment;
  };
  const Row rows[] = {{0, 0},     {9.99, 0},  {10, 10},   {19.9, 10},   {20, 30},   {1000, 30},
                      {-0.01, 0}, {-9.99, 0}, {-10, -10}, {-19.9, -10}, {-20, -30}, {-99, -30}};
  for (const Row& row : rows) {
    const Step* found = find_step(policy, row.breach);
    ASSERT_NE(found, nullptr) << row.breach;
    EXPECT_EQ(found->adjustment, row.adjustment) << row.breach;
  }
}

TEST(StepScaling, RoundsPercentAsAwsDoes) {
  struct Row {
    int percent;
    std::int64_t current, wanted;
  };
  // 12.7 → 12, 0.67 → 1, -0.58 → -1, -6.67 → -6.
  const Row rows[] = {{127, 10, 22}, {67, 1, 2}, {-58, 1, 0}, {-667, 1, -5}, {0, 10, 10}};
  for (const Row& row : rows) {
    const auto policy = read({step(0, kNone, row.percent)}).policy;
    EXPECT_EQ(adjusted(policy, policy.steps.front(), row.current), row.wanted) << row.percent;
  }
  auto policy = read({step(0, kNone, 10), step(kNone, 0, -10)}).policy;
  policy.min_magnitude = 3;
  EXPECT_EQ(adjusted(policy, policy.steps[0], 10), 13);
  EXPECT_EQ(adjusted(policy, policy.steps[1], 10), 7);
  EXPECT_EQ(adjusted(policy, policy.steps[0], 100), 110);
}

TEST(StepScaling, ChangesExactlyAndByNumbers) {
  const auto change = read({step(0, kNone, 3)}, "ChangeInCapacity").policy;
  EXPECT_EQ(adjusted(change, change.steps[0], 10), 13);
  const auto exact = read({step(0, kNone, 3)}, "ExactCapacity").policy;
  EXPECT_EQ(adjusted(exact, exact.steps[0], 10), 3);
  EXPECT_EQ(change.cooldown_s, 300);
}

TEST(StepScaling, AggregatesRecentPoints) {
  using Aggregation = StepScaling::Aggregation;
  EXPECT_DOUBLE_EQ(aggregate(Aggregation::kAverage, {1, 2, 6}), 3);
  EXPECT_DOUBLE_EQ(aggregate(Aggregation::kMinimum, {1, 2, 6}), 1);
  EXPECT_DOUBLE_EQ(aggregate(Aggregation::kMaximum, {1, 2, 6}), 6);
}

}  // namespace
}  // namespace tandem::autoscaling
