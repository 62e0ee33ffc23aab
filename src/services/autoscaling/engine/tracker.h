// What follows from an alarm of a scaling policy.
#pragma once

#include <optional>
#include <string>

#include "core/task.h"
#include "service/environment.h"
#include "services/autoscaling/engine/alarms.h"
#include "services/autoscaling/engine/scaler.h"
#include "services/autoscaling/engine/tables.h"
#include "services/autoscaling/model/policy.h"
#include "services/autoscaling/model/target_tracking.h"
#include "services/autoscaling/store/records.h"

namespace tandem::autoscaling {

class Tracker {
 public:
  /// Borrows everything.
  Tracker(const service::Environment& environment, Tables& tables, Records& records, Scaler& scaler,
          Alarms& alarms);

  /// An alarm went over into ALARM, or is in it another minute. action: the policy's ARN, as the
  /// alarm has it; data: StateReasonData. Returns why nothing could be made of it. What is to be
  /// done is stored when this returns. Throws StoreError.
  Task<std::optional<std::string>> alarm_fired(std::string action, std::string alarm,
                                               std::string data);

 private:
  struct Fired {
    std::string policy;  ///< ids
    std::string target;
    std::string alarm;
    AlarmRole role = AlarmRole::kHigh;
    Minutes minutes;
  };
  std::optional<std::string> find_policy(std::string_view arn) const;
  Task<std::optional<std::string>> scale(Fired fired);
  Decision decide_on(const Fired& fired, const TableCapacity& capacity) const;
  void record(const Fired& fired, const TableCapacity& capacity, const Decision& decision);

  const service::Environment& environment_;
  Tables& tables_;
  Records& records_;
  Scaler& scaler_;
  Alarms& alarms_;
};

}  // namespace tandem::autoscaling
