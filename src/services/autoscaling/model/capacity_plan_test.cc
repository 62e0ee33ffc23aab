#include "services/autoscaling/model/capacity_plan.h"

#include <gtest/gtest.h>

namespace tandem::autoscaling {
namespace {

PlanRequest two_regions(double one, double other, std::size_t minutes = 20) {
  PlanRequest request;
  request.regions = {{"us-east-1", 50, std::vector<double>(minutes, one)},
                     {"us-west-2", 50, std::vector<double>(minutes, other)}};
  request.policy.target_percent = 70;
  return request;
}

TEST(CapacityPlan, ASurvivorNeedsWhatBothHave) {
  PlanRequest request = two_regions(70, 35);
  request.at = 5;
  const CapacityPlan plan = plan_capacity(request);
  EXPECT_EQ(plan.regions[0].needs, 150);
  EXPECT_EQ(plan.regions[1].needs, 150);
  EXPECT_EQ(plan.lost, "us-east-1");
  const RegionPlan& survivor = plan.regions[1];
  EXPECT_EQ(survivor.whole.throttled, 0);
  EXPECT_NEAR(survivor.whole.unit_hours, 150 * 20 / 60.0, 1e-9);
  // 50 units of its own, two minutes above the target, then 150 until the end.
  EXPECT_EQ(survivor.tracked.minutes[6].capacity, 50);
  EXPECT_EQ(survivor.tracked.minutes[7].capacity, 150);
  EXPECT_LT(survivor.tracked.unit_hours, survivor.whole.unit_hours);
  // The burst carries 55 a second for some four and a half minutes, and then 50 are too little.
  EXPECT_GT(survivor.own.throttled, 0);
}

TEST(CapacityPlan, ReplicatedWritesAreEverywhereAlready) {
  PlanRequest request = two_regions(100, 100);
  request.replicated_writes = true;
  const CapacityPlan plan = plan_capacity(request);
  EXPECT_EQ(plan.regions[1].needs, 143);
  EXPECT_EQ(plan.regions[1].tracked.throttled, 0);
}

TEST(CapacityPlan, ThreeRegionsShareByWeight) {
  PlanRequest request = two_regions(90, 10);
  request.regions.push_back({"eu-west-1", 150, std::vector<double>(20, 10)});
  request.lost = "us-east-1";
  const CapacityPlan plan = plan_capacity(request);
  EXPECT_DOUBLE_EQ(plan.regions[1].survivor_peak, 10 + 90 * 0.25);
  EXPECT_DOUBLE_EQ(plan.regions[2].survivor_peak, 10 + 90 * 0.75);
}

TEST(CapacityPlan, WhatMakesNoSenseIsRefused) {
  const auto refused = [](const PlanRequest& request) {
    EXPECT_THROW(plan_capacity(request), std::invalid_argument);
  };
  PlanRequest request = two_regions(1, 1);
  request.lost = "eu-west-1";
  refused(request);
  request = two_regions(1, 1);
  request.regions.pop_back();
  refused(request);
  refused(two_regions(1, 1, 0));
  refused(two_regions(-1, 1));
  request = two_regions(1, 1);
  request.regions[1].units.pop_back();
  refused(request);
  request = two_regions(1, 1);
  request.at = 20;
  refused(request);
  EXPECT_THROW(read_plan_request({{"Regions", {{{"Region", "a"}, {"Units", {"x"}}}}}}),
               std::invalid_argument);
  EXPECT_THROW(read_plan_request({}), std::invalid_argument);
}

}  // namespace
}  // namespace tandem::autoscaling
