// Alarms, what happened to them and what they still have to do: in the region's store, alarms also
// in memory.
//
//   alarm/<name>                     JSON: an alarm (model/alarm.h)
//   alarm-history/<name> 00 <place>  JSON: an item (model/alarm_history.h)
//   alarm-times/<place>              the name: the items of all alarms in order of time
//   alarm-action/<place>             JSON: alarm, action, state …: what is to be done
//
// <place>: time in ms (16 digits) and a number (6 digits).
//
// INVARIANT(one-batch): a change of state, its history and the actions that follow from it are
// written together, and memory follows. So an action is taken though the process is killed after
// the change, and once more when it is killed before it is known that it was taken.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/cloudwatch/model/alarm.h"
#include "services/cloudwatch/model/alarm_history.h"
#include "store/documents.h"

namespace tandem::cloudwatch {

struct PendingAction {
  std::string alarm;
  Alarm::Kind kind = Alarm::Kind::kMetric;
  std::string action;  ///< ARN
  AlarmState state = AlarmState::kAlarm;
  std::string data;     ///< StateReasonData
  std::string message;  ///< what a function gets
  std::int64_t state_ms = 0;
};

/// What is written together.
struct AlarmChange {
  std::vector<std::pair<std::string, Alarm>> put;
  std::vector<std::string> erased;
  std::vector<HistoryItem> history;
  std::vector<PendingAction> actions;
};

class AlarmStore {
 public:
  struct Bounds {
    std::size_t history = 50'000;  ///< items; the oldest go
    std::size_t actions = 20'000;  ///< on their way; more are recorded as failed
  };
  /// Reads what is stored; a damaged record is named in the log and passed over. Borrows the store.
  AlarmStore(store::Store& store, const std::string& account, Bounds bounds);

  /// Null when there is none; valid until the next apply().
  const Alarm* find(std::string_view name) const;
  const Alarms& all() const { return alarms_; }
  /// Throws StoreError; nothing has changed then.
  void apply(AlarmChange change);

  /// Of the actions on their way, in order.
  const std::map<std::string, PendingAction>& actions() const { return actions_; }
  /// One of them was taken, or cannot be.
  void settle(const std::string& id, const HistoryItem& item);

  enum class Order { kNewestFirst, kOldestFirst };
  /// Of one alarm, or of all when the name is empty; from the given place on (exclusive; empty: the
  /// first), until visit returns false.
  using Visit = std::function<bool(const std::string& place, const HistoryItem& item)>;
  void each_item(std::string_view alarm, std::string_view after, Order order,
                 const Visit& visit) const;
  /// Forgets at most so many items from before that time. Returns whether there may be more.
  bool forget_before(std::int64_t time_ms, std::size_t most);

  /// The store was emptied.
  void clear();

 private:
  std::string next_place(std::int64_t time_ms);
  void add_history(store::WriteBatch& batch, const std::vector<HistoryItem>& items);
  /// The oldest ones, until visit returns false; returns how many went.
  std::size_t erase_oldest(store::WriteBatch& batch, std::size_t most, std::string_view before);

  store::Store& store_;
  store::Documents documents_;
  Bounds bounds_;
  Alarms alarms_;
  std::map<std::string, PendingAction> actions_;
  std::size_t items_ = 0;
  std::uint64_t number_ = 0;
};

}  // namespace tandem::cloudwatch
