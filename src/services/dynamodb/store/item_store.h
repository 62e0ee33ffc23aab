// The items of a region's tables: bytes by key bytes, in key order.
//
// What is in a key and in an item is not this class's business; the model encodes both, and encodes
// keys so that they order as DynamoDB orders items. A write to a replicated table is one atomic
// batch with its version stamp and its replication log entry. A call costs one store call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/dynamodb/store/table.h"

namespace tandem::replication {
class RecordStore;
class RecordCursor;
}  // namespace tandem::replication

namespace tandem::dynamodb {

/// What a writer already knows of the item it replaces, which saves the store a read.
struct Previous {
  static constexpr std::int64_t kUnknown = -1;
  static constexpr std::int64_t kAbsent = -2;
  std::int64_t item_bytes = kUnknown;  ///< size of the old item's bytes, or one of the above

  static Previous unknown() { return {}; }
  static Previous absent() { return {kAbsent}; }
  static Previous present(std::string_view item) {
    return {static_cast<std::int64_t>(item.size())};
  }
  /// From the answer of get().
  static Previous of(const std::optional<std::string>& item) {
    return item ? present(*item) : absent();
  }
};

struct ItemWrite {
  const Table* table = nullptr;
  std::string key;
  std::optional<std::string> item;  ///< absent: delete
  Previous previous;
};

enum class Direction { kForward, kBackward };

/// Keys in [begin, end) of a table, walked in one direction.
struct ItemRange {
  std::string begin;  ///< empty: the table's start
  std::string end;    ///< empty: the table's end
  Direction direction = Direction::kForward;
  /// The walk starts strictly after this key in its direction (ExclusiveStartKey); need not exist.
  std::string exclusive_start;
};

/// Walks a range over a snapshot taken at creation; already at its first item.
class ItemCursor {
 public:
  ItemCursor(std::unique_ptr<replication::RecordCursor> records);  // NOLINT: made by ItemStore
  ~ItemCursor();
  ItemCursor(ItemCursor&&) noexcept;
  ItemCursor& operator=(ItemCursor&&) noexcept;

  bool valid() const;
  /// Both are valid until next().
  std::string_view key() const;
  std::string_view item() const;
  void next();

 private:
  std::unique_ptr<replication::RecordCursor> records_;
};

struct TableStatistics {
  std::int64_t item_count = 0;
  std::int64_t item_bytes = 0;  ///< keys and items as stored
};

class ItemStore {
 public:
  /// Borrows the records, which the data plane shares with replication.
  explicit ItemStore(replication::RecordStore& records) : records_(records) {}

  std::optional<std::string> get(const Table& table, std::string_view key) const;
  /// All or nothing. Of several writes of a key each replaces the one before it. Deleting what is
  /// not there writes nothing.
  void write(std::vector<ItemWrite> writes);
  ItemCursor cursor(const Table& table, const ItemRange& range = {}) const;
  TableStatistics statistics(const Table& table) const;
  /// Who writes here, and the wall clock's time.
  const std::string& region() const;
  std::int64_t now_us() const;

 private:
  replication::RecordStore& records_;
};

}  // namespace tandem::dynamodb
