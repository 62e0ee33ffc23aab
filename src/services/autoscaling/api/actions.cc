#include <utility>

#include "aws/arn.h"
#include "core/ids.h"
#include "services/autoscaling/api/operations.h"

namespace tandem::autoscaling::api {
namespace {

std::string action_id(const Named& target, std::string_view name) {
  return owned_prefix(target.id) + std::string(name);
}

void check_schedule(const Scope& scope, const json::object& action) {
  const auto reading = Schedule::parse(json::string_or(action, "Schedule"));
  if (!reading.schedule && reading.refusal == Schedule::Refusal::kDateTime) {
    throw errors::validation(fmt::format("Invalid schedule at DateTime expression: {}",
                                         json::string_or(action, "Schedule")));
  }
  if (!reading.schedule) {
    throw errors::validation(fmt::format(
        "Invalid schedule expression: {}. Schedule expressions must have the following syntax: "
        "rate(<number>\\s?(minutes?|hours?|days?)), cron(<cron_expression>) or "
        "at(yyyy-MM-dd'T'HH:mm:ss)",
        json::string_or(action, "Schedule")));
  }
  const auto zone = json::find_string(action, "Timezone");
  if (zone && !scope.timetable.find_zone(*zone)) {
    throw errors::validation(fmt::format("Invalid timezone: {}", *zone));
  }
}

void check_bounds(const json::object& action) {
  const json::object* given = json::find_object(action, "ScalableTargetAction");
  if (given == nullptr) throw errors::validation("ScalableTargetAction must be set");
  const auto least = json::find_int(*given, "MinCapacity");
  const auto most = json::find_int(*given, "MaxCapacity");
  if (!least && !most) {
    throw errors::validation(
        "At least one of minimum capacity and maximum capacity should be provided");
  }
  if (least && most && *most < *least) throw errors::max_below_min();
  if (least && *least < 1) throw errors::validation("Minimum capacity cannot be less than 1");
}

void check_times(const json::object& action) {
  const auto start = json::find_number(action, "StartTime");
  const auto end = json::find_number(action, "EndTime");
  if (start && end && *start >= *end) throw errors::validation("StartTime must be before EndTime");
}

json::object new_action(const Scope& scope, const json::object& input) {
  const service::Environment& environment = scope.environment;
  const std::string name = json::string_or(input, "ScheduledActionName");
  json::object action;
  for (const char* member :
       {"ServiceNamespace", "ResourceId", "ScalableDimension", "ScheduledActionName"}) {
    action[member] = json::string_or(input, member);
  }
  action["CreationTime"] = environment.clock.now_seconds();
  action["ScheduledActionARN"] = aws::make_arn(
      "autoscaling", environment.region, environment.account(),
      fmt::format("scheduledAction:{}:resource/dynamodb/{}:scheduledActionName/{}",
                  core::uuid4(environment.random), json::string_or(input, "ResourceId"), name));
  return action;
}

}  // namespace

/// "To update a scheduled action, specify the parameters that you want to change. If you don't
/// specify start and end times, the old values are deleted."
json::object put_scheduled_action(Scope& scope, const json::object& input) {
  const Named named = named_target(input);
  registered(scope, named);
  const std::string id = action_id(named, json::string_or(input, "ScheduledActionName"));
  const json::object* before = scope.records.find(Kind::kAction, id);
  json::object action = before == nullptr ? new_action(scope, input) : *before;
  for (const char* member : {"Schedule", "Timezone", "ScalableTargetAction"}) {
    if (const json::value* value = json::find(input, member)) action[member] = *value;
  }
  for (const char* member : {"StartTime", "EndTime"}) {
    action.erase(member);
    if (const json::value* value = json::find(input, member)) action[member] = *value;
  }
  check_schedule(scope, action);
  check_bounds(action);
  check_times(action);
  const auto count = scope.records.ids(Kind::kAction, owned_prefix(named.id)).size();
  if (before == nullptr && count >= kMostActions) {
    throw errors::limit_exceeded(fmt::format(
        "The limit of {} scheduled actions for a scalable target has been reached", kMostActions));
  }
  const std::int64_t now_ms = scope.environment.clock.now_ms();
  action["anchor_ms"] = now_ms;
  scope.timetable.plan(action, now_ms);
  scope.records.apply(std::move(Change().put(Kind::kAction, id, std::move(action))));
  scope.timetable.wake();
  return {};
}

json::object delete_scheduled_action(Scope& scope, const json::object& input) {
  const Named named = named_target(input);
  const std::string name = json::string_or(input, "ScheduledActionName");
  std::string id = action_id(named, name);
  if (scope.records.find(Kind::kAction, id) == nullptr) {
    throw errors::not_found(fmt::format(
        "No scheduled action found for {}, scheduled action name: {}", named.text, name));
  }
  scope.records.apply(std::move(Change().erase(Kind::kAction, std::move(id))));
  return {};
}

json::object describe_scheduled_actions(Scope& scope, const json::object& input) {
  const Filter filter(input);
  const json::array* names = json::find_array(input, "ScheduledActionNames");
  service::Page page(kPages, input, "ScheduledActions");
  for (const auto& [id, action] : scope.records.all(Kind::kAction)) {
    if (!filter.takes(action) ||
        !is_listed(names, json::string_or(action, "ScheduledActionName"))) {
      continue;
    }
    if (!page.add(id, [&] { return json::value(shown_action(action)); })) break;
  }
  return std::move(page).finish();
}

}  // namespace tandem::autoscaling::api
