// How many items a collection holds, and of what size: counted in the batch of every change.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "replication/derive.h"

namespace tandem::replication {

struct Statistics {
  std::int64_t items = 0;
  std::int64_t bytes = 0;  ///< of keys and items, without versions
};

class StatisticsDeriver final : public Deriver {
 public:
  /// Borrows the store. Throws as reload().
  explicit StatisticsDeriver(const store::Store& store) : store_(store) { reload(); }

  Statistics of(std::uint32_t collection) const;
  const std::unordered_map<std::uint32_t, Statistics>& all() const { return counted_; }
  /// The collection and all that belongs to it is gone from the store.
  void forget(std::uint32_t collection) { counted_.erase(collection); }
  void clear() {
    counted_.clear();
    staged_.clear();
  }

  void derive(const Change& change, store::WriteBatch& batch) override;
  void seal(store::WriteBatch& batch) override;
  void committed() override;
  void abandoned() override { staged_.clear(); }
  void reload() override;

 private:
  const store::Store& store_;
  std::unordered_map<std::uint32_t, Statistics> counted_;
  std::unordered_map<std::uint32_t, Statistics> staged_;  ///< changes, not sums
};

}  // namespace tandem::replication
