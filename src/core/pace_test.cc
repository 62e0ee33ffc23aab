#include "core/pace.h"

#include <gtest/gtest.h>

namespace tandem::core {
namespace {

using namespace std::chrono_literals;

TEST(Pace, DividesWhatOneWaitsForAndRounds) {
  EXPECT_EQ(Pace().of(10s), 10s);
  EXPECT_EQ(Pace(20).of(10'000ms), 500ms);
  EXPECT_EQ(Pace(20).of(std::chrono::days(1)), 0 * std::chrono::days(1));
  EXPECT_EQ(Pace(20).of(std::chrono::seconds(std::chrono::days(1))), 4'320s);
  EXPECT_EQ(Pace(3).of(10ms), 3ms);
  EXPECT_EQ(Pace(0.5).of(10s), 20s);
}

}  // namespace
}  // namespace tandem::core
