#include "services/dynamodb/model/key_codec.h"

#include <gtest/gtest.h>
#include <map>
#include <random>

#include "core/bytes.h"
#include "core/random.h"
#include "services/dynamodb/model/testing.h"

namespace tandem::dynamodb {
namespace {

using testing::value;

std::string key_bytes(const Value& of) {
  std::string out;
  append_key_bytes(out, of);
  return out;
}

Value number(const std::string& text) {
  const auto parsed = core::Decimal::parse(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return parsed.value;
}

int sign(int order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

TEST(KeyCodec, NumbersOrderByValue) {
  const char* ascending[] = {"-9.9e125", "-1e125", "-123", "-12.3",   "-12",  "-11",    "-1.01",
                             "-1",       "-0.99",  "-0.5", "-1e-130", "0",    "1e-130", "0.05",
                             "0.5",      "0.51",   "1",    "1.01",    "9",    "10",     "11",
                             "99",       "100",    "101",  "12345",   "1e38", "9.9e125"};
  for (std::size_t i = 1; i < std::size(ascending); ++i) {
    EXPECT_LT(key_bytes(number(ascending[i - 1])), key_bytes(number(ascending[i])))
        << ascending[i - 1] << " " << ascending[i];
  }
}

TEST(KeyCodec, RandomKeysOrderAsValuesDo) {
  const std::uint64_t seed = core::SystemRandom().next();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto random_number = [&] {
    std::string text = random() % 2 == 0 ? "-" : "";
    for (auto digits = 1 + random() % 38; digits > 0; --digits) {
      text += static_cast<char>('0' + random() % (random() % 3 == 0 ? 1 : 10));
    }
    return number(text + "e" + std::to_string(static_cast<int>(random() % 160) - 80));
  };
  const auto random_string = [&] {
    std::string text;
    for (auto length = random() % 6; length > 0; --length) {
      text += static_cast<char>(random() % 4 == 0 ? random() % 2 * 255 : random() % 256);
    }
    return Value(Binary{text});
  };
  for (int round = 0; round < 20'000; ++round) {
    const bool numbers = random() % 2 == 0;
    const Value a = numbers ? random_number() : random_string();
    const Value b = numbers ? random_number() : random_string();
    const Value hash = value(R"({"S":"p"})");
    const int expected = sign(compare(a, b).sign);
    ASSERT_EQ(sign(key_bytes(a).compare(key_bytes(b))), expected)
        << describe(a) << " " << describe(b);
    ASSERT_EQ(sign(encode_key(hash, &a).compare(encode_key(hash, &b))), expected);
  }
}

TEST(KeyCodec, AKeyBelongsToItsPartitionOnly) {
  const Value range = value(R"({"S":"r"})");
  const std::string long_hash = R"({"S":")" + std::string(2048, 'x') + R"("})";
  for (const std::string& hash : {std::string(R"({"S":"a"})"), std::string(R"({"S":"ar"})"),
                                  std::string(R"({"N":"12"})"), long_hash}) {
    const std::string key = encode_key(value(hash), &range);
    EXPECT_EQ(partition_of(key), encode_partition(value(hash))) << hash;
    EXPECT_TRUE(key.starts_with(partition_of(key)));
  }
  EXPECT_NE(encode_key(value(R"({"S":"a"})"), &range), encode_key(value(R"({"S":"ar"})"), nullptr));
}

/// Stored tables and paging tokens depend on these bytes.
TEST(KeyCodec, BytesNeverChange) {
  const Value range = value(R"({"N":"-12.3"})");
  EXPECT_EQ(core::hex_encode(encode_key(value(R"({"S":"todo"})"), &range)),
            core::hex_encode(encode_partition(value(R"({"S":"todo"})"))) + "017cf2e0ff");
  EXPECT_EQ(core::hex_encode(key_bytes(value(R"({"N":"0"})"))), "02");
  EXPECT_EQ(core::hex_encode(key_bytes(value(R"({"N":"12.3"})"))), "03830d1f00");
  EXPECT_EQ(partition_hash(encode_partition(value(R"({"S":"todo"})"))), 0x00887d048e901301U);
}

TEST(KeyCodec, SegmentsCoverEveryKeyOnce) {
  for (const std::uint32_t total : {1U, 2U, 3U, 7U, 1000U, 1'000'000U}) {
    EXPECT_EQ(segment_range(0, total).begin, "");
    EXPECT_EQ(segment_range(total - 1, total).end, "");
    for (std::uint32_t i = 1; i < std::min(total, 2000U); ++i) {
      ASSERT_EQ(segment_range(i - 1, total).end, segment_range(i, total).begin);
      ASSERT_LT(segment_range(i - 1, total).begin, segment_range(i, total).begin);
    }
  }
}

TEST(KeyCodec, HashesSpreadOverSegments) {
  std::map<std::uint64_t, int> counts;
  for (int i = 0; i < 8000; ++i) {
    ++counts[partition_hash(encode_partition(Value::string("user-" + std::to_string(i)))) >> 61];
  }
  ASSERT_EQ(counts.size(), 8U);
  for (const auto& [segment, count] : counts) {
    EXPECT_NEAR(count, 1000, 200) << segment;
  }
}

}  // namespace
}  // namespace tandem::dynamodb
