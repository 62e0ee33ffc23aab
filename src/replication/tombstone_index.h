// Tombstones in order of age, so that those that may go are found.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "replication/derive.h"
#include "replication/hybrid_clock.h"

namespace tandem::replication {

class TombstoneIndex final : public Deriver {
 public:
  /// Borrows the store.
  explicit TombstoneIndex(const store::Store& store) : store_(store) { reload(); }

  /// Collections that may hold tombstones.
  const std::set<std::uint32_t>& collections() const { return collections_; }
  std::size_t count(std::uint32_t collection) const;
  struct Collected {
    std::size_t looked_at = 0;
    std::size_t dropped = 0;  ///< of these, tombstones that still were the item's record
    bool all = false;         ///< there are no others
  };
  /// The time of the oldest, or of what has been written over it since; nothing when there is none.
  std::optional<Timestamp> oldest() const;
  /// Adds to the batch what drops tombstones not newer than through, and index entries of those
  /// that have been overwritten since; looks at limit of them at most.
  Collected collect(std::uint32_t collection, Timestamp through, std::size_t limit,
                    store::WriteBatch& batch) const;
  /// No tombstone of the collection is left.
  void forget(std::uint32_t collection) { collections_.erase(collection); }
  void clear() { collections_.clear(); }

  void derive(const Change& change, store::WriteBatch& batch) override;
  void seal(store::WriteBatch&) override {}
  void committed() override {}
  void abandoned() override {}
  void reload() override;

 private:
  const store::Store& store_;
  /// A hint, true even when a batch is not written.
  std::set<std::uint32_t> collections_;
};

}  // namespace tandem::replication
