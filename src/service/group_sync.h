// Power-loss durability at the price of one fsync for many: acknowledgements that wait while a sync
// runs share the next one.
#pragma once

#include <cstdint>
#include <optional>

#include "core/task.h"
#include "store/store.h"

namespace tandem::service {

/// Loop thread only. Borrows store and pool.
class GroupSync {
 public:
  GroupSync(store::Store& store, core::Workers& pool) : store_(store), pool_(pool) {}
  /// Returns when everything written before the call survives a power loss. Throws StoreError.
  Task<void> wait();
  std::uint64_t syncs() const { return syncs_; }

 private:
  Task<void> run();
  store::Store& store_;
  core::Workers& pool_;
  std::optional<core::Timer> done_;
  std::uint64_t requested_ = 0;
  std::uint64_t synced_ = 0;
  std::uint64_t syncs_ = 0;
  bool running_ = false;
};

}  // namespace tandem::service
