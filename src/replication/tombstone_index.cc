#include "replication/tombstone_index.h"

#include "replication/keys.h"

namespace tandem::replication {

void TombstoneIndex::derive(const Change& change, store::WriteBatch& batch) {
  const auto index = [&](const RecordView& record) {
    return keys::tombstone(change.collection, record.version.time, change.key);
  };
  // An entry of a tombstone that was overwritten otherwise goes when it comes of age; under a time
  // that no clock will reach it never would.
  const bool restamped = change.origin == Origin::kRestamp && change.old_record != nullptr;
  if (restamped && change.old_record->is_tombstone()) batch.erase(index(*change.old_record));
  if (change.record == nullptr || !change.record->is_tombstone()) return;
  batch.put(index(*change.record), "");
  collections_.insert(change.collection);
}

TombstoneIndex::Collected TombstoneIndex::collect(std::uint32_t collection, Timestamp through,
                                                  std::size_t limit,
                                                  store::WriteBatch& batch) const {
  const std::string begin = keys::numbered('x', collection);
  Collected collected;
  const auto cursor = store_.cursor(begin, store::prefix_end(begin));
  for (cursor->seek(begin); cursor->valid() && collected.looked_at < limit; cursor->next()) {
    ByteReader index(cursor->key().substr(begin.size()));
    const Timestamp time = index.u64();
    if (time > through) break;
    ++collected.looked_at;
    batch.erase(cursor->key());
    const std::string key = keys::record(collection, index.rest());
    const auto bytes = store_.get(key);
    if (!bytes) continue;
    // The item may have been written again since; its index entry alone is stale then.
    const auto record = parse_record(*bytes);
    if (!record || !record->is_tombstone() || record->version.time != time) continue;
    batch.erase(key);
    ++collected.dropped;
  }
  collected.all = !cursor->valid();
  return collected;
}

std::size_t TombstoneIndex::count(std::uint32_t collection) const {
  std::size_t count = 0;
  store::for_each(store_, keys::numbered('x', collection),
                  [&](std::string_view, std::string_view) { return ++count > 0; });
  return count;
}

std::optional<Timestamp> TombstoneIndex::oldest() const {
  std::optional<Timestamp> found;
  for (const std::uint32_t collection : collections_) {
    const std::string begin = keys::numbered('x', collection);
    const auto cursor = store_.cursor(begin, store::prefix_end(begin));
    cursor->seek(begin);
    if (!cursor->valid()) continue;
    const Timestamp time = ByteReader(cursor->key().substr(begin.size())).u64();
    if (!found || time < *found) found = time;
  }
  return found;
}

void TombstoneIndex::reload() {
  std::string at = "x";
  const auto cursor = store_.cursor(at, store::prefix_end("x"));
  for (cursor->seek(at); cursor->valid(); cursor->seek(at)) {
    const std::uint32_t collection = ByteReader(cursor->key().substr(1)).u32();
    collections_.insert(collection);
    at = store::prefix_end(keys::numbered('x', collection));
  }
}

}  // namespace tandem::replication
