#include "replication/statistics.h"

#include <fmt/format.h>

#include "replication/byte_codec.h"
#include "replication/keys.h"

namespace tandem::replication {

Statistics StatisticsDeriver::of(std::uint32_t collection) const {
  const auto found = counted_.find(collection);
  return found == counted_.end() ? Statistics{} : found->second;
}

void StatisticsDeriver::derive(const Change& change, store::WriteBatch&) {
  const auto key_bytes = static_cast<std::int64_t>(change.key.size());
  const bool lives = change.record != nullptr && !change.record->is_tombstone();
  if (!change.old_item_bytes && !lives) return;
  Statistics& staged = staged_[change.collection];
  if (change.old_item_bytes) {
    staged.items -= 1;
    staged.bytes -= key_bytes + static_cast<std::int64_t>(*change.old_item_bytes);
  }
  if (lives) {
    staged.items += 1;
    staged.bytes += key_bytes + static_cast<std::int64_t>(change.record->item.size());
  }
}

void StatisticsDeriver::seal(store::WriteBatch& batch) {
  for (const auto& [collection, change] : staged_) {
    const Statistics now = of(collection);
    std::string value;
    put_u64(value, static_cast<std::uint64_t>(now.items + change.items));
    put_u64(value, static_cast<std::uint64_t>(now.bytes + change.bytes));
    batch.put(keys::statistics(collection), value);
  }
}

void StatisticsDeriver::committed() {
  for (const auto& [collection, change] : staged_) {
    Statistics& now = counted_[collection];
    now.items += change.items;
    now.bytes += change.bytes;
  }
  staged_.clear();
}

void StatisticsDeriver::reload() {
  std::unordered_map<std::uint32_t, Statistics> all;
  store::for_each(store_, "n", [&](std::string_view key, std::string_view value) {
    ByteReader name(key.substr(1));
    ByteReader numbers(value);
    const std::uint32_t collection = name.u32();
    Statistics& found = all[collection];
    found.items = static_cast<std::int64_t>(numbers.u64());
    found.bytes = static_cast<std::int64_t>(numbers.u64());
    if (!name.at_end() || !numbers.at_end()) {
      // Bytes from disk get an error, never a CHECK.
      throw store::StoreError(
          fmt::format("the item count of table {} is damaged on disk", collection));
    }
    return true;
  });
  counted_ = std::move(all);
  staged_.clear();
}

}  // namespace tandem::replication
