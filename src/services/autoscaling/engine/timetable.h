// Scheduled actions, when they are due.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/task.h"
#include "service/environment.h"
#include "services/autoscaling/engine/scaler.h"
#include "services/autoscaling/model/schedule.h"
#include "services/autoscaling/store/records.h"

namespace tandem::autoscaling {

class Timetable {
 public:
  /// zones: the folder of the machine's time zones. Borrows everything else.
  Timetable(const service::Environment& environment, std::filesystem::path zones, Records& records,
            Scaler& scaler);

  void start();
  Task<void> stop();
  /// Actions have changed.
  void wake();

  /// Nothing when there is no zone of that name on this machine.
  std::optional<TimeZone> find_zone(std::string_view name) const;
  /// Says in the action when it is due next, after this moment; or that it never is.
  void plan(json::object& action, std::int64_t after_ms) const;

 private:
  Task<void> run();
  /// For how long nothing is due then.
  std::chrono::milliseconds run_due();
  void trigger(const std::string& id);

  const service::Environment& environment_;
  std::filesystem::path zones_;
  Records& records_;
  Scaler& scaler_;
  bool woken_ = false;
  core::Timer changed_;
  std::unique_ptr<core::TaskGroup> roots_;
};

/// As DescribeScheduledActions tells of it.
json::object shown_action(json::object action);

}  // namespace tandem::autoscaling
