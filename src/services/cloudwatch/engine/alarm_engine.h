// What makes alarms go over from state to state: evaluations by the clock, composite alarms at once
// on what they look at, suppressors, states that are set by hand. On the loop, in slices, so that
// thousands of alarms that are due with the minute hold up nobody.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/task.h"
#include "service/environment.h"
#include "services/cloudwatch/engine/action_runner.h"
#include "services/cloudwatch/engine/alarm_graph.h"
#include "services/cloudwatch/engine/alarm_readings.h"
#include "services/cloudwatch/ports.h"
#include "services/cloudwatch/store/alarm_store.h"
#include "services/cloudwatch/store/collector.h"
#include "services/cloudwatch/store/series_store.h"

namespace tandem::cloudwatch {

class AlarmEngine {
 public:
  /// Borrows everything. What collector collects is what the services have measured.
  AlarmEngine(const service::Environment& environment, CloudWatchPorts ports,
              const SeriesStore& series, Collector& collector, AlarmStore& store);

  void start();
  Task<void> stop();
  /// The store was emptied.
  void clear();

  const AlarmGraph& graph() const { return graph_; }
  /// Stores an alarm that is new or configured anew. It is evaluated soon, a composite one at once.
  void put(const std::string& name, Alarm alarm);
  /// Of one that is there: whether its actions are taken. It is evaluated when it would have been.
  void enable_actions(const std::string& name, bool enabled);
  void erase(const std::set<std::string>& names);
  /// SetAlarmState.
  void set_state(const std::string& name, AlarmState state, std::string reason, std::string data);

 private:
  struct Due {
    std::int64_t at_s = 0;    ///< its next evaluation
    std::int64_t told_s = 0;  ///< when its scaling policies were told last
  };

  Task<void> run();
  /// Evaluates whatever is due. Returns how long the loop may rest then.
  Task<std::chrono::milliseconds> step();
  /// Those whose evaluation is due; each has its next moment then.
  std::vector<std::string> take_due(std::int64_t now_s);
  void schedule(const std::string& name, std::int64_t at_s);
  /// Without any: an hour from now.
  std::int64_t next_ms() const;
  Task<void> evaluate(std::string name);
  void judge(const std::string& name, const Alarm& alarm, const MetricRule& rule,
             const Readings& readings);
  /// The scaling policies that are to be told again that the alarm is in its state: none before a
  /// minute has passed.
  std::vector<std::string> policies_to_tell(const std::string& name, const Alarm& alarm);
  Task<void> forget_old();

  /// Adds to the change that the alarm goes over into the state, with what follows from it.
  void go_over(AlarmChange& change, const std::string& name, Alarm alarm, AlarmStatus to);
  void act(AlarmChange& change, const std::string& name, const Alarm& alarm,
           const AlarmStatus& before);
  /// Writes it, and lets composite alarms look at what has changed.
  void commit(AlarmChange change);
  void look_from(const std::string& name);
  /// Whether it went over into another state. trigger: the alarm that made it look; empty: itself.
  bool look(const std::string& name, const std::string& trigger, std::string_view occasion);
  std::string reason_for(const std::string& name, const std::string& trigger,
                         std::string_view occasion, AlarmState to) const;
  std::string triggers_of(const std::string& name, const std::string& trigger) const;
  void suppressor_changed(const std::string& suppressor);
  void release(const std::string& name, Alarm alarm);
  void end_suppressions();

  AlarmState state_of(std::string_view name) const;
  std::string arn_of(std::string_view name) const;
  Suppression::Periods periods_of(const Alarm& alarm) const;
  bool suppressor_in_alarm(const Alarm& alarm) const;
  std::int64_t now_ms() const { return environment_.clock.now_ms(); }
  void wake();

  const service::Environment& environment_;
  const SeriesStore& series_;
  Collector& collector_;
  AlarmStore& store_;
  ActionRunner runner_;
  AlarmGraph graph_;
  std::map<std::string, Due, std::less<>> due_;              ///< of metric alarms
  std::set<std::pair<std::int64_t, std::string>> schedule_;  ///< the same by time
  std::set<std::string> owed_;  ///< changed, and their parents have not looked: the store refused
  std::set<std::string> waiting_;  ///< composite alarms in a period of suppression
  std::int64_t forgot_ms_ = 0;
  bool woken_ = false;
  core::Timer changed_;
  std::unique_ptr<core::TaskGroup> roots_;
};

}  // namespace tandem::cloudwatch
