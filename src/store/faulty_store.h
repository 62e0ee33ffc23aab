// A store that fails on demand: for tests and the simulator.
//
// Legal faults: a write is refused and nothing of it is kept; a write throws although it was
// kept, as when the answer of a disk is lost; the last writes are gone, as after a power loss; the
// whole store is as it was at an earlier moment, as after an older copy of the folder was put back.
// A loss is for the moment between two lives: whoever has read from the store must be built anew.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/store.h"
#include "store/store_failure.h"

namespace tandem::store {

class FaultyStore final : public Store {
 public:
  /// Over a store in memory, or over the one given.
  FaultyStore();
  explicit FaultyStore(std::unique_ptr<Store> whole);

  static constexpr std::uint64_t kForEver = UINT64_MAX;
  /// How a write fails: refused as a whole, or kept although it throws.
  enum class Failure { kAbsent, kKept };

  /// The next n writes throw StoreError.
  void fail_next_writes(std::uint64_t n, Failure failure = Failure::kAbsent);
  /// n more writes succeed, then count of them throw: fail_after(n, 1) fails just one.
  void fail_after(std::uint64_t n, std::uint64_t count = kForEver,
                  Failure failure = Failure::kAbsent);
  /// Writes succeed again.
  void heal() { failing_ = 0; }
  /// What the errors say they are; kFailed at first.
  void set_error_kind(StoreFailure::Kind kind) { kind_ = kind; }
  /// Writes that threw so far.
  std::uint64_t failures() const { return failures_; }

  using Snapshot = std::map<std::string, std::string, std::less<>>;
  Snapshot snapshot() const;
  void restore(const Snapshot& snapshot);
  /// Takes the last k successful writes back, or as many as are remembered: all since the last
  /// sync(), which makes what was written safe from this, at most kRemembered. Returns how many.
  std::size_t lose_suffix(std::size_t k);
  /// How many writes lose_suffix could take back now.
  std::size_t losable() const { return undo_.size(); }
  static constexpr std::size_t kRemembered = 10'000;

  std::optional<std::string> get(std::string_view key) const override { return whole_->get(key); }
  void write(WriteBatch batch) override;
  std::unique_ptr<Cursor> cursor(std::string_view begin, std::string_view end) const override {
    return whole_->cursor(begin, end);
  }
  std::uint64_t writes() const override { return whole_->writes(); }
  void sync() override;

 private:
  /// The keys a write touched, as they were before it; absent: there was none.
  using Undo = std::map<std::string, std::optional<std::string>>;
  Undo undo_of(const WriteBatch& batch) const;
  void keep(WriteBatch batch);

  std::unique_ptr<Store> whole_;
  std::deque<Undo> undo_;
  std::uint64_t succeeding_ = 0;  ///< writes before the failing ones
  std::uint64_t failing_ = 0;
  std::uint64_t failures_ = 0;
  Failure failure_ = Failure::kAbsent;
  StoreFailure::Kind kind_ = StoreFailure::Kind::kFailed;
};

}  // namespace tandem::store
