#include "net/gzip.h"

#include <gtest/gtest.h>

namespace tandem::net {
namespace {

TEST(Gzip, RoundTrips) {
  for (const std::string& text : {std::string(), std::string("a"), std::string(100'000, 'x')}) {
    EXPECT_EQ(gunzip(gzip(text), 100'000).value(), text);
  }
}

TEST(Gzip, ReadsAndWritesDeflate) {
  // RFC 9110 §8.4.1.2: zlib's format, whose first byte says so.
  const std::string packed = compress("hello hello hello", ContentCoding::kDeflate);
  EXPECT_EQ(packed[0], '\x78');
  EXPECT_EQ(decompress(packed, ContentCoding::kDeflate, 17).value(), "hello hello hello");
  EXPECT_FALSE(decompress(packed, ContentCoding::kDeflate, 16).ok());
  EXPECT_FALSE(decompress(packed + packed, ContentCoding::kDeflate, 100).ok());
  EXPECT_FALSE(decompress(packed, ContentCoding::kGzip, 100).ok());
  EXPECT_FALSE(decompress(packed.substr(0, 8), ContentCoding::kDeflate, 100).ok());
}

TEST(Gzip, ReadsSeveralMembers) { EXPECT_EQ(gunzip(gzip("ab") + gzip("cd"), 4).value(), "abcd"); }

TEST(Gzip, RefusesDamageAndTruncation) {
  const std::string good = gzip("hello hello hello");
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(gunzip(good.substr(0, size), 1000).ok()) << size;
  }
  std::string flipped = good;
  flipped[flipped.size() - 5] ^= 1;
  EXPECT_FALSE(gunzip(flipped, 1000).ok());
  EXPECT_FALSE(gunzip("not gzip at all", 1000).ok());
}

TEST(Gzip, BombsStopAtTheLimit) {
  std::string nothing;
  nothing.resize(50'000'000);
  const std::string bomb = gzip(nothing);
  EXPECT_LT(bomb.size(), 100'000u);
  EXPECT_FALSE(gunzip(bomb, 1'000'000).ok());
  EXPECT_EQ(gunzip(bomb, 50'000'000).value().size(), 50'000'000u);
}

}  // namespace
}  // namespace tandem::net
