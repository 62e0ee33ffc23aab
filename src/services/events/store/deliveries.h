// Events on their way to targets, in the store; of each, memory holds when it is due.
//
//   delivery/<number>   JSON: rule, rule_arn, target, input, attempts, accepted_ms, due_ms
//
// INVARIANT(stored-before-sent): an event is in the store before its first attempt and until it is
// known how its last one ended, so that it arrives at least once whatever kills the process.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "store/documents.h"

namespace tandem::events {

/// One event for one target, as the target was when the event came.
struct Delivery {
  std::string rule;
  std::string rule_arn;
  json::object target;
  std::string input;  ///< what the target gets
  std::int64_t attempts = 0;
  std::int64_t accepted_ms = 0;
  std::int64_t due_ms = 0;
};

class Deliveries {
 public:
  struct Bounds {
    std::size_t count = 10'000;
    std::size_t bytes = 64 << 20;  ///< of inputs
  };
  /// Reads what an earlier process left; a damaged record is named in the log and passed over.
  /// Borrows the store.
  Deliveries(store::Store& store, Bounds bounds);

  bool has_room(const std::vector<Delivery>& deliveries) const;
  /// At once. There must be room. Throws StoreError.
  void add(const std::vector<Delivery>& deliveries);
  /// Nothing when the record is gone, or damaged.
  std::optional<Delivery> read(const std::string& id) const;
  void put(const std::string& id, const Delivery& delivery);
  void erase(const std::string& id);
  /// In memory alone: what the store has of it cannot be read.
  void forget(const std::string& id);
  /// The store was emptied.
  void clear();

  struct Pending {
    std::int64_t due_ms = 0;
    std::size_t bytes = 0;
    bool running = false;
  };
  std::map<std::string, Pending>& pending() { return pending_; }
  std::size_t size() const { return pending_.size(); }

 private:
  store::Store& store_;
  store::Documents documents_;
  Bounds bounds_;
  std::map<std::string, Pending> pending_;
  std::size_t bytes_ = 0;
  std::uint64_t last_id_ = 0;
};

}  // namespace tandem::events
