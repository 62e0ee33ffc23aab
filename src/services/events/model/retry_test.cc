#include "services/events/model/retry.h"

#include <gtest/gtest.h>

namespace tandem::events {
namespace {

using std::chrono::milliseconds;

TEST(Retry, WaitsDoubleUpToTenMinutes) {
  const RetryLimits limits;
  const core::Pace pace;
  EXPECT_EQ(next_wait(1, 0, {}, limits, pace), milliseconds(500));
  EXPECT_EQ(next_wait(2, 0, {}, limits, pace), milliseconds(1'000));
  EXPECT_EQ(next_wait(3, 0.5, {}, limits, pace), milliseconds(3'000));
  EXPECT_EQ(next_wait(50, 0, {}, limits, pace), milliseconds(300'000));
  EXPECT_EQ(next_wait(50, 0, {}, limits, core::Pace(20)), milliseconds(15'000));
}

TEST(Retry, EndsAfterADayOrItsAttempts) {
  milliseconds age{0};
  std::int64_t failed = 0;
  for (bool tried_again = true; tried_again;) {
    const auto wait = next_wait(++failed, 0.5, age, {}, core::Pace());
    tried_again = wait.has_value();
    age += wait.value_or(milliseconds(0));
  }
  EXPECT_GT(failed, 180);
  EXPECT_LE(failed, kRetryAttempts + 1);
  EXPECT_FALSE(next_wait(186, 0, {}, {}, core::Pace()));
  EXPECT_TRUE(next_wait(185, 0, {}, {}, core::Pace()));
  const json::object target{
      {"RetryPolicy", {{"MaximumRetryAttempts", 0}, {"MaximumEventAgeInSeconds", 60}}}};
  EXPECT_FALSE(next_wait(1, 0, {}, retry_limits(target), core::Pace()));
  EXPECT_EQ(retry_limits(target).age, std::chrono::seconds(60));
  EXPECT_FALSE(next_wait(1, 0, milliseconds(86'400'000), {}, core::Pace()));
  EXPECT_FALSE(next_wait(1, 0, milliseconds(4'320'000), {}, core::Pace(20)));
}

}  // namespace
}  // namespace tandem::events
