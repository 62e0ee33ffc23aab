#include "services/dynamodb/model/throughput.h"

#include <gtest/gtest.h>

#include "services/dynamodb/model/capacity_units.h"

namespace tandem::dynamodb {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;

/// A gate in simulated time.
class Gate {
 public:
  Gate(Access access, ThroughputSettings settings,
       ThroughputGate::Start start = ThroughputGate::Start::kNew)
      : gate_(access, settings, {}, start, 0) {}

  void pass(std::int64_t ns) { now_ns_ += ns; }
  std::optional<Limit> refusal(std::optional<std::uint64_t> key = {}) {
    return gate_.refuses(key, 0, now_ns_);
  }
  bool one(double units, std::optional<std::uint64_t> key = {}) {
    if (gate_.refuses(key, 0, now_ns_)) return false;
    gate_.take(key, units, now_ns_);
    return true;
  }
  /// Requests of one unit, as many as are let in at this moment. No key: each has another.
  int burst(int most, std::optional<std::uint64_t> key = {}) {
    int taken = 0;
    while (taken < most && one(1, key ? *key : next_key_++)) ++taken;
    return taken;
  }
  /// For so many seconds, tries this many of one unit in each, in ten portions; how many were let
  /// in of those of the last second.
  int each_second(int seconds, int tried, std::optional<std::uint64_t> key = {}) {
    int taken = 0;
    for (int second = 0; second < seconds; ++second) {
      taken = 0;
      for (int portion = 0; portion < 10; ++portion) {
        pass(kSecond / 10);
        taken += burst(tried / 10, key);
      }
      if (const auto peak = gate_.grown(now_ns_)) {
        ThroughputSettings settings = gate_.settings();
        settings.peak = *peak;
        gate_.configure(settings, now_ns_);
      }
    }
    return taken;
  }
  void configure(const ThroughputSettings& settings) { gate_.configure(settings, now_ns_); }
  double rate() const { return gate_.rate(); }

 private:
  ThroughputGate gate_;
  std::int64_t now_ns_ = 0;
  std::uint64_t next_key_ = 0;
};

ThroughputSettings provisioned(double units) { return {.provisioned = units}; }
ThroughputSettings on_demand() { return {.on_demand = true}; }

TEST(Units, AreRoundedUpAsTheGuideSays) {
  struct Row {
    std::size_t bytes;
    HalfUnits eventual, strong, write;
  };
  // Developer Guide, "DynamoDB read and write operations": 4 KB a read unit, 1 KB a write unit, at
  // least one. 400 KB is the largest item.
  for (const Row& row : {Row{0, 1, 2, 2}, Row{1, 1, 2, 2}, Row{1024, 1, 2, 2}, Row{1025, 1, 2, 4},
                         Row{4096, 1, 2, 8}, Row{4097, 2, 4, 10}, Row{409'600, 100, 200, 800}}) {
    EXPECT_EQ(read_units(row.bytes, Consistency::kEventual), row.eventual) << row.bytes;
    EXPECT_EQ(read_units(row.bytes, Consistency::kStrong), row.strong) << row.bytes;
    EXPECT_EQ(write_units(0, row.bytes), row.write) << row.bytes;
    EXPECT_EQ(write_units(row.bytes, 0), row.write) << row.bytes;
  }
}

TEST(Provisioned, SustainsItsRate) {
  Gate gate(Access::kWrite, provisioned(5));
  EXPECT_EQ(gate.each_second(60, 50), 5);
  EXPECT_EQ(gate.refusal(), Limit::kProvisioned);
}

TEST(Provisioned, SavesThreeHundredSeconds) {
  // AWS re:Post, "How does DynamoDB handle spiky workloads": 150 units unused for five minutes are
  // 45,000, which 200 a second use up in 900 s.
  Gate gate(Access::kRead, provisioned(150));
  gate.pass(3600 * kSecond);
  EXPECT_EQ(gate.each_second(890, 200), 200);
  EXPECT_LT(gate.each_second(20, 200), 200);
  EXPECT_EQ(gate.each_second(60, 200), 150);
}

TEST(Provisioned, ANewTableHasSavedNothing) {
  Gate fresh(Access::kWrite, provisioned(5));
  EXPECT_EQ(fresh.burst(10'000), 5);
  Gate rested(Access::kWrite, provisioned(5), ThroughputGate::Start::kRested);
  EXPECT_EQ(rested.burst(10'000), 1500);
}

TEST(Provisioned, OneLargeRequestIsPaidBackAfterwards) {
  // An item of 400 KB goes into a table with one write unit; a page of 1 MB is known once it has
  // been read.
  Gate gate(Access::kWrite, provisioned(1));
  EXPECT_TRUE(gate.one(400));
  EXPECT_FALSE(gate.one(1));
  gate.pass(398 * kSecond);
  EXPECT_FALSE(gate.one(1));
  gate.pass(2 * kSecond);
  EXPECT_TRUE(gate.one(1));
}

TEST(Provisioned, AnIncreaseCountsAtOnceAndADecreaseKeepsNoMoreThanItHolds) {
  Gate gate(Access::kWrite, provisioned(5));
  EXPECT_EQ(gate.each_second(10, 50), 5);
  gate.configure(provisioned(50));
  EXPECT_EQ(gate.each_second(10, 500), 50);
  gate.pass(3600 * kSecond);
  gate.configure(provisioned(1));
  EXPECT_EQ(gate.burst(10'000), 300);
}

TEST(Keys, OneMayUseTheWholeTable) {
  // Developer Guide, "Adaptive capacity": "as long as traffic does not exceed your table's total
  // provisioned capacity or the partition maximum capacity".
  Gate gate(Access::kWrite, provisioned(400));
  EXPECT_EQ(gate.each_second(10, 1000, 7), 400);
  EXPECT_EQ(gate.refusal(7), Limit::kProvisioned);
}

TEST(Keys, OneHasAtMostAPartition) {
  struct Row {
    Access access;
    int most;
  };
  // Developer Guide, "Best practices for designing and using partition keys effectively".
  for (const Row& row : {Row{Access::kRead, 3000}, Row{Access::kWrite, 1000}}) {
    Gate gate(row.access, provisioned(20'000));
    // Neither what the table has saved nor what it has left helps.
    gate.pass(3600 * kSecond);
    EXPECT_EQ(gate.each_second(5, 9000, 7), row.most);
    EXPECT_EQ(gate.refusal(7), Limit::kKeyRange);
    EXPECT_EQ(gate.refusal(8), std::nullopt);
  }
}

TEST(OnDemand, BeginsAtWhatTheGuideSays) {
  Gate writes(Access::kWrite, on_demand());
  EXPECT_EQ(writes.each_second(10, 9000), 4000);
  EXPECT_EQ(writes.refusal(), Limit::kScaling);
  Gate reads(Access::kRead, on_demand());
  EXPECT_EQ(reads.each_second(10, 20'000), 12'000);
}

TEST(OnDemand, TwiceThePreviousPeakAfterHalfAnHour) {
  Gate gate(Access::kWrite, on_demand());
  gate.each_second(125, 4000);
  gate.pass(28 * kMinute);
  EXPECT_EQ(gate.each_second(3, 9000), 4000);
  gate.pass(2 * kMinute);
  gate.each_second(1, 10);
  EXPECT_EQ(gate.each_second(12, 9000), 8000);
}

TEST(OnDemand, AMomentIsNoPeak) {
  Gate gate(Access::kWrite, on_demand());
  gate.each_second(6, 4000);
  gate.pass(kMinute);
  gate.each_second(1, 10);
  gate.pass(31 * kMinute);
  gate.each_second(1, 10);
  EXPECT_EQ(gate.rate(), 4000);
}

TEST(OnDemand, GrowsWhileLoadGrows) {
  // Load that goes up each minute: what was reached half an hour ago counts, not only what stands.
  PeakWatch watch({}, 0);
  double peak = 2000;
  for (int minute = 0; minute < 60; ++minute) {
    for (int second = 0; second < 60; ++second) {
      const std::int64_t now_ns = minute * kMinute + second * kSecond;
      watch.take(3000 + 10 * minute, 1e9, now_ns);
      if (const auto grown = watch.grown(peak, now_ns)) peak = *grown;
    }
  }
  EXPECT_EQ(peak, 3280);
}

TEST(OnDemand, WarmThroughputIsThereAtOnce) {
  ThroughputSettings settings = on_demand();
  settings.warm = 15'000;
  Gate gate(Access::kWrite, settings);
  EXPECT_EQ(gate.each_second(5, 30'000), 15'000);
}

TEST(OnDemand, TheQuotaEndsIt) {
  ThroughputSettings settings = on_demand();
  settings.peak = 30'000;
  Gate gate(Access::kWrite, settings);
  EXPECT_EQ(gate.each_second(3, 60'000), 40'000);
  EXPECT_EQ(gate.refusal(), Limit::kAccount);
}

TEST(OnDemand, AMaximumLimits) {
  ThroughputSettings settings = on_demand();
  settings.maximum = 10;
  Gate gate(Access::kWrite, settings);
  EXPECT_EQ(gate.each_second(10, 100), 10);
  EXPECT_EQ(gate.refusal(), Limit::kMaxOnDemand);
  settings.maximum = 0;
  gate.configure(settings);
  EXPECT_EQ(gate.each_second(3, 100), 100);
}

TEST(Reasons, AreNamedAsInTheReference) {
  // API Reference, "ThrottlingReason".
  EXPECT_EQ(throttling_reason(Access::kWrite, Limit::kProvisioned),
            "WriteProvisionedThroughputExceeded");
  EXPECT_EQ(throttling_reason(Access::kRead, Limit::kKeyRange), "ReadKeyRangeThroughputExceeded");
  EXPECT_EQ(throttling_reason(Access::kRead, Limit::kScaling), "ReadKeyRangeThroughputExceeded");
  EXPECT_EQ(throttling_reason(Access::kWrite, Limit::kMaxOnDemand),
            "WriteMaxOnDemandThroughputExceeded");
  EXPECT_EQ(throttling_reason(Access::kRead, Limit::kAccount), "ReadAccountLimitExceeded");
}

}  // namespace
}  // namespace tandem::dynamodb
