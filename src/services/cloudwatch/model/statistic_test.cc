#include "services/cloudwatch/model/statistic.h"

#include <cmath>
#include <gtest/gtest.h>

namespace tandem::cloudwatch {
namespace {

Aggregate one_to(int last) {
  Aggregate all;
  for (int value = 1; value <= last; ++value) all.add(Aggregate::of(value));
  return all;
}

std::optional<double> of(std::string_view word, const Aggregate& aggregate) {
  const auto statistic = Statistic::parse(word);
  EXPECT_TRUE(statistic) << word;
  return statistic ? statistic->of(aggregate) : std::nullopt;
}

TEST(Statistic, TheFiveBasicOnes) {
  Aggregate all = Aggregate::of(1);
  all.add(Aggregate::of(5, 3));
  all.add(Aggregate::of(-2));
  EXPECT_EQ(of("SampleCount", all), 5);
  EXPECT_EQ(of("Sum", all), 14);
  EXPECT_EQ(of("Average", all), 2.8);
  EXPECT_EQ(of("Minimum", all), -2);
  EXPECT_EQ(of("Maximum", all), 5);
  EXPECT_EQ(of("Sum", Aggregate()), std::nullopt);
}

// CloudWatch User Guide, "Statistics definitions", which has the words' meanings.
TEST(Statistic, ThoseThatKnowEveryValue) {
  const Aggregate all = one_to(100);
  EXPECT_EQ(of("p95", all), 95);
  EXPECT_EQ(of("p99.9", all), 100);
  EXPECT_EQ(of("p0", all), 1);
  EXPECT_EQ(of("p100", all), 100);
  EXPECT_EQ(of("tm90", all), 45.5);
  EXPECT_EQ(of("TM(:90%)", all), 45.5);
  EXPECT_EQ(of("TM(10%:90%)", all), 50.5);
  EXPECT_EQ(of("IQM", all), 50.5);
  EXPECT_EQ(of("TM(2:5)", all), 4);
  EXPECT_EQ(of("tc90", all), 90);
  EXPECT_EQ(of("TC(80:500)", all), 20);
  EXPECT_EQ(of("ts90", all), 45.5 * 90);
  EXPECT_EQ(of("TS(80:)", all), 1810);
  EXPECT_EQ(of("wm90", all), (45.5 * 90 + 900) / 100);
  EXPECT_EQ(of("WM(:10)", all), (55 + 900) / 100.0);
  EXPECT_EQ(of("PR(:30)", all), 30);
  EXPECT_EQ(of("PR(20:50)", all), 30);
  EXPECT_EQ(of("TM(500:600)", all), std::nullopt);
}

TEST(Statistic, SetsTellTheirValuesOnlyWhenAllAreOne) {
  EXPECT_EQ(of("p50", Aggregate::of_set(4, 8, 2, 2)), 2);
  Aggregate some = Aggregate::of_set(4, 9, 1, 4);
  EXPECT_EQ(of("Average", some), 2.25);
  EXPECT_EQ(of("p50", some), std::nullopt);
  some.add(Aggregate::of(100));
  EXPECT_EQ(of("Maximum", some), 100);
  EXPECT_EQ(of("p50", some), std::nullopt);
}

TEST(Statistic, NoneOfValuesBelowZero) {
  Aggregate all = one_to(3);
  all.add(Aggregate::of(-1));
  EXPECT_EQ(of("p50", all), std::nullopt);
  EXPECT_EQ(of("Average", all), 1.25);
}

TEST(Statistic, WordsThatAreNone) {
  for (const char* word :
       {"",        "sum",    "Sums",    "p",           "p101",        "p-1",
        "p1e1",    "p5%",    "P50",     "tm",          "tm101",       "xx50",
        "TM",      "TM()",   "TM(:)",   "TM(10:90%)",  "TM(90%:10%)", "TM(10%:101%)",
        "TM(a:b)", "TM(1:2", "XX(1:2)", "PR(10%:20%)", "iqm",         "p99.12345678901"}) {
    EXPECT_FALSE(Statistic::parse(word)) << word;
  }
  EXPECT_TRUE(Statistic::parse("p99.1234567890"));
}

TEST(Aggregate, ManyDifferentValuesTakeBoundedRoom) {
  Aggregate fine;
  Aggregate wild;
  for (int i = 0; i < 20'000; ++i) {
    fine.add(Aggregate::of(100 + i / 1'000.0));
    // Of every magnitude there is, both signs.
    wild.add(Aggregate::of(std::ldexp(i / 700 % 2 == 0 ? 1.1 : -1.1, i % 700 - 350)));
    ASSERT_LE(fine.different_values(), Aggregate::kDifferentValues);
    ASSERT_LE(wild.different_values(), Aggregate::kDifferentValues);
  }
  EXPECT_EQ(fine.count(), 20'000);
  EXPECT_EQ(fine.maximum(), 119.999);
  EXPECT_NEAR(*Statistic::parse("p50")->of(fine), 110, 0.5);
  EXPECT_NEAR(fine.average(), 110, 0.001);
  EXPECT_EQ(wild.values(), nullptr);
  EXPECT_EQ(wild.count(), 20'000);
}

}  // namespace
}  // namespace tandem::cloudwatch
