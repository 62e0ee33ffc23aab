// Changes capacity: one thing at a time for each target, gone on with after the process has died.
//
// INVARIANT(recorded-first): what is to be done is in the store (a target's `correct`, an open
// activity) before DynamoDB is asked, and until it is known how it ended.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "core/task.h"
#include "service/environment.h"
#include "services/autoscaling/engine/activities.h"
#include "services/autoscaling/engine/alarms.h"
#include "services/autoscaling/engine/tables.h"
#include "services/autoscaling/store/records.h"

namespace tandem::autoscaling {

/// Of a target: its capacity is to be looked at, and brought within its bounds. Why is said in
/// AWS's words by the bound that it is outside of.
inline constexpr std::string_view kCorrect = "correct";

class Scaler {
 public:
  /// Borrows everything.
  Scaler(const service::Environment& environment, Tables& tables, Records& records, Alarms& alarms);

  /// Goes on with what an earlier process had begun.
  void start();
  Task<void> stop();
  /// There is something to do for the target: its record, or an activity of it, says what.
  void attend(const std::string& target);
  /// An activity of the target is under way.
  bool is_busy(std::string_view target) const;

 private:
  enum class Result { kChanged, kFailed, kAgain };
  struct Attempt {
    Result result = Result::kChanged;
    std::string why = {};
  };

  Task<void> work(std::string target);
  /// False when there is nothing left to do.
  Task<bool> step(std::string target);
  Task<void> look(std::string target);
  Task<void> carry_out(std::string activity);
  Task<Attempt> change(Dimension dimension, std::int64_t units);
  Task<Attempt> wait_for(Dimension dimension, std::int64_t units);
  /// Writes how it ended, unless a reset took it away.
  void settle(const std::string& activity, std::string_view status, std::string_view message);
  std::string open_activity(std::string_view target) const;

  const service::Environment& environment_;
  Tables& tables_;
  Records& records_;
  Alarms& alarms_;
  std::set<std::string, std::less<>> attended_;
  std::unique_ptr<core::TaskGroup> roots_;
};

}  // namespace tandem::autoscaling
