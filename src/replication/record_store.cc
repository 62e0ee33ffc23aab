#include "replication/record_store.h"

#include "core/check.h"
#include "replication/keys.h"

namespace tandem::replication {
namespace {

/// How far ahead the clock's bound is written: one small write in this much of activity, and at
/// most this much of a lead after a crash.
constexpr std::int64_t kClockLeaseUs = 250'000;

Timestamp load_clock_bound(const store::Store& store) {
  const auto bound = store.get(keys::kClockBound);
  return bound ? ByteReader(*bound).u64() : 0;
}

std::unordered_map<std::uint32_t, Statistics> load_statistics(const store::Store& store) {
  std::unordered_map<std::uint32_t, Statistics> all;
  store::for_each(store, "n", [&](std::string_view key, std::string_view value) {
    ByteReader name(key.substr(1));
    ByteReader numbers(value);
    Statistics& found = all[name.u32()];
    found.items = static_cast<std::int64_t>(numbers.u64());
    found.bytes = static_cast<std::int64_t>(numbers.u64());
    CHECK(name.at_end() && numbers.at_end());
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

RecordView checked(std::string_view bytes) {
  const auto record = parse_record(bytes);
  CHECK(record.has_value());
  return *record;
}

}  // namespace

RecordCursor::RecordCursor(const store::Store& store, std::uint32_t collection,
                           std::string_view begin, std::string_view end, Direction direction,
                           std::string_view exclusive_start)
    : direction_(direction) {
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
    record_ = checked(cursor_->value());
    if (!record_.is_tombstone()) return;
  }
}

void RecordCursor::next() {
  step();
  settle();
}

RecordStore::RecordStore(std::string region, const core::Clock& clock, store::Store& store)
    : region_(std::move(region)),
      store_(store),
      clock_bound_(load_clock_bound(store)),
      clock_(clock, clock_bound_),
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
  const RecordView record = checked(*bytes);
  if (record.is_tombstone()) return std::nullopt;
  bytes->resize(record.item.size());
  return bytes;
}

void RecordStore::write(std::vector<LocalWrite> writes) {
  store::WriteBatch batch;
  std::unordered_map<std::uint32_t, Statistics> change;
  const std::uint64_t log_end = log_.end();
  for (LocalWrite& write : writes) stage(std::move(write), batch, change);
  if (batch.empty()) return;
  finish(std::move(batch), change);
  if (log_.end() != log_end && on_append_) on_append_();
}

void RecordStore::stage(LocalWrite write, store::WriteBatch& batch,
                        std::unordered_map<std::uint32_t, Statistics>& change) {
  std::int64_t previous = write.previous_bytes;
  if (previous == kPreviousUnknown) {
    const auto old = get(write.collection, write.key);
    previous = old ? static_cast<std::int64_t>(old->size()) : kPreviousAbsent;
  }
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
    with_tombstones_.insert(write.collection);
  }
  std::string bytes = write.item ? std::move(*write.item) : std::string();
  append_trailer(bytes, {time, region_}, write.item ? Liveness::kItem : Liveness::kTombstone);
  batch.operations().push_back({store::WriteBatch::Kind::kPut, std::move(key), std::move(bytes)});
}

void RecordStore::finish(store::WriteBatch batch,
                         const std::unordered_map<std::uint32_t, Statistics>& change) {
  for (const auto& [collection, delta] : change) {
    const Statistics& now = statistics_[collection];
    std::string value;
    put_u64(value, static_cast<std::uint64_t>(now.items + delta.items));
    put_u64(value, static_cast<std::uint64_t>(now.bytes + delta.bytes));
    batch.put(keys::statistics(collection), value);
  }
  keep_clock(batch);
  store_.write(std::move(batch));
  for (const auto& [collection, delta] : change) {
    Statistics& now = statistics_[collection];
    now.items += delta.items;
    now.bytes += delta.bytes;
  }
}

void RecordStore::keep_clock(store::WriteBatch& batch) {
  if (clock_.current() <= clock_bound_) return;
  clock_bound_ = clock_.current() + timestamp_at(kClockLeaseUs);
  std::string value;
  put_u64(value, clock_bound_);
  batch.put(keys::kClockBound, value);
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
  const RecordView incoming = checked(bytes);
  records_.clock_.observe(incoming.version.time);
  std::string full = keys::record(collection, key);
  // The store does not show what is staged, so a second change of an item waits for the first.
  if (!staged_.insert(full).second) {
    records_.finish(std::move(batch_), change_);
    batch_ = {};
    change_.clear();
    staged_ = {full};
  }
  const auto old_bytes = records_.store_.get(full);
  const auto key_bytes = static_cast<std::int64_t>(key.size());
  if (old_bytes) {
    const RecordView old = checked(*old_bytes);
    if (old.version >= incoming.version) return false;
    if (!old.is_tombstone()) {
      change_[collection].items -= 1;
      change_[collection].bytes -= key_bytes + static_cast<std::int64_t>(old.item.size());
    }
  }
  if (incoming.is_tombstone()) {
    batch_.put(keys::tombstone(collection, incoming.version.time, key), "");
    records_.with_tombstones_.insert(collection);
  } else {
    change_[collection].items += 1;
    change_[collection].bytes += key_bytes + static_cast<std::int64_t>(incoming.item.size());
  }
  batch_.operations().push_back(
      {store::WriteBatch::Kind::kPut, std::move(full), std::string(bytes)});
  return true;
}

void RecordStore::Merge::commit() {
  records_.keep_clock(batch_);
  if (batch_.empty()) return;
  records_.finish(std::move(batch_), change_);
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
    const RecordView record = checked(*bytes);
    if (record.is_tombstone() && record.version.time == time) batch.erase(key);
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

void RecordStore::commit(store::WriteBatch batch) {
  keep_clock(batch);
  if (!batch.empty()) store_.write(std::move(batch));
}

}  // namespace tandem::replication
