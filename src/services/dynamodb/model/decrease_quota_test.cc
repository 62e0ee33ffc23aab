#include "services/dynamodb/model/decrease_quota.h"

#include <gtest/gtest.h>

namespace tandem::dynamodb {
namespace {

/// Monday, October 10, 2022, 00:00 UTC.
constexpr double kMidnight_s = 1'665'360'000;

TEST(DecreaseQuota, FourADayThenOneAnHour) {
  const core::Pace pace;
  Decreases decreases;
  double now_s = kMidnight_s + 13 * 3600 + 19;
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(decrease_refusal(decreases, now_s, pace));
    decreases = decreased(decreases, now_s, pace);
  }
  const auto refused = decrease_refusal(decreases, now_s + 3599, pace);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), "LimitExceededException");
  EXPECT_EQ(refused->message(),
            "Subscriber limit exceeded: Provisioned throughput decreases are limited within a "
            "given UTC day. After the first 4 decreases, each subsequent decrease in the same UTC "
            "day can be performed at most once every 3600 seconds. Number of decreases today: 4. "
            "Last decrease at Monday, October 10, 2022 at 1:00:19 PM Coordinated Universal Time. "
            "Next decrease can be made at Monday, October 10, 2022 at 2:00:19 PM Coordinated "
            "Universal Time");
  now_s += 3600;
  EXPECT_FALSE(decrease_refusal(decreases, now_s, pace));
  decreases = decreased(decreases, now_s, pace);
  EXPECT_EQ(decreases_today(decreases, now_s, pace), 5);
  EXPECT_TRUE(decrease_refusal(decreases, now_s + 1, pace));
}

TEST(DecreaseQuota, AnotherDayBeginsAnew) {
  const core::Pace pace;
  Decreases decreases;
  const double now_s = kMidnight_s + 86'400 - 10;
  for (int i = 0; i < 4; ++i) decreases = decreased(decreases, now_s, pace);
  EXPECT_TRUE(decrease_refusal(decreases, now_s + 9, pace));
  EXPECT_FALSE(decrease_refusal(decreases, now_s + 11, pace));
  EXPECT_EQ(decreases_today(decreases, now_s + 11, pace), 0);
}

TEST(DecreaseQuota, TwentySevenADay) {
  // "effectively bringing the maximum number of decreases in a day to 27".
  const core::Pace pace;
  Decreases decreases;
  for (double now_s = kMidnight_s; now_s < kMidnight_s + 86'400; now_s += 60) {
    while (!decrease_refusal(decreases, now_s, pace)) {
      decreases = decreased(decreases, now_s, pace);
    }
  }
  EXPECT_EQ(decreases.count, 27);
}

TEST(DecreaseQuota, PassesAtThePace) {
  const core::Pace pace(60);
  Decreases decreases;
  for (int i = 0; i < 4; ++i) decreases = decreased(decreases, kMidnight_s, pace);
  EXPECT_TRUE(decrease_refusal(decreases, kMidnight_s + 59, pace));
  EXPECT_FALSE(decrease_refusal(decreases, kMidnight_s + 60, pace));
  EXPECT_EQ(decreases_today(decreases, kMidnight_s + 1439, pace), 4);
  EXPECT_EQ(decreases_today(decreases, kMidnight_s + 1440, pace), 0);
}

}  // namespace
}  // namespace tandem::dynamodb
