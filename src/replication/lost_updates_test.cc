#include "replication/lost_updates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>

#include "replication/record_store.h"
#include "store/engines.h"
#include "store/faulty_store.h"

namespace tandem::replication {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint32_t kTable = 7;

/// A store whose reads fail when they are told to, as on a broken disk.
class BadReads final : public store::Store {
 public:
  std::optional<std::string> get(std::string_view key) const override {
    if (fails && key.ends_with(*fails)) throw store::StoreError("I/O error");
    return whole_->get(key);
  }
  void write(store::WriteBatch batch) override { whole_->write(std::move(batch)); }
  std::unique_ptr<store::Cursor> cursor(std::string_view begin,
                                        std::string_view end) const override {
    if (fails) throw store::StoreError("I/O error");
    return whole_->cursor(begin, end);
  }
  std::uint64_t writes() const override { return whole_->writes(); }
  void sync() override { whole_->sync(); }

  std::optional<std::string> fails;  ///< keys that end so, and everything that is walked

 private:
  std::unique_ptr<store::Store> whole_ = store::make_memory_store();
};

/// Regions share a clock here: what was written later has the later time.
struct Region {
  Region(std::string name, core::ManualClock& clock) : name(std::move(name)), clock(clock) {
    open();
  }
  void open() {
    records.emplace(RecordStore::Options{.region = name}, clock, store);
    records->set_replicated(kTable, RecordStore::Replicated::kYes);
  }
  void put(std::string key, std::string item) {
    clock.advance_ms(1);
    records->write({{kTable, std::move(key), std::move(item)}});
  }
  void erase(std::string key) {
    clock.advance_ms(1);
    records->write({{kTable, std::move(key), std::nullopt}});
  }
  std::string record(std::string_view key) const { return records->raw(kTable, key).value(); }
  void receive(std::string_view key, std::string_view record) {
    RecordStore::Merge merge(*records);
    merge.add(kTable, key, record);
    merge.commit();
  }
  void receive(std::string_view key, const Region& from) { receive(key, from.record(key)); }
  Timestamp time_of(std::string_view key) const { return parse_record(record(key))->version.time; }
  /// "key to region" of each.
  std::vector<std::string> lost() const {
    std::vector<std::string> all;
    for (const auto& [number, update] : records->lost_updates().all()) {
      all.push_back(update.key + " to " + update.winner_region);
    }
    return all;
  }

  std::string name;
  core::ManualClock& clock;
  store::FaultyStore store;
  std::optional<RecordStore> records;
};

class LostUpdatesTest : public testing::Test {
 protected:
  core::ManualClock clock_;
  Region east_{"us-east-1", clock_};
  Region west_{"us-west-2", clock_};
  Region europe_{"eu-west-1", clock_};
};

TEST_F(LostUpdatesTest, TheLosersRegionListsWhatTheWinnerHadNotSeen) {
  east_.put("k", "a");
  const Timestamp lost = east_.time_of("k");
  west_.put("k", "b");
  const std::string from_east = east_.record("k");
  east_.receive("k", west_);
  west_.receive("k", from_east);
  ASSERT_THAT(east_.lost(), ElementsAre("k to us-west-2"));
  const LostUpdate& update = east_.records->lost_updates().all().begin()->second;
  EXPECT_EQ(update.lost, lost);
  EXPECT_EQ(update.winner, west_.time_of("k"));
  EXPECT_EQ(update.lost_as, Liveness::kItem);
  EXPECT_EQ(update.winner_as, Liveness::kItem);
  EXPECT_EQ(update.noticed_us, clock_.now_us());
  EXPECT_THAT(west_.lost(), IsEmpty());
}

TEST_F(LostUpdatesTest, WhatWasSeenBeforeItWasOverwrittenIsNotLost) {
  east_.put("k", "a");
  west_.receive("k", east_);
  west_.put("k", "b");
  east_.receive("k", west_);
  east_.erase("k");
  west_.receive("k", east_);
  EXPECT_THAT(east_.lost(), IsEmpty());
  EXPECT_THAT(west_.lost(), IsEmpty());
}

TEST_F(LostUpdatesTest, OnlyTheLastOfARegionsOwnWritesIsLost) {
  east_.put("k", "a");
  east_.put("k", "a2");
  west_.put("k", "b");
  east_.receive("k", west_);
  EXPECT_THAT(east_.lost(), ElementsAre("k to us-west-2"));
}

// The winner's region had applied the loser's log by then, and yet its writer saw another version.
TEST_F(LostUpdatesTest, AnOverwrittenWinnerHadNotSeenItEither) {
  east_.put("k", "a");
  west_.put("k", "b");
  west_.receive("k", east_);  // too late
  west_.put("k", "c");
  east_.receive("k", west_);
  EXPECT_THAT(east_.lost(), ElementsAre("k to us-west-2"));
}

TEST_F(LostUpdatesTest, DeletesLoseAndWin) {
  east_.put("k", "a");
  west_.receive("k", east_);
  east_.erase("k");
  west_.put("k", "b");
  east_.receive("k", west_);
  ASSERT_THAT(east_.lost(), ElementsAre("k to us-west-2"));
  EXPECT_EQ(east_.records->lost_updates().all().begin()->second.lost_as, Liveness::kTombstone);
  west_.put("k", "c");
  east_.erase("k");
  west_.receive("k", east_);
  ASSERT_THAT(west_.lost(), ElementsAre("k to us-east-1"));
  EXPECT_EQ(west_.records->lost_updates().all().begin()->second.winner_as, Liveness::kTombstone);
}

TEST_F(LostUpdatesTest, IsListedOnceHoweverOftenTheWinnerComes) {
  east_.put("k", "a");
  west_.put("k", "b");
  for (int i = 0; i < 3; ++i) east_.receive("k", west_);
  east_.open();
  east_.receive("k", west_);
  west_.put("k", "c");
  east_.receive("k", west_);
  EXPECT_THAT(east_.lost(), ElementsAre("k to us-west-2"));
  EXPECT_EQ(east_.records->lost_updates().total(), 1U);
}

// A tombstone goes once everybody has it: who writes the key anew has seen the delete.
TEST_F(LostUpdatesTest, ANewItemHasSeenWhatItsRegionHadApplied) {
  east_.put("k", "a");
  east_.erase("k");
  west_.receive("k", east_);
  west_.records->applied("us-east-1", east_.time_of("k"));
  west_.records->collect_tombstones(kTable, east_.time_of("k"), 100);
  west_.put("k", "b");
  east_.receive("k", west_);
  EXPECT_THAT(east_.lost(), IsEmpty());
}

// A peer that lost its disk writes a new log, maybe by an earlier clock.
TEST_F(LostUpdatesTest, OfANewLogNothingHasBeenSeen) {
  west_.records->applied("us-east-1", west_.records->latest_acceptable());
  west_.records->nothing_applied("us-east-1");
  east_.put("k", "a");
  west_.put("k", "b");
  east_.receive("k", west_);
  EXPECT_THAT(east_.lost(), ElementsAre("k to us-west-2"));
}

TEST_F(LostUpdatesTest, OfARecordWithoutMarksNothingIsSaid) {
  east_.put("k", "a");
  std::string old = "b";
  append_trailer(old, {east_.time_of("k") + 1, "us-west-2"}, Liveness::kItem);
  east_.receive("k", old);
  EXPECT_THAT(east_.lost(), IsEmpty());
}

// The third region's version had seen it, and came too late itself.
TEST_F(LostUpdatesTest, WhatAThirdRegionHadSeenIsStruck) {
  east_.put("k", "a");
  europe_.receive("k", east_);
  europe_.put("k", "e");
  west_.put("k", "b");
  east_.receive("k", west_);
  EXPECT_THAT(east_.lost(), ElementsAre("k to us-west-2"));
  east_.receive("k", europe_);
  EXPECT_THAT(east_.lost(), IsEmpty());
  EXPECT_EQ(east_.records->lost_updates().total(), 1U);
  east_.open();
  EXPECT_THAT(east_.lost(), IsEmpty());
  EXPECT_EQ(east_.records->lost_updates().total(), 1U);
  europe_.receive("k", west_);
  EXPECT_THAT(europe_.lost(), ElementsAre("k to us-west-2"));
}

TEST_F(LostUpdatesTest, KeepsTheNewestThousand) {
  for (std::size_t at = 0; at < LostUpdates::kMost + 20; ++at) {
    const std::string key = "k" + std::to_string(at);
    east_.put(key, "a");
    west_.put(key, "b");
    east_.receive(key, west_);
  }
  const auto& all = east_.records->lost_updates().all();
  EXPECT_EQ(all.size(), LostUpdates::kMost);
  EXPECT_EQ(all.begin()->second.key, "k20");
  east_.open();
  EXPECT_EQ(east_.records->lost_updates().all().size(), LostUpdates::kMost);
  EXPECT_EQ(east_.records->lost_updates().total(), LostUpdates::kMost + 20);
}

// Memory never runs ahead of the store.
TEST_F(LostUpdatesTest, ARefusedMergeListsNothing) {
  east_.put("k", "a");
  west_.put("k", "b");
  east_.store.fail_next_writes(1);
  EXPECT_THROW(east_.receive("k", west_), store::StoreError);
  EXPECT_THAT(east_.lost(), IsEmpty());
  {
    RecordStore::Merge dropped(*east_.records);
    dropped.add(kTable, "k", west_.record("k"));
  }
  EXPECT_THAT(east_.lost(), IsEmpty());
  east_.receive("k", west_);
  EXPECT_THAT(east_.lost(), ElementsAre("k to us-west-2"));
}

// A batch that ends half-way leaves nothing in memory, on a disk that cannot be read either.
TEST_F(LostUpdatesTest, WhatWasStagedBeforeAReadFailedIsTakenBack) {
  BadReads store;
  RecordStore records({.region = "us-east-1"}, clock_, store);
  records.set_replicated(kTable, RecordStore::Replicated::kYes);
  records.write({{kTable, "k", "a"}});
  clock_.advance_ms(1);
  west_.put("k", "b");
  west_.put("bad", "b");
  store.fails = "bad";
  {
    RecordStore::Merge merge(records);
    merge.add(kTable, "k", west_.record("k"));
    EXPECT_EQ(records.lost_updates().all().size(), 1U);
    EXPECT_THROW(merge.add(kTable, "bad", west_.record("bad")), store::StoreError);
  }
  EXPECT_THAT(records.lost_updates().all(), IsEmpty());
  EXPECT_EQ(records.lost_updates().total(), 0U);
  EXPECT_THROW(records.write({{kTable, "new", "a"}, {kTable, "bad", "a"}}), store::StoreError);
  store.fails.reset();
  RecordStore::Merge merge(records);
  merge.add(kTable, "k", west_.record("k"));
  merge.commit();
  EXPECT_EQ(records.statistics(kTable).items, 1);
  EXPECT_EQ(records.lost_updates().total(), 1U);
}

TEST_F(LostUpdatesTest, GoesWithItsTable) {
  for (const char* key : {"a", "b"}) {
    east_.put(key, "1");
    west_.put(key, "2");
    east_.receive(key, west_);
  }
  east_.records->erase_collection(kTable);
  EXPECT_THAT(east_.lost(), IsEmpty());
  EXPECT_EQ(east_.records->lost_updates().total(), 2U);
}

}  // namespace
}  // namespace tandem::replication
