// The engines behind Store. Both pass the same contract test (store/contract_test.cc).
#pragma once

#include <filesystem>
#include <memory>

#include "store/space.h"
#include "store/store.h"

namespace tandem::store {

class EngineFailure;

/// On disk, one RocksDB database. Creates the folder when missing. Throws StoreError: kFailed when
/// another process holds it, kFull when the disk has no room to open it, kCorrupt, naming the file,
/// when what is there is not what was written. What fails on RocksDB's own threads later is said to
/// failure; with one, a store that is there and has no room to be opened is opened for reading, and
/// that is said to failure, too: no write may reach it.
std::unique_ptr<Store> open_rocksdb(const std::filesystem::path& folder,
                                    const std::shared_ptr<EngineFailure>& failure = nullptr);

/// In memory: for tests and the simulator.
std::unique_ptr<Store> make_memory_store();
/// The same for a change that is tried before it is written to a World's store.
std::unique_ptr<Store> make_scratch_store();

/// Where the stores of a process come from.
class StoreFactory {
 public:
  virtual ~StoreFactory() = default;
  /// As open_rocksdb().
  virtual std::unique_ptr<Store> open(const std::filesystem::path& folder,
                                      const std::shared_ptr<EngineFailure>& failure) = 0;
  /// As space_of().
  virtual std::optional<Space> space(const std::filesystem::path& folder) = 0;
};

class DiskStores final : public StoreFactory {
 public:
  std::unique_ptr<Store> open(const std::filesystem::path& folder,
                              const std::shared_ptr<EngineFailure>& failure) override {
    return open_rocksdb(folder, failure);
  }
  std::optional<Space> space(const std::filesystem::path& folder) override {
    return space_of(folder);
  }
};

}  // namespace tandem::store
