#include "replication/record_store.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "replication/keys.h"
#include "store/engines.h"

namespace tandem::replication {
namespace {

constexpr std::uint32_t kTable = 7;

enum class Engine { kMemory, kRocksDb };

/// The same rules over both engines.
class Records : public ::testing::TestWithParam<Engine> {
 protected:
  Records() {
    if (GetParam() == Engine::kRocksDb) {
      std::string pattern = ::testing::TempDir() + "records-XXXXXX";
      folder_ = mkdtemp(pattern.data());
    }
    open();
  }
  ~Records() override {
    records_.reset();
    store_.reset();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  void open() {
    records_.reset();
    if (GetParam() == Engine::kRocksDb) {
      store_.reset();
      store_ = store::open_rocksdb(folder_);
    } else if (!store_) {
      store_ = store::make_memory_store();
    }
    records_ =
        std::make_unique<RecordStore>(RecordStore::Options{.region = "us-east-1"}, clock_, *store_);
  }
  void put(std::string key, std::string item) {
    records_->write({{kTable, std::move(key), std::move(item)}});
  }
  void erase(std::string key) { records_->write({{kTable, std::move(key), std::nullopt}}); }
  std::string walk(std::string_view begin, std::string_view end, RecordCursor::Direction direction,
                   std::string_view after = {}) {
    std::string keys;
    for (auto at = records_->cursor(kTable, begin, end, direction, after); at.valid(); at.next()) {
      keys += at.key();
      EXPECT_EQ(at.item(), "item " + std::string(at.key()));
    }
    return keys;
  }
  bool merge(std::string_view key, std::string item, Version version,
             Liveness liveness = Liveness::kItem) {
    append_trailer(item, version, liveness);
    RecordStore::Merge merge(*records_);
    const bool newer = merge.add(kTable, key, item);
    merge.commit();
    return newer;
  }

  core::ManualClock clock_;
  std::filesystem::path folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<RecordStore> records_;
};

TEST_P(Records, WhatIsPutIsGotUntilItIsDeleted) {
  EXPECT_EQ(records_->get(kTable, "a"), std::nullopt);
  put("a", "one");
  EXPECT_EQ(records_->get(kTable, "a"), "one");
  put("a", "");
  EXPECT_EQ(records_->get(kTable, "a"), "");
  EXPECT_EQ(records_->get(kTable + 1, "a"), std::nullopt);
  erase("a");
  EXPECT_EQ(records_->get(kTable, "a"), std::nullopt);
}

TEST_P(Records, RangesAreWalkedBothWaysFromAnyStart) {
  for (const std::string key : {"a", "b", "c", "d", "e"}) put(key, "item " + key);
  records_->write({{kTable - 1, "z", "before"}});
  records_->write({{kTable + 1, "0", "after"}});
  using enum RecordCursor::Direction;
  EXPECT_EQ(walk("", "", kForward), "abcde");
  EXPECT_EQ(walk("", "", kBackward), "edcba");
  EXPECT_EQ(walk("b", "d", kForward), "bc");
  EXPECT_EQ(walk("b", "d", kBackward), "cb");
  EXPECT_EQ(walk("", "", kForward, "b"), "cde");
  EXPECT_EQ(walk("", "", kForward, "bb"), "cde");
  EXPECT_EQ(walk("", "", kBackward, "d"), "cba");
  EXPECT_EQ(walk("", "", kBackward, "dd"), "dcba");
  EXPECT_EQ(walk("b", "d", kBackward, "c"), "b");
  EXPECT_EQ(walk("b", "d", kForward, "a"), "bc");
  EXPECT_EQ(walk("b", "d", kBackward, "z"), "cb");
  EXPECT_EQ(walk("b", "d", kForward, "z"), "");
}

TEST_P(Records, AnOrdinaryCollectionLeavesNoLogAndNoTombstone) {
  put("a", "one");
  erase("a");
  EXPECT_EQ(records_->log().end(), 0U);
  EXPECT_EQ(records_->raw(kTable, "a"), std::nullopt);
}

TEST_P(Records, WritesOfOneKeyInABatchSeeOneAnother) {
  using enum RecordStore::Replicated;
  for (const auto replicated : {kNo, kYes}) {
    records_->set_replicated(kTable, replicated);
    const auto tombstones = [&] { return records_->count_tombstones(kTable); };
    // Sizes that the writer knew are of what was there before the batch.
    records_->write({{kTable, "a", "1", kPreviousAbsent},
                     {kTable, "b", "1", kPreviousAbsent},
                     {kTable, "a", "333", kPreviousAbsent},
                     {kTable, "b", std::nullopt, kPreviousAbsent},
                     {kTable, "c", std::nullopt}});
    EXPECT_EQ(records_->get(kTable, "a"), "333");
    EXPECT_EQ(records_->get(kTable, "b"), std::nullopt);
    EXPECT_EQ(records_->statistics(kTable).items, 1);
    EXPECT_EQ(records_->statistics(kTable).bytes, 4);
    EXPECT_EQ(tombstones(), replicated == kYes ? 1U : 0U);
    records_->write({{kTable, "a", std::nullopt, 3},
                     {kTable, "a", std::nullopt, 3},
                     {kTable, "b", "22"},
                     {kTable, "b", "4444"}});
    EXPECT_EQ(records_->get(kTable, "b"), "4444");
    EXPECT_EQ(records_->statistics(kTable).items, 1);
    EXPECT_EQ(records_->statistics(kTable).bytes, 5);
    // One that was overwritten stays in the index until it comes of age.
    EXPECT_EQ(tombstones(), replicated == kYes ? 2U : 0U);
    records_->write({{kTable, "b", std::nullopt}});
    EXPECT_EQ(records_->statistics(kTable).items, 0);
  }
}

TEST_P(Records, AReplicatedCollectionLogsKeysAndKeepsTombstones) {
  records_->set_replicated(kTable, RecordStore::Replicated::kYes);
  put("a", "one");
  erase("a");
  erase("never there");
  EXPECT_EQ(records_->log().end(), 2U);
  EXPECT_EQ(records_->log().read(0, 10).at(1).key, "a");
  EXPECT_TRUE(parse_record(*records_->raw(kTable, "a"))->is_tombstone());
  EXPECT_EQ(records_->get(kTable, "a"), std::nullopt);
  EXPECT_FALSE(records_->cursor(kTable).valid());
  EXPECT_EQ(records_->count_tombstones(kTable), 1U);
}

TEST_P(Records, StatisticsFollowEveryWriteAndSurvive) {
  put("a", "12345");
  put("bb", "1");
  put("a", "123");
  erase("bb");
  merge("c", "1234", {records_->clock().current() + 1, "us-west-2"});
  open();
  EXPECT_EQ(records_->statistics(kTable).items, 2);
  EXPECT_EQ(records_->statistics(kTable).bytes, 1 + 3 + 1 + 4);
  records_->erase_collection(kTable);
  EXPECT_EQ(records_->statistics(kTable).items, 0);
  EXPECT_FALSE(records_->cursor(kTable).valid());
}

TEST_P(Records, TheNewerVersionWinsAndTheRegionBreaksTies) {
  EXPECT_TRUE(merge("a", "first", {100, "us-east-2"}));
  EXPECT_FALSE(merge("a", "again", {100, "us-east-2"}));
  EXPECT_FALSE(merge("a", "older", {99, "us-west-2"}));
  EXPECT_FALSE(merge("a", "lesser region", {100, "eu-west-1"}));
  EXPECT_TRUE(merge("a", "greater region", {100, "us-west-2"}));
  EXPECT_TRUE(merge("a", "", {101, "eu-west-1"}, Liveness::kTombstone));
  EXPECT_EQ(records_->get(kTable, "a"), std::nullopt);
  EXPECT_EQ(records_->statistics(kTable).items, 0);
}

TEST_P(Records, AChangeTwiceInOneMergeKeepsTheNewer) {
  std::string newer = "newer";
  std::string older = "older";
  append_trailer(newer, {200, "us-west-2"}, Liveness::kItem);
  append_trailer(older, {100, "us-west-2"}, Liveness::kItem);
  RecordStore::Merge merge(*records_);
  merge.add(kTable, "a", newer);
  merge.add(kTable, "a", older);
  merge.commit();
  EXPECT_EQ(records_->get(kTable, "a"), "newer");
  EXPECT_EQ(records_->statistics(kTable).items, 1);
}

TEST_P(Records, ALocalWriteIsNewerThanAllThatWasSeen) {
  const Timestamp ahead = timestamp_at(clock_.now_us() + 60'000'000);
  merge("a", "from the future", {ahead, "us-west-2"});
  put("a", "mine");
  EXPECT_GT(parse_record(*records_->raw(kTable, "a"))->version.time, ahead);
}

TEST_P(Records, TheClockDoesNotGoBackOverARestartAndAStep) {
  put("a", "one");
  const Timestamp before = records_->clock().current();
  clock_.advance_ms(-30'000);
  open();
  put("a", "two");
  EXPECT_GT(records_->clock().current(), before);
}

TEST_P(Records, CollectedTombstonesLeaveWhatWasWrittenSince) {
  records_->set_replicated(kTable, RecordStore::Replicated::kYes);
  put("a", "one");
  put("b", "one");
  erase("a");
  erase("b");
  put("b", "two");
  const Timestamp now = records_->clock().current();
  EXPECT_EQ(records_->collect_tombstones(kTable, 0, 100), 0U);
  EXPECT_EQ(records_->collect_tombstones(kTable, now, 100), 2U);
  EXPECT_EQ(records_->raw(kTable, "a"), std::nullopt);
  EXPECT_EQ(records_->get(kTable, "b"), "two");
  EXPECT_EQ(records_->count_tombstones(kTable), 0U);
  EXPECT_TRUE(records_->with_tombstones().empty());
  // Of b nothing but an entry of the index went.
  EXPECT_EQ(records_->tombstones_collected(), 1U);
}

TEST_P(Records, TheOldestTombstoneIsThatOfAnyCollection) {
  EXPECT_EQ(records_->oldest_tombstone(), std::nullopt);
  std::vector<Timestamp> deleted;
  for (const std::uint32_t collection : {kTable + 1, kTable}) {
    records_->set_replicated(collection, RecordStore::Replicated::kYes);
    records_->write({{collection, "a", "one"}});
    records_->write({{collection, "a", std::nullopt}});
    deleted.push_back(parse_record(*records_->raw(collection, "a"))->version.time);
  }
  EXPECT_EQ(records_->oldest_tombstone(), deleted.at(0));
  records_->collect_tombstones(kTable + 1, deleted.at(0), 100);
  EXPECT_EQ(records_->oldest_tombstone(), deleted.at(1));
  records_->collect_tombstones(kTable, deleted.at(1), 100);
  EXPECT_EQ(records_->oldest_tombstone(), std::nullopt);
}

TEST_P(Records, TheLogSurvivesTrimmingAndRestarts) {
  records_->set_replicated(kTable, RecordStore::Replicated::kYes);
  for (int at = 0; at < 10; ++at) put("key" + std::to_string(at), "item");
  records_->log().trim(4);
  open();
  EXPECT_EQ(records_->log().trimmed(), 4U);
  EXPECT_EQ(records_->log().end(), 10U);
  EXPECT_EQ(records_->log().read(4, 100).size(), 6U);
  EXPECT_EQ(records_->log().read(7, 2).at(0).key, "key7");
  records_->log().trim(100);
  open();
  EXPECT_EQ(records_->log().end(), 10U);
  EXPECT_TRUE(records_->log().read(0, 100).empty());
  records_->log().skip_to(50, 1);
  open();
  EXPECT_EQ(records_->log().end(), 50U);
}

TEST_P(Records, ADamagedRecordIsReplacedByWhateverComes) {
  for (const std::string key : {"a", "b"}) {
    put(key, "12345");
    store_->put(keys::record(kTable, key), "damaged");
    EXPECT_THROW(records_->get(kTable, key), store::StoreError);
  }
  EXPECT_TRUE(merge("a", "1", {1, "us-west-2"}));
  put("b", "1");
  EXPECT_EQ(records_->get(kTable, "a"), "1");
  EXPECT_EQ(records_->get(kTable, "b"), "1");
  EXPECT_EQ(records_->statistics(kTable).items, 2);
}

TEST_P(Records, OneDamagedRecordHoldsUpNeitherTombstonesNorNewTimes) {
  records_->set_replicated(kTable, RecordStore::Replicated::kYes);
  put("a", "one");
  erase("a");
  store_->put(keys::record(kTable, "a"), "damaged");
  EXPECT_EQ(records_->collect_tombstones(kTable, records_->clock().current(), 100), 1U);
  EXPECT_EQ(records_->count_tombstones(kTable), 0U);
  merge("b", "from the future", {timestamp_at(clock_.now_us()) * 2, "us-west-2"});
  EXPECT_EQ(records_->restamp([](store::WriteBatch&) {}), 1U);
  EXPECT_EQ(records_->raw(kTable, "a"), "damaged");
  EXPECT_EQ(records_->get(kTable, "b"), "from the future");
  put("c", "writes go on");
}

INSTANTIATE_TEST_SUITE_P(Engines, Records, ::testing::Values(Engine::kMemory, Engine::kRocksDb),
                         [](const auto& engine) {
                           return engine.param == Engine::kMemory ? "Memory" : "RocksDb";
                         });

TEST(Record, OnlyWholeRecordsAreRecords) {
  std::string bytes = "item";
  append_trailer(bytes, {5, "us-east-1"}, Liveness::kItem);
  const auto record = parse_record(bytes);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->item, "item");
  EXPECT_EQ(record->version, (Version{5, "us-east-1"}));
  EXPECT_FALSE(parse_record("short").has_value());
  EXPECT_FALSE(parse_record(bytes.substr(bytes.size() - 12)).has_value());
  std::string tombstone = "not empty";
  append_trailer(tombstone, {5, "r"}, Liveness::kTombstone);
  EXPECT_FALSE(parse_record(tombstone).has_value());
}

}  // namespace
}  // namespace tandem::replication
