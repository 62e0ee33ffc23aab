#include "core/utf8.h"

#include <gtest/gtest.h>

#include "core/text.h"

namespace tandem::core {
namespace {

TEST(Utf8, IsCutBetweenCharacters) {
  EXPECT_EQ(utf8_prefix("abc", 5), "abc");
  EXPECT_EQ(utf8_prefix("abc", 2), "ab");
  EXPECT_EQ(utf8_prefix("a\xc3\xa9z", 2), "a");
  EXPECT_EQ(utf8_prefix("a\xc3\xa9z", 3), "a\xc3\xa9");
  EXPECT_EQ(utf8_prefix("\xf0\x9f\x98\x80", 3), "");
}

TEST(Utf8, IsMadeOfWhatever) {
  EXPECT_EQ(to_utf8("caf\xc3\xa9"), "caf\xc3\xa9");
  EXPECT_EQ(to_utf8("caf\xe9\n"), "caf\xef\xbf\xbd\n");
  EXPECT_EQ(to_utf8("\xff\xc3\xa9\x80"), "\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd");
  EXPECT_TRUE(is_utf8(to_utf8("\xe2\x82")));
}

}  // namespace
}  // namespace tandem::core
