#include "services/apigateway/model/throttle.h"

#include <gtest/gtest.h>

namespace tandem::apigateway {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// AWS, throttling: token bucket; burst is the bucket's size, rate how fast it fills.
TEST(TokenBucket, AllowsABurstThenTheRate) {
  TokenBucket bucket;
  const RateLimit limit{10, 3};
  std::int64_t now = 5 * kSecond;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.take(limit, now));
  EXPECT_FALSE(bucket.take(limit, now));
  now += kSecond / 10;
  EXPECT_TRUE(bucket.take(limit, now));
  EXPECT_FALSE(bucket.take(limit, now));
}

TEST(TokenBucket, NeverHoldsMoreThanTheBurst) {
  TokenBucket bucket;
  const RateLimit limit{100, 2};
  EXPECT_TRUE(bucket.take(limit, 0));
  const std::int64_t later = 3'600 * kSecond;
  EXPECT_TRUE(bucket.take(limit, later));
  EXPECT_TRUE(bucket.take(limit, later));
  EXPECT_FALSE(bucket.take(limit, later));
}

TEST(TokenBucket, OfZeroLetsNothingThrough) {
  TokenBucket bucket;
  EXPECT_FALSE(bucket.take({0, 0}, 0));
  EXPECT_FALSE(bucket.take({0, 0}, 100 * kSecond));
}

// 2023-11-14 22:13:20 UTC, a Tuesday.
constexpr std::int64_t kTuesday = 1'700'000'000;
constexpr std::int64_t kDay = 86'400;

TEST(QuotaPeriod, BeginsAtMidnightSundayOrTheFirst) {
  EXPECT_EQ(period_start(Period::kDay, kTuesday) * kDay, 1'699'920'000);    // Nov 14
  EXPECT_EQ(period_start(Period::kWeek, kTuesday) * kDay, 1'699'747'200);   // Sun Nov 12
  EXPECT_EQ(period_start(Period::kMonth, kTuesday) * kDay, 1'698'796'800);  // Nov 1
}

// AWS, UsagePlan quota: offset is taken off the limit in the initial period only.
TEST(Quota, OffsetCountsInTheFirstPeriodOnly) {
  const Quota quota{10, 4, Period::kWeek, kTuesday};
  QuotaUse use;
  EXPECT_EQ(quota_left(quota, use, kTuesday), 6);
  use.used = 6;
  EXPECT_EQ(quota_left(quota, use, kTuesday + kDay), 0);
  EXPECT_EQ(quota_left(quota, use, kTuesday + 7 * kDay), 10);
}

TEST(Quota, StartsAnewWithThePeriod) {
  const Quota quota{2, 0, Period::kDay, 0};
  QuotaUse use;
  EXPECT_EQ(quota_left(quota, use, kTuesday), 2);
  use.used = 2;
  EXPECT_EQ(quota_left(quota, use, kTuesday), 0);
  EXPECT_EQ(quota_left(quota, use, kTuesday + kDay), 2);
}

}  // namespace
}  // namespace tandem::apigateway
