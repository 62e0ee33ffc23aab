#include "core/meters.h"

#include <gtest/gtest.h>
#include <string>

namespace tandem::core {
namespace {

constexpr MeterKind kDuration{"AWS/Lambda", "Duration", "Milliseconds",
                              "aws_lambda_duration_milliseconds", "How long invocations took"};

TEST(Meters, ValuesAreTakenOnceAndToldFromTheBeginning) {
  Meters meters;
  const auto meter = meters.meter(kDuration, {{{"FunctionName", "f"}}, {}});
  EXPECT_EQ(meters.meter(kDuration, {{{"FunctionName", "f"}}, {}}), meter);
  for (const double value : {0.0, 3.0, 200.0, 1'234.5678}) meter->record(value);
  meter->record(7, 2);
  const auto taken = [&] {
    Aggregate all;
    meters.take([&](const Meter& which, const Aggregate& values) {
      EXPECT_EQ(&which, meter.get());
      all.add(values);
    });
    return all;
  };
  const Aggregate first = taken();
  EXPECT_EQ(first.count(), 6);
  EXPECT_EQ(first.sum(), 1'451.5678);
  EXPECT_EQ(first.minimum(), 0);
  EXPECT_EQ(first.maximum(), 1'234.5678);
  ASSERT_NE(first.values(), nullptr);
  EXPECT_EQ(first.values()->at(3), 1);
  EXPECT_EQ(first.values()->at(7), 2);
  EXPECT_EQ(first.values()->at(200), 1);
  EXPECT_NEAR(first.values()->rbegin()->first, 1'234.5678, 12);
  EXPECT_TRUE(taken().empty());
  meter->record(1);
  EXPECT_EQ(taken().sum(), 1);

  MetricSet told;
  meters.describe(told);
  const std::string text = prometheus_text(told);
  EXPECT_NE(text.find("aws_lambda_duration_milliseconds_sum{FunctionName=\"f\"} 1452.5678\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("aws_lambda_duration_milliseconds_count{FunctionName=\"f\"} 7\n"),
            std::string::npos)
      << text;
}

TEST(Meters, WhatNobodyKeepsGoesAfterItsValues) {
  Meters meters;
  meters.meter(kDuration, {{}})->record(5);
  int taken = 0;
  const auto count = [&](const Meter&, const Aggregate&) { ++taken; };
  meters.take(count);
  EXPECT_EQ(taken, 1);
  MetricSet told;
  meters.describe(told);
  EXPECT_TRUE(told.families().empty());
}

TEST(Meters, SamplersAreCalledForAPeriod) {
  Meters meters;
  const auto meter = meters.meter(kDuration, {{}});
  meters.add_sampler([&] { meter->record(3); });
  int asked = 0;
  meters.add_source([&] { ++asked; });
  meters.sample();
  meters.take([](const Meter&, const Aggregate& values) { EXPECT_EQ(values.sum(), 3); });
  EXPECT_EQ(meter->count(), 1u);
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace tandem::core
