// Takes the actions that alarms have stored, until it is known how each of them ended.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "core/task.h"
#include "service/environment.h"
#include "services/cloudwatch/ports.h"
#include "services/cloudwatch/store/alarm_store.h"

namespace tandem::cloudwatch {

class ActionRunner {
 public:
  /// Borrows everything.
  ActionRunner(const service::Environment& environment, CloudWatchPorts ports, AlarmStore& store);

  void start();
  Task<void> stop();
  /// There may be more to do.
  void wake();

  /// A scaling policy is told once more that the alarm is in its state: "Auto Scaling actions …
  /// continue to be invoked once per minute" (User Guide, "Alarm actions"). Nothing is stored of
  /// it: the next minute tells it again.
  void repeat(const std::string& alarm, std::string policy_arn, AlarmState state, std::string data);

 private:
  Task<void> run();
  void start_all();
  Task<void> take(std::string id, PendingAction action);
  /// How it ended: an error, or none. Throws StoreError when nothing is known.
  struct Ended {
    std::optional<std::string> error;
    bool again = false;
  };
  Task<Ended> attempt(PendingAction action);
  Ended invoke(const PendingAction& action);
  Task<void> tell(ScalingPolicies::Fired fired);

  const service::Environment& environment_;
  CloudWatchPorts ports_;
  AlarmStore& store_;
  std::set<std::string> running_;
  std::set<std::string> telling_;  ///< alarms and policies
  bool woken_ = false;
  core::Timer changed_;
  std::unique_ptr<core::TaskGroup> roots_;
};

}  // namespace tandem::cloudwatch
