#include "core/metrics.h"

#include <gtest/gtest.h>

namespace tandem::core {
namespace {

// The grammar and the rules for histograms: Prometheus' documentation, "Exposition formats".

TEST(Metrics, TextHasHelpTypeAndSamples) {
  Metrics metrics;
  metrics.add([](MetricSet& set) {
    auto& calls = set.counter("calls_total", "Calls.");
    calls.add(std::uint64_t{3}, {{"way", "in"}, {"code", "200"}});
    calls.add(1'000'000u, {{"way", "out"}});
    set.gauge("age_seconds", "Age.").add(0.25);
  });
  EXPECT_EQ(prometheus_text(metrics.collect()),
            "# HELP calls_total Calls.\n"
            "# TYPE calls_total counter\n"
            "calls_total{way=\"in\",code=\"200\"} 3\n"
            "calls_total{way=\"out\"} 1000000\n"
            "# HELP age_seconds Age.\n"
            "# TYPE age_seconds gauge\n"
            "age_seconds 0.25\n");
}

TEST(Metrics, LabelsAreEscaped) {
  MetricSet set;
  set.gauge("g", "G.").add(1, {{"name", "a\\b\"c\nd"}});
  EXPECT_NE(prometheus_text(set).find("g{name=\"a\\\\b\\\"c\\nd\"} 1\n"), std::string::npos);
}

TEST(Metrics, BucketsAreCumulativeAndEndWithAll) {
  MetricSet set;
  set.histogram("took_seconds", "Took.")
      .add(Histogram{.bounds = {5e-5, 0.5}, .counts = {2, 1}, .sum = 7.5, .count = 4},
           {{"peer", "us-west-2"}});
  EXPECT_EQ(prometheus_text(set),
            "# HELP took_seconds Took.\n"
            "# TYPE took_seconds histogram\n"
            "took_seconds_bucket{peer=\"us-west-2\",le=\"5e-05\"} 2\n"
            "took_seconds_bucket{peer=\"us-west-2\",le=\"0.5\"} 3\n"
            "took_seconds_bucket{peer=\"us-west-2\",le=\"+Inf\"} 4\n"
            "took_seconds_sum{peer=\"us-west-2\"} 7.5\n"
            "took_seconds_count{peer=\"us-west-2\"} 4\n");
}

TEST(Metrics, OneFamilyOfSeveralCollectors) {
  Metrics metrics;
  for (const char* who : {"a", "b"}) {
    metrics.add([who](MetricSet& set) { set.gauge("g", "G.").add(1, {{"who", who}}); });
  }
  const MetricSet set = metrics.collect();
  ASSERT_EQ(set.families().size(), 1u);
  EXPECT_EQ(set.families().front().samples().size(), 2u);
}

TEST(MetricsDeathTest, ANameHasOneMeaning) {
  MetricSet set;
  set.gauge("g", "G.");
  EXPECT_DEATH(set.counter("g", "G."), "kind");
}

}  // namespace
}  // namespace tandem::core
