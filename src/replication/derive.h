// The one door by which an item changes: a local write, a merge of what another region wrote, a
// snapshot's part and a restamping all pass every deriver on the way into their batch. What follows
// from items (statistics, the index of tombstones, lost updates) is derived here and nowhere else.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "replication/record.h"
#include "store/store.h"

namespace tandem::replication {

enum class Origin {
  kLocal,    ///< written in this region
  kRemote,   ///< another region's record: shipped, or part of a snapshot
  kRestamp,  ///< the same item with a new version
};

/// Valid during the call only.
struct Change {
  std::uint32_t collection = 0;
  std::string_view key;
  Origin origin = Origin::kLocal;
  /// Of the live item that it replaces; nothing when there was none. A damaged record counted as an
  /// item of about its size.
  std::optional<std::size_t> old_item_bytes;
  /// The record that it replaces, where its writer has read it; null: unread, absent or damaged.
  const RecordView* old_record = nullptr;
  /// What is there from now on; null: nothing, not even a tombstone.
  const RecordView* record = nullptr;
};

/// Invariant: memory follows the store. What derive() learns counts once committed() is called;
/// after a write that failed reload() reads what is true from the store.
class Deriver {
 public:
  virtual ~Deriver() = default;
  /// Adds to the batch what follows from the change.
  virtual void derive(const Change& change, store::WriteBatch& batch) = 0;
  /// No more changes come with this batch: adds what is written once for all of them.
  virtual void seal(store::WriteBatch& batch) = 0;
  virtual void committed() = 0;
  /// The batch was dropped before it was written.
  virtual void abandoned() = 0;
  /// Throws StoreError when what is stored is damaged.
  virtual void reload() = 0;
};

}  // namespace tandem::replication
