// What follows from an alarm's change: the batch that says so, and the composite alarms that look.
#include <algorithm>
#include <deque>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "core/log.h"
#include "services/cloudwatch/engine/alarm_engine.h"
#include "services/cloudwatch/model/alarm_action.h"
#include "services/cloudwatch/model/alarm_text.h"

namespace tandem::cloudwatch {
namespace {

/// Of one change. A diamond of composite alarms may look more than once; none does so for ever.
constexpr std::size_t kMostLooks = 20'000;

}  // namespace

AlarmState AlarmEngine::state_of(std::string_view name) const {
  const Alarm* alarm = store_.find(name);
  return alarm == nullptr ? AlarmState::kInsufficientData : alarm->status.value;
}

std::string AlarmEngine::arn_of(std::string_view name) const {
  return alarm_arn(environment_.region, environment_.account(), name);
}

Suppression::Periods AlarmEngine::periods_of(const Alarm& alarm) const {
  const auto here = [&](const char* member) {
    const std::int64_t period_s = json::int_or(alarm.config, member, 0);
    return environment_.config.pace()
        .of(std::chrono::milliseconds(std::chrono::seconds(period_s)))
        .count();
  };
  return {here("ActionsSuppressorWaitPeriod"), here("ActionsSuppressorExtensionPeriod")};
}

bool AlarmEngine::suppressor_in_alarm(const Alarm& alarm) const {
  const auto suppressor = json::find_string(alarm.config, "ActionsSuppressor");
  const auto name = suppressor ? graph_.name_of_alarm(*suppressor) : std::nullopt;
  return name && state_of(*name) == AlarmState::kAlarm;
}

void AlarmEngine::act(AlarmChange& change, const std::string& name, const Alarm& alarm,
                      const AlarmStatus& before) {
  if (!alarm.actions_enabled()) return;
  const json::array& actions = alarm.actions(alarm.status.value);
  std::string message;
  for (const json::value& each : actions) {
    PendingAction action{name,
                         alarm.kind,
                         json::to_std(each),
                         alarm.status.value,
                         alarm.status.data,
                         {},
                         alarm.status.updated_ms};
    if (action_kind(action.action) == ActionKind::kFunction) {
      if (message.empty()) {
        message = json_text(function_event(name, arn_of(name), environment_.region,
                                           environment_.account(), alarm, alarm.status, before));
      }
      action.message = message;
    }
    change.actions.push_back(std::move(action));
  }
}

void AlarmEngine::go_over(AlarmChange& change, const std::string& name, Alarm alarm,
                          AlarmStatus to) {
  const AlarmStatus before = alarm.status;
  change.history.push_back(state_item(name, alarm, before, to));
  alarm.status = std::move(to);
  bool acts = true;
  if (alarm.composite() && alarm.config.contains("ActionsSuppressor")) {
    acts = alarm.suppression.transitioned(suppressor_in_alarm(alarm), periods_of(alarm),
                                          now_ms()) == Suppression::Then::kAct;
    if (!acts) change.history.push_back(suppressed_item(name, alarm.suppression.by(), now_ms()));
  }
  if (acts) act(change, name, alarm, before);
  if (!alarm.composite()) due_[name].told_s = now_ms() / 1'000;
  change.put.emplace_back(name, std::move(alarm));
}

void AlarmEngine::commit(AlarmChange change) {
  std::vector<std::string> put;
  for (const auto& [name, alarm] : change.put) {
    if (alarm.composite()) put.push_back(name);
  }
  const bool acts = !change.actions.empty();
  store_.apply(std::move(change));
  for (const std::string& name : put) {
    if (store_.find(name)->suppression.due_ms()) {
      waiting_.insert(name);
      wake();
    } else {
      waiting_.erase(name);
    }
  }
  if (acts) runner_.wake();
}

bool AlarmEngine::look(const std::string& name, const std::string& trigger,
                       std::string_view occasion) {
  const Alarm* alarm = store_.find(name);
  if (alarm == nullptr || !alarm->expression || graph_.in_cycle(name)) return false;
  const bool holds = alarm->expression->holds([&](const std::string& named) {
    return state_of(graph_.name_of_alarm(named).value_or(named));
  });
  const AlarmState to = holds ? AlarmState::kAlarm : AlarmState::kOk;
  if (to == alarm->status.value) return false;
  AlarmChange change;
  go_over(change, name, *alarm,
          {to, reason_for(name, trigger, occasion, to), triggers_of(name, trigger), now_ms(),
           now_ms()});
  commit(std::move(change));
  return true;
}

std::string AlarmEngine::reason_for(const std::string& name, const std::string& trigger,
                                    std::string_view occasion, AlarmState to) const {
  if (trigger.empty()) {
    return fmt::format("{} {} and its alarm rule evaluates to {}", arn_of(name), occasion,
                       name_of(to));
  }
  const Alarm* child = store_.find(trigger);
  const std::int64_t at_ms = child == nullptr ? now_ms() : child->status.updated_ms;
  return fmt::format("{} transitioned to {} at {}", arn_of(trigger), name_of(state_of(trigger)),
                     long_time(at_ms));
}

std::string AlarmEngine::triggers_of(const std::string& name, const std::string& trigger) const {
  json::array triggers;
  std::size_t size = 0;
  const auto add = [&](const std::string& child) {
    const Alarm* alarm = store_.find(child);
    if (alarm == nullptr) return;
    json::object one{{"arn", arn_of(child)},
                     {"state",
                      {{"value", name_of(alarm->status.value)},
                       {"timestamp", data_time(alarm->status.updated_ms)}}}};
    size += json::to_text(one).size() + 1;
    if (size + 32 <= kLongestReasonData) triggers.emplace_back(std::move(one));
  };
  if (!trigger.empty()) {
    add(trigger);
  } else {
    for (const std::string& child : graph_.children(name)) add(child);
  }
  return json_text(json::object{{"triggeringAlarms", std::move(triggers)}});
}

void AlarmEngine::look_from(const std::string& name) {
  owed_.insert(name);  // until it is done: what throws on the way is made up for by step()
  std::deque<std::string> changed{name};
  std::size_t looks = 0;
  while (!changed.empty()) {
    const std::string child = std::move(changed.front());
    changed.pop_front();
    suppressor_changed(child);
    for (const std::string& parent : graph_.parents(child)) {
      if (++looks > kMostLooks) {
        log::warning("cloudwatch: {} composite alarms have looked since {} changed: no more do",
                     kMostLooks, name);
        owed_.erase(name);
        return;
      }
      if (!look(parent, child, "")) continue;
      owed_.insert(parent);
      changed.push_back(parent);
    }
    owed_.erase(child);
  }
}

void AlarmEngine::suppressor_changed(const std::string& suppressor) {
  const bool in_alarm = state_of(suppressor) == AlarmState::kAlarm;
  for (const std::string& name : graph_.suppressed_by(suppressor)) {
    const Alarm* found = store_.find(name);
    if (found == nullptr) continue;
    Alarm alarm = *found;
    const Suppression::By before = alarm.suppression.by();
    const auto then = alarm.suppression.suppressor_changed(in_alarm, periods_of(alarm), now_ms());
    if (then == Suppression::Then::kAct) {
      release(name, std::move(alarm));
    } else if (alarm.suppression.by() != before) {
      AlarmChange change;
      change.put.emplace_back(name, std::move(alarm));
      commit(std::move(change));
    }
  }
}

/// Its suppression is over: the actions of the state that it is in now are due.
void AlarmEngine::release(const std::string& name, Alarm alarm) {
  AlarmChange change;
  act(change, name, alarm, alarm.status);
  change.put.emplace_back(name, std::move(alarm));
  commit(std::move(change));
}

void AlarmEngine::end_suppressions() {
  const std::set<std::string> waiting = waiting_;
  for (const std::string& name : waiting) {
    const Alarm* found = store_.find(name);
    const auto due_ms = found == nullptr ? std::nullopt : found->suppression.due_ms();
    if (!due_ms || *due_ms > now_ms()) continue;
    Alarm alarm = *found;
    if (alarm.suppression.at(now_ms()) == Suppression::Then::kAct) {
      release(name, std::move(alarm));
      continue;
    }
    AlarmChange change;
    change.put.emplace_back(name, std::move(alarm));
    commit(std::move(change));
  }
}

void AlarmEngine::put(const std::string& name, Alarm alarm) {
  const Alarm* before = store_.find(name);
  const bool made = before == nullptr;
  AlarmChange change;
  change.history.push_back(configuration_item(
      name, alarm, made ? Configured::kCreated : Configured::kUpdated, now_ms()));
  if (!made && alarm.composite() &&
      json::string_or(before->config, "ActionsSuppressor") !=
          json::string_or(alarm.config, "ActionsSuppressor")) {
    const auto then = alarm.suppression.replaced(suppressor_in_alarm(alarm));
    if (then == Suppression::Then::kAct) act(change, name, alarm, alarm.status);
  }
  const bool composite = alarm.composite();
  change.put.emplace_back(name, std::move(alarm));
  commit(std::move(change));
  graph_.put(name, *store_.find(name));
  if (composite) {
    if (look(name, "", made ? "was created" : "was updated")) look_from(name);
  } else {
    schedule(name, 0);
  }
  wake();
}

void AlarmEngine::enable_actions(const std::string& name, bool enabled) {
  const Alarm* found = store_.find(name);
  if (found == nullptr || found->actions_enabled() == enabled) return;
  Alarm alarm = *found;
  alarm.config["ActionsEnabled"] = enabled;
  alarm.configured_ms = std::max(now_ms(), found->configured_ms + 1);
  AlarmChange change;
  change.history.push_back(configuration_item(name, alarm, Configured::kUpdated, now_ms()));
  change.put.emplace_back(name, std::move(alarm));
  commit(std::move(change));
}

void AlarmEngine::erase(const std::set<std::string>& names) {
  AlarmChange change;
  for (const std::string& name : names) {
    const Alarm* alarm = store_.find(name);
    if (alarm == nullptr) continue;
    change.history.push_back(configuration_item(name, *alarm, Configured::kDeleted, now_ms()));
    change.erased.push_back(name);
  }
  commit(std::move(change));
  for (const std::string& name : names) {
    graph_.erase(name);
    waiting_.erase(name);
    const auto due = due_.find(name);
    if (due == due_.end()) continue;
    schedule_.erase({due->second.at_s, name});
    due_.erase(due);
  }
}

void AlarmEngine::set_state(const std::string& name, AlarmState state, std::string reason,
                            std::string data) {
  const Alarm* alarm = store_.find(name);
  if (alarm == nullptr) return;
  AlarmStatus to{state, std::move(reason), std::move(data), now_ms(), now_ms()};
  AlarmChange change;
  if (alarm->status.value == state) {
    // Nothing goes over: what is said of the state is new.
    to.transitioned_ms = alarm->status.transitioned_ms;
    Alarm same = *alarm;
    same.status = std::move(to);
    change.put.emplace_back(name, std::move(same));
    commit(std::move(change));
    return;
  }
  go_over(change, name, *alarm, std::move(to));
  commit(std::move(change));
  look_from(name);
}

}  // namespace tandem::cloudwatch
