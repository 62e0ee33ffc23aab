#include "services/cloudwatch/model/suppression.h"

#include <gtest/gtest.h>

namespace tandem::cloudwatch {
namespace {

using By = Suppression::By;
using Then = Suppression::Then;
constexpr Suppression::Periods kPeriods{120'000, 180'000};

// User Guide, "Composite alarm action suppression", its examples in order.
TEST(Suppression, TheSuppressorComesWithinTheWaitPeriod) {
  Suppression it;
  EXPECT_EQ(it.transitioned(false, kPeriods, 0), Then::kNothing);
  EXPECT_EQ(it.by(), By::kWaitPeriod);
  EXPECT_EQ(it.suppressor_changed(true, kPeriods, 60'000), Then::kNothing);
  EXPECT_EQ(it.by(), By::kAlarm);
  EXPECT_EQ(it.at(120'000), Then::kNothing);
  EXPECT_EQ(it.suppressor_changed(false, kPeriods, 200'000), Then::kNothing);
  EXPECT_EQ(it.by(), By::kExtensionPeriod);
  EXPECT_EQ(it.at(379'999), Then::kNothing);
  EXPECT_EQ(it.at(380'000), Then::kAct);
  EXPECT_EQ(it.by(), By::kNothing);
  EXPECT_EQ(it.at(500'000), Then::kNothing);
}

TEST(Suppression, TheSuppressorDoesNotCome) {
  Suppression it;
  it.transitioned(false, kPeriods, 0);
  EXPECT_EQ(it.at(119'999), Then::kNothing);
  EXPECT_EQ(it.at(120'000), Then::kAct);
}

TEST(Suppression, ANewTransitionWaitsAnew) {
  Suppression it;
  it.transitioned(false, kPeriods, 0);
  it.transitioned(false, kPeriods, 100'000);
  EXPECT_EQ(it.at(120'000), Then::kNothing);
  EXPECT_EQ(it.at(220'000), Then::kAct);
}

TEST(Suppression, TransitionsInTheExtensionPeriodDoNotProlongIt) {
  Suppression it;
  it.transitioned(true, kPeriods, 0);
  EXPECT_EQ(it.by(), By::kAlarm);
  it.suppressor_changed(false, kPeriods, 10'000);
  it.transitioned(false, kPeriods, 100'000);
  EXPECT_EQ(it.by(), By::kExtensionPeriod);
  EXPECT_EQ(it.due_ms(), 190'000);
  EXPECT_EQ(it.suppressor_changed(true, kPeriods, 150'000), Then::kNothing);
  EXPECT_EQ(it.by(), By::kAlarm);
}

TEST(Suppression, WithoutATransitionNothingIsDue) {
  Suppression it;
  EXPECT_EQ(it.suppressor_changed(true, kPeriods, 0), Then::kNothing);
  it.suppressor_changed(false, kPeriods, 10'000);
  EXPECT_EQ(it.at(500'000), Then::kNothing);
  EXPECT_EQ(it.by(), By::kNothing);
}

TEST(Suppression, AnotherSuppressorDropsThePeriods) {
  Suppression it;
  it.transitioned(false, kPeriods, 0);
  EXPECT_EQ(it.replaced(false), Then::kAct);
  it.transitioned(false, kPeriods, 0);
  EXPECT_EQ(it.replaced(true), Then::kNothing);
  EXPECT_EQ(it.by(), By::kAlarm);
}

TEST(Suppression, PeriodsOfNothing) {
  Suppression it;
  EXPECT_EQ(it.transitioned(false, {0, 0}, 0), Then::kAct);
  it.transitioned(true, {0, 0}, 0);
  EXPECT_EQ(it.suppressor_changed(false, {0, 0}, 1), Then::kAct);
}

TEST(Suppression, IsRestored) {
  for (const By by : {By::kNothing, By::kWaitPeriod, By::kExtensionPeriod, By::kAlarm}) {
    EXPECT_EQ(suppression_of(name_of(by)), by);
  }
  auto it = Suppression::restored(By::kWaitPeriod, true, 10);
  EXPECT_EQ(it.at(10), Then::kAct);
}

}  // namespace
}  // namespace tandem::cloudwatch
