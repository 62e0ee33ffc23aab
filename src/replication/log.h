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

/// A place in a log that tells two histories apart: a number alone may be given out again by a log
/// that fell back to an older state (power loss, an older copy of the folder put back), the time of
/// the entry there is another one then. {0, 0} is before the first entry.
struct Position {
  std::uint64_t number = 0;
  Timestamp time = 0;  ///< 0 with a number: not known, written by 0.1.0
  bool operator==(const Position&) const = default;
};

struct LogEntry {
  std::uint64_t sequence = 0;
  std::uint32_t collection = 0;
  Timestamp time = 0;
  std::string key;
};

/// Invariant: what this class says of itself is in the store. Entries are staged into a batch and
/// count once the batch has been written.
class Log {
 public:
  /// Throws StoreError when what is stored is no log.
  explicit Log(store::Store& store);

  /// Adds the entry to the batch, which the caller writes at once: committed() says that it has.
  void append(store::WriteBatch& batch, std::uint32_t collection, Timestamp time,
              std::string_view key);
  /// The batch with what was appended is in the store. Returns whether there was anything.
  bool committed();
  /// The batch was not written.
  void abandon() { staged_.clear(); }
  /// The last sequence number given out; 0 before the first.
  std::uint64_t end() const { return end_.number; }
  Position end_position() const { return end_; }
  /// Whatever the store holds is what is true: after a write that failed. Throws StoreError.
  void reload();
  /// Entries up to and including this one are gone.
  std::uint64_t trimmed() const { return trimmed_.number; }
  /// Entries after `after`, at most `limit`, in order. Sequence numbers may have gaps.
  std::vector<LogEntry> read(std::uint64_t after, std::size_t limit) const;
  /// Forgets up to and including `through`, at most kTrimLimit entries a call.
  void trim(std::uint64_t through);
  /// A peer has seen numbers this log no longer has: never give them out again.
  void skip_to(std::uint64_t sequence, Timestamp time);

  enum class Holds {
    kYes,
    kNo,       ///< another history: this log has lost what it had there
    kTrimmed,  ///< from before what is kept; nobody can tell
  };
  /// Whether the position is one of this log's own.
  Holds holds(const Position& position) const;

  /// Starts over: nothing was ever written.
  void clear();
  /// The same as part of a batch; reload() once it has been written.
  static void clear(store::WriteBatch& batch);

  static constexpr std::uint64_t kTrimLimit = 20'000;

 private:
  store::Store& store_;
  Position end_;
  Position trimmed_;
  std::vector<LogEntry> staged_;
  /// The newest entries, so that shipping promptly does not read the store.
  std::deque<LogEntry> tail_;
};

}  // namespace tandem::replication
