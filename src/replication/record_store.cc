#include "replication/record_store.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/check.h"
#include "core/log.h"
#include "core/text.h"
#include "replication/keys.h"

namespace tandem::replication {
namespace {

/// How far ahead the clock's bound is written: one small write in this much of activity, and at
/// most this much of a lead after a crash.
constexpr std::int64_t kClockLeaseUs = 250'000;

/// A batch of a restamping, in bytes.
constexpr std::size_t kRestampBytes = 1 << 20;

/// Bytes from disk get an error, never a CHECK.
store::StoreError damaged(std::string_view what, std::uint32_t collection) {
  return store::StoreError(fmt::format("{} of table {} is damaged on disk", what, collection));
}

Timestamp load_clock_bound(const store::Store& store) {
  const auto bound = store.get(keys::kClockBound);
  if (!bound) return 0;
  ByteReader reader(*bound);
  const Timestamp time = reader.u64();
  if (!reader.at_end() || time >= kMaxTimestamp) {
    throw store::StoreError("the bound of the replication clock is damaged on disk");
  }
  return time;
}

/// Reading a damaged record is an error. What has to go over all of them, or puts another in its
/// place, says which it is and goes on: one record must not hold up everything else.
void say_damaged(std::uint32_t collection, std::string_view key, std::string_view what) {
  log::error("replication: the item with key {} of table {} is damaged on disk: {}",
             core::percent_encode(key), collection, what);
}

constexpr std::string_view kPassedOver =
    "it is passed over; a copy that another region sends, or a PutItem, replaces it";
constexpr std::string_view kReplaced = "it is replaced by what has been written since";

RecordView checked(std::string_view bytes, std::uint32_t collection) {
  const auto record = parse_record(bytes);
  if (!record) throw damaged("an item", collection);
  return *record;
}

}  // namespace

RecordCursor::RecordCursor(const store::Store& store, std::uint32_t collection,
                           std::string_view begin, std::string_view end, Direction direction,
                           std::string_view exclusive_start)
    : collection_(collection), direction_(direction) {
  const std::string first = keys::record(collection, begin);
  const std::string last = end.empty() ? store::prefix_end(keys::numbered('d', collection))
                                       : keys::record(collection, end);
  const std::string start = keys::record(collection, exclusive_start);
  cursor_ = store.cursor(first, last);
  if (direction == Direction::kForward) {
    cursor_->seek(exclusive_start.empty() || start < first ? first : start);
  } else {
    cursor_->seek_backward(exclusive_start.empty() || start > last ? last : start);
  }
  if (!exclusive_start.empty() && valid() && key() == exclusive_start) step();
  settle();
}

void RecordCursor::step() {
  if (direction_ == Direction::kForward) {
    cursor_->next();
  } else {
    cursor_->previous();
  }
}

void RecordCursor::settle() {
  for (; cursor_->valid(); step()) {
    record_ = checked(cursor_->value(), collection_);
    if (!record_.is_tombstone()) return;
  }
}

void RecordCursor::next() {
  step();
  settle();
}

RecordStore::RecordStore(Options options, const core::Clock& clock, store::Store& store)
    : region_(std::move(options.region)),
      max_drift_us_(options.max_drift_us),
      store_(store),
      clock_bound_(load_clock_bound(store)),
      clock_(clock, clock_bound_ == 0 ? 0 : clock_bound_ + options.leap),
      log_(store),
      statistics_(store),
      tombstones_(store),
      lost_updates_(region_, store, clock) {
  CHECK(region_.size() <= kMaxRegionBytes);
}

std::optional<std::string> RecordStore::raw(std::uint32_t collection, std::string_view key) const {
  return store_.get(keys::record(collection, key));
}

std::optional<std::string> RecordStore::get(std::uint32_t collection, std::string_view key) const {
  auto bytes = raw(collection, key);
  if (!bytes) return std::nullopt;
  const RecordView record = checked(*bytes, collection);
  if (record.is_tombstone()) return std::nullopt;
  bytes->resize(record.item.size());
  return bytes;
}

std::string RecordStore::clock_refusal() const {
  const std::int64_t ahead_us = clock_.ahead_us();
  if (ahead_us <= max_drift_us_) {
    if (clock_doubt_.empty()) return {};
    return fmt::format(
        "The wall clock of {0} is ahead of the other regions' and it takes no writes ({1}): set "
        "the "
        "machine's clock right, then run 'tandem region rebuild {0}'",
        region_, clock_doubt_);
  }
  return fmt::format(
      "The clock of {0} has handed out times {1} s ahead of its wall clock, more than the {2} s "
      "allowed, and takes no writes: set the machine's clock right, then run 'tandem region "
      "rebuild "
      "{0}'",
      region_, ahead_us / 1'000'000, max_drift_us_ / 1'000'000);
}

Timestamp RecordStore::latest_acceptable() const { return clock_.at_wall(max_drift_us_); }

void RecordStore::write(std::vector<LocalWrite> writes) {
  if (std::string refusal = clock_refusal(); !refusal.empty()) {
    throw store::StoreError(std::move(refusal));
  }
  store::WriteBatch batch;
  Overlay staged;
  // What an earlier write staged and could not write.
  abandon();
  try {
    for (LocalWrite& write : writes) {
      stage(std::move(write), batch, writes.size() > 1 ? &staged : nullptr);
    }
  } catch (...) {
    // INVARIANT(all-or-nothing): a batch that ends half-way leaves nothing staged. The store could
    // not be read: what was staged so far must not go with the next batch.
    abandon();
    throw;
  }
  if (batch.empty()) return;
  finish(std::move(batch));
  if (log_.committed() && on_append_) on_append_();
}

void RecordStore::stage(LocalWrite write, store::WriteBatch& batch, Overlay* staged) {
  const bool logged = replicated(write.collection);
  Change change{.collection = write.collection, .key = write.key};
  std::string key = keys::record(write.collection, write.key);
  std::optional<std::string> stored;
  std::optional<RecordView> old;
  if (staged != nullptr && staged->contains(key)) {
    // INVARIANT(batch-overlay): what is staged is there for what is staged after it.
    const auto& operation = batch.operations()[staged->at(key)];
    if (operation.kind == store::WriteBatch::Kind::kPut) stored = operation.value;
    write.previous_bytes = kPreviousUnknown;
    if (stored) old = parse_record(*stored);
  } else if (logged || write.previous_bytes != kPreviousAbsent) {
    // A record inherits from the one it replaces. Where tombstones are, absent may be one.
    stored = store_.get(key);
    if (stored) old = parse_record(*stored);
    if (stored && !old) say_damaged(write.collection, write.key, kReplaced);
  }
  if (old) change.old_record = &*old;
  if (write.previous_bytes >= 0) {
    change.old_item_bytes = static_cast<std::size_t>(write.previous_bytes);
  } else if (write.previous_bytes == kPreviousUnknown && stored && !(old && old->is_tombstone())) {
    change.old_item_bytes = old ? old->item.size() : stored->size();
  }
  if (!write.item && !change.old_item_bytes) {
    change.old_record = nullptr;
    return meter(change);
  }
  const Timestamp time = clock_.tick();
  if (logged) log_.append(batch, write.collection, time, write.key);
  if (!write.item && !logged) {
    derive(change, batch);
    meter(change);
    if (staged != nullptr) (*staged)[key] = batch.operations().size();
    batch.erase(key);
    return;
  }
  const Liveness liveness = write.item ? Liveness::kItem : Liveness::kTombstone;
  // INVARIANT(marks-descend): a record has seen what the one it replaces had, and that one; a new
  // one what its region had applied. The positions alone would call a write seen that came too
  // late. Of a collection that is not replicated nothing is applied.
  const Marks applied = logged ? applied_marks(write.collection) : Marks();
  const std::string marks = (old ? marks_after(*old, applied) : applied).encode(region_);
  std::string bytes = write.item ? std::move(*write.item) : std::string();
  append_trailer(bytes, {time, region_}, liveness, marks);
  const auto record = parse_record(bytes);
  change.record = &*record;
  derive(change, batch);
  meter(change);
  if (staged != nullptr) (*staged)[key] = batch.operations().size();
  batch.operations().push_back({store::WriteBatch::Kind::kPut, std::move(key), std::move(bytes)});
}

void RecordStore::derive(const Change& change, store::WriteBatch& batch) {
  statistics_.derive(change, batch);
  tombstones_.derive(change, batch);
  lost_updates_.derive(change, batch);
}

void RecordStore::abandon() {
  log_.abandon();
  statistics_.abandoned();
  tombstones_.abandoned();
  lost_updates_.abandoned();
}

void RecordStore::finish(store::WriteBatch batch) {
  statistics_.seal(batch);
  tombstones_.seal(batch);
  lost_updates_.seal(batch);
  write_with_clock(std::move(batch));
  // INVARIANT(store-before-memory): nothing here moves before the batch that says so is written, so
  // that whoever catches the store's error still has what is true.
  statistics_.committed();
  tombstones_.committed();
  lost_updates_.committed();
}

Marks RecordStore::applied_marks(std::uint32_t collection) const {
  Marks marks;
  const auto bounds = applied_from_.find(collection);
  for (const auto& [peer, through] : applied_) {
    if (through == 0) continue;
    if (bounds != applied_from_.end()) {
      const auto from = bounds->second.find(peer);
      if (from == bounds->second.end() || through < from->second) continue;
    }
    marks.raise({peer, through, Mark::Kind::kApplied});
  }
  return marks;
}

void RecordStore::count_applied_from(std::uint32_t collection,
                                     std::map<std::string, Timestamp> from) {
  applied_from_[collection] = std::move(from);
}

void RecordStore::nothing_applied(std::string_view peer) {
  if (const auto found = applied_.find(peer); found != applied_.end()) applied_.erase(found);
}

void RecordStore::applied(std::string_view peer, Timestamp through) {
  const auto found = applied_.find(peer);
  if (found == applied_.end()) {
    applied_.emplace(peer, through);
  } else {
    found->second = std::max(found->second, through);
  }
}

void RecordStore::write_with_clock(store::WriteBatch batch) {
  Timestamp bound = clock_bound_;
  if (clock_.current() > bound) {
    bound = std::min(clock_.current() + timestamp_at(kClockLeaseUs), kMaxTimestamp - 1);
    std::string value;
    put_u64(value, bound);
    batch.put(keys::kClockBound, value);
  }
  if (batch.empty()) return;
  try {
    store_.write(std::move(batch));
  } catch (const store::StoreError&) {
    reload();
    throw;
  }
  // INVARIANT(bounded-clock): no time beyond the stored bound is ever in a batch that was written.
  // A bound that was not written must be written with the next batch, so memory moves only now.
  clock_bound_ = bound;
}

/// A write that failed may have been kept all the same, and a number given out twice would hide an
/// entry of the log for good.
void RecordStore::reload() {
  log_.reload();
  statistics_.reload();
  tombstones_.reload();
  lost_updates_.reload();
  clock_bound_ = load_clock_bound(store_);
}

RecordCursor RecordStore::cursor(std::uint32_t collection, std::string_view begin,
                                 std::string_view end, RecordCursor::Direction direction,
                                 std::string_view exclusive_start) const {
  return {store_, collection, begin, end, direction, exclusive_start};
}

void RecordStore::set_replicated(std::uint32_t collection, Replicated replicated) {
  if (replicated == Replicated::kYes) {
    replicated_.insert(collection);
  } else {
    replicated_.erase(collection);
    applied_from_.erase(collection);
  }
}

void RecordStore::erase_collection(std::uint32_t collection) {
  store::WriteBatch batch;
  for (const char kind : {'d', 'x'}) {
    const std::string begin = keys::numbered(kind, collection);
    batch.erase_range(begin, store::prefix_end(begin));
  }
  batch.erase(keys::statistics(collection));
  lost_updates_.forget(collection, batch);
  store_.write(std::move(batch));
  statistics_.forget(collection);
  replicated_.erase(collection);
  applied_from_.erase(collection);
  tombstones_.forget(collection);
  lost_updates_.reload();
}

void RecordStore::visit_raw(
    std::uint32_t collection, std::string_view after,
    const std::function<bool(std::string_view, std::string_view)>& visit) const {
  std::string begin = keys::record(collection, after);
  // The smallest key greater than `after`.
  if (!after.empty()) begin.push_back('\0');
  const auto cursor = store_.cursor(begin, store::prefix_end(keys::numbered('d', collection)));
  for (cursor->seek(begin); cursor->valid(); cursor->next()) {
    if (!visit(cursor->key().substr(5), cursor->value())) return;
  }
}

RecordStore::Merge::~Merge() {
  if (!committed_) records_.abandon();
}

bool RecordStore::Merge::add(std::uint32_t collection, std::string_view key,
                             std::string_view bytes) {
  const RecordView incoming = checked(bytes, collection);
  newest_ = std::max(newest_, incoming.version.time);
  std::string full = keys::record(collection, key);
  const auto staged = staged_.find(full);
  std::optional<std::string> old_bytes;
  if (staged != staged_.end()) {
    old_bytes = batch_.operations()[staged->second].value;
  } else {
    old_bytes = records_.store_.get(full);
  }
  Change change{.collection = collection, .key = key, .origin = Origin::kRemote};
  std::optional<RecordView> old;
  if (old_bytes) {
    old = parse_record(*old_bytes);
    if (!old) say_damaged(collection, key, kReplaced);
    // INVARIANT(greatest-version-stays): the same in every region and in any order of arrival, also
    // of two with one version.
    const bool stays = old && (old->version > incoming.version ||
                               (old->version == incoming.version && *old_bytes >= bytes));
    if (stays) {
      records_.lost_updates_.pass_over(collection, key, incoming, batch_);
      // One that is here already was counted when it came.
      if (old->version != incoming.version) {
        change.old_record = &*old;
        change.record = &incoming;
        meter(change);
      }
      return false;
    }
    if (!old || !old->is_tombstone()) {
      change.old_item_bytes = old ? old->item.size() : old_bytes->size();
    }
  }
  if (old) change.old_record = &*old;
  change.record = &incoming;
  records_.derive(change, batch_);
  meter(change);
  staged_[full] = batch_.operations().size();
  batch_.operations().push_back(
      {store::WriteBatch::Kind::kPut, std::move(full), std::string(bytes)});
  return true;
}

void RecordStore::Merge::commit() {
  // The clock moves first, so that its bound is in the same batch; a clock ahead of what is stored
  // is harmless.
  records_.clock_.observe(newest_);
  committed_ = true;
  records_.finish(std::move(batch_));
}

std::size_t RecordStore::collect_tombstones(std::uint32_t collection, Timestamp through,
                                            std::size_t limit) {
  store::WriteBatch batch;
  const auto collected = tombstones_.collect(collection, through, limit, batch);
  if (!batch.empty()) store_.write(std::move(batch));
  tombstones_collected_ += collected.dropped;
  if (collected.all) tombstones_.forget(collection);
  return collected.looked_at;
}

void RecordStore::clear() {
  store::WriteBatch batch;
  for (const std::string_view kind : {"d", "x", "n", "c"}) {
    batch.erase_range(kind, store::prefix_end(kind));
  }
  store_.write(std::move(batch));
  statistics_.clear();
  replicated_.clear();
  tombstones_.clear();
  applied_.clear();
  applied_from_.clear();
  lost_updates_.reload();
}

void RecordStore::commit(store::WriteBatch batch) { write_with_clock(std::move(batch)); }

std::size_t RecordStore::restamp(std::uint32_t collection, Timestamp above) {
  std::size_t count = 0;
  store::WriteBatch batch;
  std::size_t bytes = 0;
  visit_raw(collection, {}, [&](std::string_view key, std::string_view stored) {
    const auto record = parse_record(stored);
    if (!record) say_damaged(collection, key, kPassedOver);
    if (!record || record->version.time <= above) return true;
    ++count;
    const Timestamp time = clock_.tick();
    std::string again(record->item);
    const Marks applied = applied_marks(collection);
    append_trailer(again, {time, region_}, record->liveness,
                   marks_after(*record, applied).encode(region_));
    const auto now = parse_record(again);
    Change change{.collection = collection, .key = key, .origin = Origin::kRestamp};
    if (!record->is_tombstone()) change.old_item_bytes = record->item.size();
    change.old_record = &*record;
    change.record = &*now;
    derive(change, batch);
    bytes += again.size() + key.size();
    batch.put(keys::record(collection, key), again);
    if (bytes >= kRestampBytes) {
      finish(std::exchange(batch, {}));
      bytes = 0;
    }
    return true;
  });
  // Index entries of tombstones that have been overwritten since, and would never come of age.
  batch.erase_range(keys::tombstone(collection, above + 1, ""),
                    store::prefix_end(keys::numbered('x', collection)));
  finish(std::move(batch));
  return count;
}

Timestamp RecordStore::newest(std::uint32_t collection, Timestamp at_most) const {
  Timestamp found = 0;
  visit_raw(collection, {}, [&](std::string_view, std::string_view stored) {
    const auto record = parse_record(stored);
    if (record && record->version.time <= at_most) found = std::max(found, record->version.time);
    return true;
  });
  // A tombstone that was overwritten by a later time is in the index still.
  const std::string begin = keys::numbered('x', collection);
  const std::string end = keys::tombstone(collection, at_most + 1, "");
  const auto index = store_.cursor(begin, end);
  index->seek_backward(end);
  if (!index->valid()) return found;
  return std::max<Timestamp>(found, ByteReader(index->key().substr(begin.size())).u64());
}

std::size_t RecordStore::restamp(const std::function<void(store::WriteBatch& batch)>& finish) {
  std::set<std::uint32_t> collections = tombstones_.collections();
  for (const auto& [collection, counted] : statistics_.all()) collections.insert(collection);
  const Timestamp above = latest_acceptable();
  const Timestamp before = clock_.current();
  Timestamp restart = clock_.at_wall(0);
  for (const std::uint32_t collection : collections) {
    restart = std::max(restart, newest(collection, above));
  }
  // What bore the newest time may have been overwritten by what is to be restamped, and be held
  // elsewhere: no time is given out twice. The clock runs on from such a time by ones, so that a
  // lease is beyond all of them.
  restart += timestamp_at(kClockLeaseUs);
  // The stored bound stays where it is until all is done: a process that ends half-way comes back
  // with a clock that refuses writes.
  clock_.restart(restart);
  try {
    std::size_t count = 0;
    for (const std::uint32_t collection : collections) count += restamp(collection, above);
    const Timestamp bound = clock_.current() + timestamp_at(kClockLeaseUs);
    std::string value;
    put_u64(value, bound);
    store::WriteBatch batch;
    log_.clear(batch);
    finish(batch);
    batch.put(keys::kClockBound, value);
    store_.write(std::move(batch));
    clock_bound_ = bound;
    log_.reload();
    return count;
  } catch (const store::StoreError&) {
    clock_.restart(before);
    reload();
    throw;
  }
}

}  // namespace tandem::replication
