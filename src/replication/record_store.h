// A region's records: collections (tables) of items with versions, the log of what this region
// wrote to replicated ones, and the tombstones that deletes leave there.
//
// Every write is one atomic batch: record, log entry, and what the derivers add (derive.h). A
// collection that is not replicated writes no log and leaves no tombstone. Its records have marks
// all the same (that nothing of others has been seen), because it may be joined with others' later.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/clock.h"
#include "replication/hybrid_clock.h"
#include "replication/log.h"
#include "replication/lost_updates.h"
#include "replication/record.h"
#include "replication/statistics.h"
#include "replication/tombstone_index.h"
#include "replication/write_meter.h"
#include "store/store.h"

namespace tandem::replication {

/// What a local writer already knows of the item it replaces.
inline constexpr std::int64_t kPreviousUnknown = -1;
inline constexpr std::int64_t kPreviousAbsent = -2;

struct LocalWrite {
  std::uint32_t collection = 0;
  std::string key;
  std::optional<std::string> item;                 ///< absent: delete
  std::int64_t previous_bytes = kPreviousUnknown;  ///< or the size of the old item
};

/// Walks the live items of a key range over a snapshot; tombstones are passed over.
class RecordCursor {
 public:
  enum class Direction { kForward, kBackward };
  /// exclusive_start: empty for none.
  RecordCursor(const store::Store& store, std::uint32_t collection, std::string_view begin,
               std::string_view end, Direction direction, std::string_view exclusive_start);
  bool valid() const { return cursor_->valid(); }
  std::string_view key() const { return cursor_->key().substr(kPrefixBytes); }
  std::string_view item() const { return record_.item; }
  void next();

 private:
  static constexpr std::size_t kPrefixBytes = 5;
  void step();
  void settle();
  std::unique_ptr<store::Cursor> cursor_;
  std::uint32_t collection_;
  Direction direction_;
  RecordView record_;
};

class RecordStore {
 public:
  struct Options {
    std::string region;  ///< the origin of what is written here
    /// Added to the time an earlier run may have handed out last. Random: should the store have
    /// fallen back to an older state, no time is handed out twice.
    Timestamp leap = 0;
    std::int64_t max_drift_us = kDefaultMaxDriftUs;
  };
  /// Borrows clock and store. Throws StoreError when what is stored is damaged.
  RecordStore(Options options, const core::Clock& clock, store::Store& store);

  std::optional<std::string> get(std::uint32_t collection, std::string_view key) const;
  /// All or nothing. Of several writes of a key each replaces, and has seen, the one before it.
  /// Deleting what is not there writes nothing. A damaged record is replaced, where the writer has
  /// not read it. Throws StoreError; also when this region's clock is too far ahead
  /// (clock_refusal()).
  void write(std::vector<LocalWrite> writes);
  /// Why this region takes no writes because of its clock; empty when it does.
  std::string clock_refusal() const;
  RecordCursor cursor(std::uint32_t collection, std::string_view begin = {},
                      std::string_view end = {},
                      RecordCursor::Direction direction = RecordCursor::Direction::kForward,
                      std::string_view exclusive_start = {}) const;
  Statistics statistics(std::uint32_t collection) const { return statistics_.of(collection); }
  const LostUpdates& lost_updates() const { return lost_updates_; }

  enum class Replicated { kNo, kYes };
  void set_replicated(std::uint32_t collection, Replicated replicated);
  bool replicated(std::uint32_t collection) const { return replicated_.contains(collection); }
  /// Removes a collection and all that belongs to it.
  void erase_collection(std::uint32_t collection);
  /// Forgets everything in memory and in the store.
  void clear();

  /// The record's bytes as stored, tombstones too.
  std::optional<std::string> raw(std::uint32_t collection, std::string_view key) const;
  /// Records as stored, in order after `after` (empty: from the start), until visit returns false.
  void visit_raw(
      std::uint32_t collection, std::string_view after,
      const std::function<bool(std::string_view key, std::string_view bytes)>& visit) const;

  /// Merges records of other regions: the newer version of each item stays; of two with the same
  /// version (a region that lost its state can give one twice) the one with the greater bytes, so
  /// that every region keeps the same. One atomic batch with whatever else the receiver adds before
  /// commit(). Idempotent.
  class Merge {
   public:
    /// A copy that is being filled takes nobody's capacity.
    enum class Takes : std::uint8_t { kCapacity, kNothing };
    explicit Merge(RecordStore& records, Takes takes = Takes::kCapacity)
        : records_(records), takes_(takes) {}
    /// What was not committed never was.
    ~Merge();
    Merge(const Merge&) = delete;
    Merge& operator=(const Merge&) = delete;
    /// Returns whether it was newer than what is stored; a damaged record is older than any other.
    /// Throws StoreError when bytes is no record.
    bool add(std::uint32_t collection, std::string_view key, std::string_view bytes);
    store::WriteBatch& batch() { return batch_; }
    void commit();

   private:
    void meter(const Change& change) const {
      if (takes_ == Takes::kCapacity) records_.meter(change);
    }
    RecordStore& records_;
    Takes takes_;
    store::WriteBatch batch_;
    /// By full key, the batch's operation that has its record: the store does not show it yet.
    std::unordered_map<std::string, std::size_t> staged_;
    Timestamp newest_ = 0;
    bool committed_ = false;
  };

  /// Drops tombstones not newer than through, at most limit. Returns how many it looked at.
  std::size_t collect_tombstones(std::uint32_t collection, Timestamp through, std::size_t limit);
  /// Dropped so since this object was made.
  std::uint64_t tombstones_collected() const { return tombstones_collected_; }
  /// When what is kept longest was deleted; the item may have been written again since.
  std::optional<Timestamp> oldest_tombstone() const { return tombstones_.oldest(); }
  /// Collections that may hold tombstones.
  const std::set<std::uint32_t>& with_tombstones() const { return tombstones_.collections(); }
  std::size_t count_tombstones(std::uint32_t collection) const {
    return tombstones_.count(collection);
  }

  /// Everything that the peer wrote up to this time is applied here.
  void applied(std::string_view peer, Timestamp through);
  /// What was applied of a region counts for a collection from a time on only: that from which its
  /// copy had been sent whole. What was applied of regions that are not named does not count.
  void count_applied_from(std::uint32_t collection, std::map<std::string, Timestamp> from);
  /// The peer has a new log, of which nothing is.
  void nothing_applied(std::string_view peer);

  /// Writes a batch of the caller's own keys, and with it what keeps the clock from going back.
  void commit(store::WriteBatch batch);

  HybridClock& clock() { return clock_; }
  const HybridClock& clock() const { return clock_; }
  Log& log() { return log_; }
  const Log& log() const { return log_; }
  store::Store& store() { return store_; }
  const std::string& region() const { return region_; }
  std::int64_t max_drift_us() const { return max_drift_us_; }
  /// Times above it are refused: no clock within the bound can have given them.
  Timestamp latest_acceptable() const;
  /// For a region whose clock was years ahead: the clock goes back to the wall (or to the newest
  /// acceptable time of a record), and every record with a later time gets a new one of this
  /// region, as if written now; a damaged one is named in the log and passed over. Returns how
  /// many. Throws StoreError half-way: nothing of the clock has changed then, and it may be called
  /// again. finish adds to the last batch, which empties the log, too: only with it does the
  /// clock's bound go back, so that a region stopped half-way still refuses writes and is rebuilt
  /// again.
  std::size_t restamp(const std::function<void(store::WriteBatch& batch)>& finish);
  /// Peers say that this region's wall clock is wrong: no writes. Empty: they do not.
  void doubt_clock(std::string said) { clock_doubt_ = std::move(said); }
  const std::string& clock_doubt() const { return clock_doubt_; }
  /// Borrowed; null: nobody.
  void set_meter(WriteMeter* meter) { meter_ = meter; }
  /// Whether the meter lets a write of another region in.
  bool admits(std::uint32_t collection, std::string_view key) const {
    return meter_ == nullptr || meter_->admits(collection, key);
  }
  /// Called after every write that added to the log.
  void on_append(std::function<void()> callback) { on_append_ = std::move(callback); }

 private:
  /// By store key, which operation of a batch leaves what is there.
  using Overlay = std::unordered_map<std::string, std::size_t>;
  /// staged: absent for a single write.
  void stage(LocalWrite write, store::WriteBatch& batch, Overlay* staged);
  void derive(const Change& change, store::WriteBatch& batch);
  void meter(const Change& change) const {
    if (meter_ != nullptr) meter_->wrote(change);
  }
  /// Seals the batch and writes it; the derivers know then that it is in the store.
  void finish(store::WriteBatch batch);
  void abandon();
  Marks applied_marks(std::uint32_t collection) const;
  std::size_t restamp(std::uint32_t collection, Timestamp above);
  Timestamp newest(std::uint32_t collection, Timestamp at_most) const;
  void reload();
  /// Writes the batch, and with it the clock's bound when time has passed it.
  void write_with_clock(store::WriteBatch batch);

  std::string region_;
  std::int64_t max_drift_us_;
  std::string clock_doubt_;
  store::Store& store_;
  Timestamp clock_bound_ = 0;  ///< persisted: no timestamp above it was handed out
  HybridClock clock_;
  Log log_;
  StatisticsDeriver statistics_;
  TombstoneIndex tombstones_;
  std::uint64_t tombstones_collected_ = 0;
  LostUpdates lost_updates_;
  std::map<std::string, Timestamp, std::less<>>
      applied_;  ///< by peer; of one log it never goes back
  std::unordered_map<std::uint32_t, std::map<std::string, Timestamp>> applied_from_;
  std::unordered_set<std::uint32_t> replicated_;
  std::function<void()> on_append_;
  WriteMeter* meter_ = nullptr;
};

}  // namespace tandem::replication
