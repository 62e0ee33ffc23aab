// PutMetricAlarm, PutCompositeAlarm and what else changes alarms.
#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>
#include <vector>

#include "core/text.h"
#include "services/cloudwatch/api/alarm_operations.h"
#include "services/cloudwatch/model/alarm_input.h"

namespace tandem::cloudwatch::api {
namespace {

/// "5,000 alarms per Region" (CloudWatch service quotas), of both kinds here.
constexpr std::size_t kMostAlarms = 5'000;
/// "150 composite alarms can monitor a single underlying alarm".
constexpr std::size_t kMostParents = 150;

/// As it was, or new: what is configured comes next.
Alarm begun(const AlarmScope& scope, const std::string& name, Alarm::Kind kind,
            service::RequestContext& context, const json::object& input) {
  const Alarm* before = scope.alarms.find(name);
  if (before != nullptr && before->kind != kind) {
    throw errors::validation(fmt::format("An alarm with the name {} of another type exists", name));
  }
  if (before != nullptr) {
    // "If you are updating … tags … are ignored" (API reference, PutMetricAlarm).
    Alarm alarm = *before;
    alarm.configured_ms = std::max(scope.now_ms(), before->configured_ms + 1);
    return alarm;
  }
  if (scope.alarms.all().size() >= kMostAlarms) throw errors::limit_exceeded();
  Alarm alarm;
  alarm.kind = kind;
  alarm.configured_ms = scope.now_ms();
  alarm.status = {AlarmState::kInsufficientData, "Unchecked: Initial alarm creation", "",
                  scope.now_ms(), scope.now_ms()};
  alarm.tags =
      service::tag_set(kTagRules, json::find(input, "Tags"), service::tag_source(context)).map();
  return alarm;
}

void check_children(const AlarmScope& scope, const std::string& name,
                    const AlarmRuleExpression& expression) {
  std::vector<std::string> absent;
  for (const std::string& named : expression.alarms()) {
    const auto child = scope.engine.graph().name_of_alarm(named);
    if (child && *child == name) {
      throw errors::validation(
          "A composite alarm cannot have a child relation with itself via its AlarmRule");
    }
    if (!child || scope.alarms.find(*child) == nullptr) absent.push_back(named);
  }
  if (!absent.empty()) {
    throw errors::validation(
        fmt::format("Could not save the composite alarm as alarms [{}] in the alarm rule do not "
                    "exist",
                    core::join(absent, ", ")));
  }
  for (const std::string& child : scope.engine.graph().names_in(expression)) {
    const auto& parents = scope.engine.graph().parents(child);
    if (parents.size() >= kMostParents && !parents.contains(name)) throw errors::limit_exceeded();
  }
}

void check_suppressor(const AlarmScope& scope, const std::string& name,
                      const json::object& config) {
  const auto suppressor = json::find_string(config, "ActionsSuppressor");
  if (!suppressor) return;
  const auto by = scope.engine.graph().name_of_alarm(*suppressor);
  if (by && *by == name) {
    throw errors::validation("A composite alarm cannot suppress its own actions");
  }
  if (!by || scope.alarms.find(*by) == nullptr) {
    throw errors::validation(fmt::format(
        "Could not save the composite alarm as the suppressor alarm [{}] does not exist",
        *suppressor));
  }
}

std::set<std::string> names_of(const json::object& input) {
  std::set<std::string> names;
  if (const json::array* given = json::find_array(input, "AlarmNames")) {
    for (const json::value& each : *given) names.insert(json::to_std(each));
  }
  return names;
}

void check_unreferenced(const AlarmScope& scope, const std::set<std::string>& names) {
  std::vector<std::string> held;
  for (const std::string& name : names) {
    const auto goes_too = [&](const std::string& parent) { return names.contains(parent); };
    const AlarmGraph& graph = scope.engine.graph();
    const auto& parents = graph.parents(name);
    const auto& others = graph.suppressed_by(name);
    if (!std::all_of(parents.begin(), parents.end(), goes_too) ||
        !std::all_of(others.begin(), others.end(), goes_too)) {
      held.push_back(name);
    }
  }
  if (held.empty()) return;
  throw errors::validation(
      fmt::format("Cannot delete {} as there are composite alarm(s) depending on {}.",
                  core::join(held, ","), held.size() == 1 ? "it" : "them"));
}

}  // namespace

json::object put_metric_alarm(AlarmScope& scope, service::RequestContext& context,
                              const json::object& input) {
  const std::string name = json::string_or(input, "AlarmName");
  json::object config = read_metric_alarm(
      input, {scope.environment.region, scope.environment.account(), scope.policies});
  Alarm alarm = begun(scope, name, Alarm::Kind::kMetric, context, input);
  alarm.config = std::move(config);
  alarm.derive(scope.environment.account());
  scope.engine.put(name, std::move(alarm));
  return {};
}

json::object put_composite_alarm(AlarmScope& scope, service::RequestContext& context,
                                 const json::object& input) {
  const std::string name = json::string_or(input, "AlarmName");
  CompositeInput read = read_composite_alarm(
      input, {scope.environment.region, scope.environment.account(), scope.policies});
  check_children(scope, name, read.expression);
  check_suppressor(scope, name, read.config);
  Alarm alarm = begun(scope, name, Alarm::Kind::kComposite, context, input);
  alarm.config = std::move(read.config);
  alarm.derive(scope.environment.account());
  scope.engine.put(name, std::move(alarm));
  return {};
}

/// "You can delete … 99 metric alarms and one composite alarm with one operation, but you can't
/// delete two composite alarms with one operation" (API reference, DeleteAlarms).
json::object delete_alarms(AlarmScope& scope, const json::object& input) {
  std::set<std::string> names;
  std::size_t composites = 0;
  for (const std::string& name : names_of(input)) {
    const Alarm* alarm = scope.alarms.find(name);
    if (alarm == nullptr) continue;
    composites += alarm->composite() ? 1 : 0;
    names.insert(name);
  }
  if (names.empty()) throw errors::alarm_not_found();
  if (composites > 1) {
    throw errors::validation("DeleteAlarms request can contain at most one composite alarm");
  }
  check_unreferenced(scope, names);
  scope.engine.erase(names);
  return {};
}

json::object set_alarm_state(AlarmScope& scope, const json::object& input) {
  const std::string name = json::string_or(input, "AlarmName");
  if (scope.alarms.find(name) == nullptr) throw errors::alarm_not_found();
  const std::string data = json::string_or(input, "StateReasonData");
  if (!data.empty() && !json::parse_text(data)) {
    throw errors::invalid_format("StateReasonData is not valid JSON");
  }
  const auto state = alarm_state_of(json::string_or(input, "StateValue"));
  scope.engine.set_state(name, state.value_or(AlarmState::kInsufficientData),
                         json::string_or(input, "StateReason"), data);
  return {};
}

json::object enable_alarm_actions(AlarmScope& scope, const json::object& input) {
  for (const std::string& name : names_of(input)) scope.engine.enable_actions(name, true);
  return {};
}

json::object disable_alarm_actions(AlarmScope& scope, const json::object& input) {
  for (const std::string& name : names_of(input)) scope.engine.enable_actions(name, false);
  return {};
}

}  // namespace tandem::cloudwatch::api
