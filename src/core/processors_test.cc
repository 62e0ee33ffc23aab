#include "core/processors.h"

#include <gtest/gtest.h>

namespace tandem::core {
namespace {

// proc_stat(5): user nice system idle iowait irq softirq steal guest guest_nice.
TEST(ProcessorsTest, TheFirstLineHasAllOfThem) {
  const auto times = parse_processor_times(
      "cpu  100 1 20 3000 40 5 6 7 50 1\n"
      "cpu0 1 1 1 1 1 1 1 1 1 1\n");
  ASSERT_TRUE(times);
  EXPECT_EQ(times->idle, 3040);
  EXPECT_EQ(times->all, 100 + 1 + 20 + 3000 + 40 + 5 + 6 + 7);
}

TEST(ProcessorsTest, WhatIsNotThatLineSaysNothing) {
  for (const char* text : {"", "cpu", "cpu ", "cpu0 1 2 3 4 5 6 7 8", "cpu  1 2 3 4 5 6 7",
                           "cpu  1 2 3 x 5 6 7 8", "cpu  1 2 3 99999999999999999999 5 6 7 8"}) {
    EXPECT_FALSE(parse_processor_times(text)) << text;
  }
}

TEST(ProcessorsTest, ThisMachineSays) {
  const auto times = read_processor_times();
  ASSERT_TRUE(times);
  EXPECT_GE(times->all, times->idle);
  EXPECT_GE(processors(), 1u);
}

}  // namespace
}  // namespace tandem::core
