#include "services/autoscaling/model/forecast.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>

namespace tandem::autoscaling {
namespace {

std::string capacities(const Forecast& forecast) {
  std::string text;
  for (const ForecastMinute& each : forecast.minutes) text += fmt::format("{} ", each.capacity);
  return text;
}

// Load that doubles on the survivor: the table had enough for one region's share at 70 %.
TEST(Forecast, LoadThatDoublesIsThrottledUntilCapacityFollows) {
  Scenario scenario{.demand = {70, 70}, .capacity = 100};
  scenario.demand.insert(scenario.demand.end(), 8, 140.0);
  const Forecast tracked = forecast_tracking(scenario, {.target_percent = 70}, {5, 500});
  // Two minutes above the threshold, and the third has what 140 a second want.
  EXPECT_EQ(capacities(tracked), "100 100 100 100 200 200 200 200 200 200 ");
  // 300 s of burst are more than the 40 a second that were missing for two minutes.
  EXPECT_EQ(tracked.throttled, 0);
  const Forecast still = forecast_static(scenario);
  EXPECT_EQ(still.throttled, 0);
  EXPECT_NEAR(still.unit_hours, 100.0 * 10 / 60, 1e-9);
  EXPECT_NEAR(tracked.unit_hours, (100.0 * 4 + 200.0 * 6) / 60, 1e-9);
}

TEST(Forecast, WithoutBurstLeftWhatIsMissingIsTurnedAway) {
  // 99 a second leave a burst that is used up within a minute of 1,000.
  Scenario scenario{.demand = {1000, 1000, 1000, 1000}, .capacity = 100};
  const Forecast tracked = forecast_tracking(scenario, {.target_percent = 70}, {5, 5000});
  // 30,000 saved up and 6,000 a minute: 36,000 of the first 60,000, 6,000 of the second.
  EXPECT_NEAR(tracked.minutes[0].consumed, 36'000, 100);
  EXPECT_NEAR(tracked.minutes[1].consumed, 6'000, 1e-6);
  // Alarms see what was consumed, not what was asked for: (35,900 + 6,000) / 2 / 60 / 0.7.
  EXPECT_EQ(tracked.minutes[2].capacity, 499);
  EXPECT_GT(tracked.minutes[2].throttled, 0);
  EXPECT_EQ(forecast_static(scenario).minutes[3].consumed, 6'000);
}

TEST(Forecast, IdleTablesAreLetGoAfterFifteenMinutes) {
  const Scenario scenario{.demand = std::vector<double>(17, 7.0), .capacity = 100};
  const Forecast tracked = forecast_tracking(scenario, {.target_percent = 70}, {5, 500});
  EXPECT_EQ(tracked.minutes[14].capacity, 100);
  EXPECT_EQ(tracked.minutes[15].capacity, 10);
}

TEST(Forecast, CapacityStaysWithinItsBounds) {
  const Scenario scenario{.demand = std::vector<double>(40, 900.0), .capacity = 100};
  const Forecast tracked = forecast_tracking(scenario, {.target_percent = 70}, {5, 300});
  EXPECT_EQ(tracked.minutes.back().capacity, 300);
  EXPECT_GT(tracked.minutes.back().throttled, 0);
}

}  // namespace
}  // namespace tandem::autoscaling
