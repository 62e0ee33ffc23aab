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

std::unordered_map<std::uint32_t, Statistics> load_statistics(const store::Store& store) {
  std::unordered_map<std::uint32_t, Statistics> all;
  store::for_each(store, "n", [&](std::string_view key, std::string_view value) {
    ByteReader name(key.substr(1));
    ByteReader numbers(value);
    const std::uint32_t collection = name.u32();
    Statistics& found = all[collection];
    found.items = static_cast<std::int64_t>(numbers.u64());
    found.bytes = static_cast<std::int64_t>(numbers.u64());
    if (!name.at_end() || !numbers.at_end()) throw damaged("the item count", collection);
    return true;
  });
  return all;
}

std::set<std::uint32_t> load_with_tombstones(const store::Store& store) {
  std::set<std::uint32_t> found;
  std::string at = "x";
  const auto cursor = store.cursor(at, store::prefix_end("x"));
  for (cursor->seek(at); cursor->valid(); cursor->seek(at)) {
    const std::uint32_t collection = ByteReader(cursor->key().substr(1)).u32();
    found.insert(collection);
    at = store::prefix_end(keys::numbered('x', collection));
  }
  return found;
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
      statistics_(load_statistics(store)),
      with_tombstones_(load_with_tombstones(store)) {
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
  std::unordered_map<std::uint32_t, Statistics> change;
  // What an earlier write staged and could not write.
  log_.abandon();
  for (LocalWrite& write : writes) stage(std::move(write), batch, change);
  if (batch.empty()) return;
  finish(std::move(batch), change);
  if (log_.committed() && on_append_) on_append_();
}

std::int64_t RecordStore::previous_bytes(std::uint32_t collection, std::string_view key) const {
  const auto stored = raw(collection, key);
  if (!stored) return kPreviousAbsent;
  const auto old = parse_record(*stored);
  if (!old) {
    say_damaged(collection, key, kReplaced);
    // It counted as an item, of about this size.
    return static_cast<std::int64_t>(stored->size());
  }
  return old->is_tombstone() ? kPreviousAbsent : static_cast<std::int64_t>(old->item.size());
}

void RecordStore::stage(LocalWrite write, store::WriteBatch& batch,
                        std::unordered_map<std::uint32_t, Statistics>& change) {
  std::int64_t previous = write.previous_bytes;
  if (previous == kPreviousUnknown) previous = previous_bytes(write.collection, write.key);
  if (!write.item && previous == kPreviousAbsent) return;
  const auto key_bytes = static_cast<std::int64_t>(write.key.size());
  Statistics& counted = change[write.collection];
  if (previous != kPreviousAbsent) counted.items -= 1, counted.bytes -= key_bytes + previous;
  if (write.item) {
    counted.items += 1;
    counted.bytes += key_bytes + static_cast<std::int64_t>(write.item->size());
  }
  const bool logged = replicated(write.collection);
  const Timestamp time = clock_.tick();
  std::string key = keys::record(write.collection, write.key);
  if (logged) log_.append(batch, write.collection, time, write.key);
  if (!write.item && !logged) {
    batch.erase(key);
    return;
  }
  if (!write.item) {
    batch.put(keys::tombstone(write.collection, time, write.key), "");
    // A hint, true even when the batch is not written: where to look for tombstones.
    with_tombstones_.insert(write.collection);
  }
  std::string bytes = write.item ? std::move(*write.item) : std::string();
  append_trailer(bytes, {time, region_}, write.item ? Liveness::kItem : Liveness::kTombstone);
  batch.operations().push_back({store::WriteBatch::Kind::kPut, std::move(key), std::move(bytes)});
}

void RecordStore::finish(store::WriteBatch batch,
                         const std::unordered_map<std::uint32_t, Statistics>& change) {
  for (const auto& [collection, delta] : change) {
    const Statistics now = statistics(collection);
    std::string value;
    put_u64(value, static_cast<std::uint64_t>(now.items + delta.items));
    put_u64(value, static_cast<std::uint64_t>(now.bytes + delta.bytes));
    batch.put(keys::statistics(collection), value);
  }
  write_with_clock(std::move(batch));
  // Store first, memory after.
  for (const auto& [collection, delta] : change) {
    Statistics& now = statistics_[collection];
    now.items += delta.items;
    now.bytes += delta.bytes;
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
  // Only now: a bound that was not written must be written with the next batch.
  clock_bound_ = bound;
}

/// A write that failed may have been kept all the same, and a number given out twice would hide an
/// entry of the log for good.
void RecordStore::reload() {
  log_.reload();
  statistics_ = load_statistics(store_);
  const std::set<std::uint32_t> found = load_with_tombstones(store_);
  with_tombstones_.insert(found.begin(), found.end());
  clock_bound_ = load_clock_bound(store_);
}

RecordCursor RecordStore::cursor(std::uint32_t collection, std::string_view begin,
                                 std::string_view end, RecordCursor::Direction direction,
                                 std::string_view exclusive_start) const {
  return {store_, collection, begin, end, direction, exclusive_start};
}

Statistics RecordStore::statistics(std::uint32_t collection) const {
  const auto found = statistics_.find(collection);
  return found == statistics_.end() ? Statistics{} : found->second;
}

void RecordStore::set_replicated(std::uint32_t collection, Replicated replicated) {
  if (replicated == Replicated::kYes) {
    replicated_.insert(collection);
  } else {
    replicated_.erase(collection);
  }
}

void RecordStore::erase_collection(std::uint32_t collection) {
  store::WriteBatch batch;
  for (const char kind : {'d', 'x'}) {
    const std::string begin = keys::numbered(kind, collection);
    batch.erase_range(begin, store::prefix_end(begin));
  }
  batch.erase(keys::statistics(collection));
  store_.write(std::move(batch));
  statistics_.erase(collection);
  replicated_.erase(collection);
  with_tombstones_.erase(collection);
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
  const auto key_bytes = static_cast<std::int64_t>(key.size());
  if (old_bytes) {
    const auto old = parse_record(*old_bytes);
    if (!old) say_damaged(collection, key, kReplaced);
    if (old && old->version > incoming.version) return false;
    if (old && old->version == incoming.version && *old_bytes >= bytes) return false;
    if (!old || !old->is_tombstone()) {
      const std::size_t old_size = old ? old->item.size() : old_bytes->size();
      change_[collection].items -= 1;
      change_[collection].bytes -= key_bytes + static_cast<std::int64_t>(old_size);
    }
  }
  if (incoming.is_tombstone()) {
    batch_.put(keys::tombstone(collection, incoming.version.time, key), "");
    tombstones_.insert(collection);
  } else {
    change_[collection].items += 1;
    change_[collection].bytes += key_bytes + static_cast<std::int64_t>(incoming.item.size());
  }
  staged_[full] = batch_.operations().size();
  batch_.operations().push_back(
      {store::WriteBatch::Kind::kPut, std::move(full), std::string(bytes)});
  return true;
}

void RecordStore::Merge::commit() {
  // The clock moves first, so that its bound is in the same batch; a clock ahead of what is stored
  // is harmless.
  records_.clock_.observe(newest_);
  records_.finish(std::move(batch_), change_);
  records_.with_tombstones_.insert(tombstones_.begin(), tombstones_.end());
  batch_ = {};
  change_.clear();
  staged_.clear();
}

std::size_t RecordStore::collect_tombstones(std::uint32_t collection, Timestamp through,
                                            std::size_t limit) {
  const std::string begin = keys::numbered('x', collection);
  store::WriteBatch batch;
  std::size_t looked_at = 0;
  const auto cursor = store_.cursor(begin, store::prefix_end(begin));
  for (cursor->seek(begin); cursor->valid() && looked_at < limit; cursor->next()) {
    ByteReader index(cursor->key().substr(begin.size()));
    const Timestamp time = index.u64();
    if (time > through) break;
    ++looked_at;
    batch.erase(cursor->key());
    const std::string key = keys::record(collection, index.rest());
    const auto bytes = store_.get(key);
    if (!bytes) continue;
    // The item may have been written again since; its index entry alone is stale then.
    const auto record = parse_record(*bytes);
    if (record && record->is_tombstone() && record->version.time == time) batch.erase(key);
  }
  if (!batch.empty()) store_.write(std::move(batch));
  if (!cursor->valid()) with_tombstones_.erase(collection);
  return looked_at;
}

std::size_t RecordStore::count_tombstones(std::uint32_t collection) const {
  std::size_t count = 0;
  store::for_each(store_, keys::numbered('x', collection),
                  [&](std::string_view, std::string_view) { return ++count > 0; });
  return count;
}

void RecordStore::clear() {
  store::WriteBatch batch;
  for (const std::string_view kind : {"d", "x", "n"}) {
    batch.erase_range(kind, store::prefix_end(kind));
  }
  store_.write(std::move(batch));
  statistics_.clear();
  replicated_.clear();
  with_tombstones_.clear();
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
    if (record->is_tombstone()) {
      batch.erase(keys::tombstone(collection, record->version.time, key));
      batch.put(keys::tombstone(collection, time, key), "");
    }
    std::string again(record->item);
    append_trailer(again, {time, region_}, record->liveness);
    bytes += again.size() + key.size();
    batch.put(keys::record(collection, key), again);
    if (bytes >= kRestampBytes) {
      write_with_clock(std::move(batch));
      batch = {};
      bytes = 0;
    }
    return true;
  });
  // Index entries of tombstones that have been overwritten since, and would never come of age.
  batch.erase_range(keys::tombstone(collection, above + 1, ""),
                    store::prefix_end(keys::numbered('x', collection)));
  write_with_clock(std::move(batch));
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
  std::set<std::uint32_t> collections = with_tombstones_;
  for (const auto& [collection, counted] : statistics_) collections.insert(collection);
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
