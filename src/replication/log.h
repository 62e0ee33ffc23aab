// The region's own log: which keys of replicated collections this region wrote, in order. It holds
// no items: whoever ships it reads the record as it is by then, which also folds several changes of
// one item into one. Format: docs/formats/replication-log.md.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "replication/hybrid_clock.h"
#include "store/store.h"

namespace tandem::replication {

struct LogEntry {
  std::uint64_t sequence = 0;
  std::uint32_t collection = 0;
  Timestamp time = 0;
  std::string key;
};

class Log {
 public:
  explicit Log(store::Store& store);

  /// Adds the entry to the batch, which the caller writes at once.
  void append(store::WriteBatch& batch, std::uint32_t collection, Timestamp time,
              std::string_view key);
  /// The last sequence number given out; 0 before the first.
  std::uint64_t end() const { return end_; }
  /// Entries up to and including this one are gone.
  std::uint64_t trimmed() const { return trimmed_; }
  /// Entries after `after`, at most `limit`, in order. Sequence numbers may have gaps.
  std::vector<LogEntry> read(std::uint64_t after, std::size_t limit) const;
  /// Forgets up to and including `through`, at most kTrimLimit entries a call.
  void trim(std::uint64_t through);
  /// A peer has seen numbers this log no longer has (it lost its tail to a power loss): never give
  /// them out again.
  void skip_to(std::uint64_t sequence, Timestamp time);

  /// Starts over: nothing was ever written.
  void clear();

  static constexpr std::uint64_t kTrimLimit = 20'000;

 private:
  store::Store& store_;
  std::uint64_t end_ = 0;
  std::uint64_t trimmed_ = 0;
  /// The newest entries, so that shipping promptly does not read the store.
  std::deque<LogEntry> tail_;
};

}  // namespace tandem::replication
