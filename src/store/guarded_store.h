// A store that stops taking writes before the disk is full, and for good once its engine failed.
//
// Invariant: no write reaches the engine after one has failed. RocksDB 7.8 aborts on an assertion
// at the second write after a failed append; a store that failed is closed and opened again, and
// all memory above it is built anew (service/lives.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/clock.h"
#include "store/space.h"
#include "store/store.h"
#include "store/store_failure.h"

namespace tandem::store {

/// What an engine says about a failure that no call of ours returned: of a flush, a compaction or a
/// sync on another thread. Thread-safe; the first failure stays.
class EngineFailure {
 public:
  void set(StoreFailure error);
  bool is_set() const { return set_.load(std::memory_order_acquire); }
  std::optional<StoreFailure> get() const;

 private:
  std::atomic<bool> set_{false};
  mutable std::mutex mutex_;
  std::optional<StoreFailure> error_;
};

struct Health {
  enum class State {
    kOk,
    kDiskLow,  ///< below the floor: writes are refused until there is room
    kFailed,   ///< the engine failed: writes are refused until it has been opened again
    kDamaged,  ///< bytes on the disk are not what was written: opening again does not help
  };
  State state = State::kOk;
  std::string reason;          ///< a sentence for a person; empty when ok
  std::int64_t since_ms = 0;   ///< epoch, when this state began; 0 for ok from the beginning
  std::optional<Space> space;  ///< as last looked at
  Floor floor;
  std::uint64_t refused_writes = 0;
};
/// "ok", "disk-low", "store-failed", "store-damaged": as /_tandem/health says it.
std::string_view to_string(Health::State state);

/// Loop thread only, but for sync(). Borrows the clock.
class GuardedStore final : public Store {
 public:
  struct Options {
    std::string name;      ///< whose disk it is, for messages: "us-east-1"
    std::string location;  ///< the folder, for messages
    std::function<std::optional<Space>()> space;
    std::shared_ptr<EngineFailure> failure;
  };
  GuardedStore(std::unique_ptr<Store> engine, core::Clock& clock, Options options);

  /// Looks at the disk and at what the engine said. Called from a timer, and here after every
  /// kLookEvery bytes written.
  const Health& check();
  const Health& health() const { return health_; }
  /// For a failed store: whether there is room to open it again.
  bool may_reopen() const;

  std::optional<std::string> get(std::string_view key) const override;
  void write(WriteBatch batch) override;
  std::unique_ptr<Cursor> cursor(std::string_view begin, std::string_view end) const override;
  std::uint64_t writes() const override { return engine_->writes(); }
  void sync() override;

 private:
  static constexpr std::uint64_t kLookEvery = 128 << 10;
  void look();
  void look_at_space();
  void enter(Health::State state, std::string reason);
  void refuse();
  std::string reason_of(const StoreFailure& error) const;
  std::string low_space_reason() const;

  std::unique_ptr<Store> engine_;
  core::Clock& clock_;
  Options options_;
  Health health_;
  std::uint64_t unlooked_bytes_ = 0;
};

}  // namespace tandem::store
