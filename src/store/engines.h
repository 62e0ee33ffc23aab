// The engines behind Store. Both pass the same contract test (store/contract_test.cc).
#pragma once

#include <filesystem>
#include <memory>

#include "store/store.h"

namespace tandem::store {

/// On disk, one RocksDB database. Creates the folder when missing; throws StoreError when another
/// process holds it.
std::unique_ptr<Store> open_rocksdb(const std::filesystem::path& folder);

/// In memory: for tests and the simulator.
std::unique_ptr<Store> make_memory_store();

}  // namespace tandem::store
