#include "core/nearest.h"

#include <gtest/gtest.h>

namespace tandem::core {
namespace {

TEST(Nearest, IsTheWordThatWasMeant) {
  const std::vector<std::string> known{"status", "start", "stop"};
  EXPECT_EQ(nearest_word("satus", known), "status");
  EXPECT_EQ(nearest_word("strat", known), "start");
  EXPECT_EQ(nearest_word("sotp", known), "stop");
  EXPECT_EQ(nearest_word("out", {"host", "isolated", "outbound"}), "outbound");
  EXPECT_EQ(nearest_word("sta", known), "start");  // two begin so
}

TEST(Nearest, IsNoneWhenNoneIsNear) {
  EXPECT_EQ(nearest_word("deploy", {"status", "stop"}), std::nullopt);
  EXPECT_EQ(nearest_word("x", {"up"}), std::nullopt);
  EXPECT_EQ(nearest_word("ab", {"cd"}), std::nullopt);
  EXPECT_EQ(nearest_word("status", {}), std::nullopt);
}

}  // namespace
}  // namespace tandem::core
