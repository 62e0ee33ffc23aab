#include "services/logs/store/log_store.h"

#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "store/engines.h"

namespace tandem::logs {
namespace {

constexpr std::int64_t kBound = 64 << 10;

class LogStoreTest : public testing::Test {
 protected:
  void add(std::string_view stream, std::int64_t at_ms, std::size_t size = 74) {
    logs_.add("g", logs_.group("g").value_or(json::object()), stream,
              logs_.stream("g", stream).value_or(json::object()), {{at_ms, std::string(size, 'x')}},
              at_ms);
  }
  std::vector<std::int64_t> times(std::string_view stream) {
    std::vector<std::int64_t> all;
    logs_.each_event("g", stream, {}, LogStore::Direction::kForward, [&](const StoredEvent& event) {
      all.push_back(event.position.timestamp_ms);
      return true;
    });
    return all;
  }
  std::int64_t held() { return json::int_or(*logs_.group("g"), "storedBytes", -1); }

  std::unique_ptr<store::Store> store_ = store::make_memory_store();
  LogStore logs_{*store_, kBound};
};

TEST_F(LogStoreTest, AGroupIsBoundedHoweverMuchIsWritten) {
  for (std::int64_t at = 1; at <= 20'000; ++at) {
    add("one", at);
    ASSERT_LE(held(), kBound);
  }
  const auto left = times("one");
  ASSERT_FALSE(left.empty());
  EXPECT_EQ(left.back(), 20'000) << "the latest stays";
  EXPECT_EQ(left.front(), 20'000 - static_cast<std::int64_t>(left.size()) + 1) << "without a gap";
  EXPECT_EQ(held(), static_cast<std::int64_t>(left.size() * 100));
  EXPECT_GE(held(), kBound - kBound / 8 - 100);
  EXPECT_EQ(json::int_or(*logs_.stream("g", "one"), "firstEventTimestamp", 0), left.front());
}

TEST_F(LogStoreTest, TheOldestGoFirstAcrossStreams) {
  for (std::int64_t at = 1; at <= 300; ++at) add("old", at);
  for (std::int64_t at = 301; at <= 2'000; ++at) add(at % 2 == 0 ? "even" : "odd", at);
  EXPECT_TRUE(times("old").empty());
  EXPECT_FALSE(logs_.stream("g", "old")->contains("firstEventTimestamp"));
  const auto even = times("even");
  const auto odd = times("odd");
  EXPECT_NEAR(static_cast<double>(even.front()), static_cast<double>(odd.front()), 2)
      << "streams written side by side are cut at the same time";
}

/// Instances of a function that run side by side: each step once took as long as there were
/// streams.
TEST_F(LogStoreTest, ManyStreamsWhoseEventsAlternateAreCutInAFewWrites) {
  constexpr std::int64_t kStreams = 300;
  for (std::int64_t at = 1; at <= 2'000; ++at) add(fmt::format("s{}", at % kStreams), at);
  const std::uint64_t before = store_->writes();
  for (std::int64_t at = 2'001; at <= 3'000; ++at) add(fmt::format("s{}", at % kStreams), at);
  EXPECT_LE(held(), kBound);
  // Each add is a write, and of those that drop few have more than two.
  EXPECT_LE(store_->writes() - before, 1'100U);
  std::vector<std::int64_t> left;
  for (std::int64_t i = 0; i < kStreams; ++i) {
    const auto own = times(fmt::format("s{}", i));
    left.insert(left.end(), own.begin(), own.end());
    const auto document = *logs_.stream("g", fmt::format("s{}", i));
    const std::int64_t first = own.empty() ? 0 : own.front();
    EXPECT_EQ(json::int_or(document, "firstEventTimestamp", 0), first);
  }
  std::ranges::sort(left);
  EXPECT_EQ(left.back(), 3'000);
  EXPECT_EQ(left.front(), 3'000 - static_cast<std::int64_t>(left.size()) + 1) << "without a gap";
  EXPECT_EQ(held(), static_cast<std::int64_t>(left.size() * 100));
}

TEST_F(LogStoreTest, AStreamThatIsDeletedIsNotCountedAnyMore) {
  for (std::int64_t at = 1; at <= 600; ++at) add("gone", at);
  add("kept", 601);
  logs_.erase_stream("g", "gone");
  EXPECT_EQ(held(), 100);
  for (std::int64_t at = 602; at <= 700; ++at) add("kept", at);
  EXPECT_EQ(times("kept").size(), 100U) << "there is room for all of them";
  EXPECT_EQ(held(), 10'000);
}

TEST_F(LogStoreTest, OtherGroupsAreNotTouched) {
  logs_.add("h", {}, "s", {}, {{1, "kept"}}, 1);
  for (std::int64_t at = 1; at <= 2'000; ++at) add("one", at);
  EXPECT_TRUE(logs_.group("h"));
  EXPECT_EQ(json::int_or(*logs_.group("h"), "storedBytes", 0), 30);
}

}  // namespace
}  // namespace tandem::logs
