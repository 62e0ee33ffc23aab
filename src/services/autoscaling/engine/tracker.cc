#include "services/autoscaling/engine/tracker.h"

#include <fmt/format.h>
#include <utility>

#include "aws/error.h"
#include "services/autoscaling/engine/activities.h"

namespace tandem::autoscaling {
namespace {

Minutes minutes_of(const std::string& data) {
  Minutes minutes;
  const auto parsed = json::parse_text(data);
  const json::object* document = parsed ? parsed.value().if_object() : nullptr;
  const json::array* points =
      document == nullptr ? nullptr : json::find_array(*document, "recentDatapoints");
  if (points == nullptr) return minutes;
  for (const json::value& point : *points) {
    if (point.is_number()) minutes.push_back(point.to_number<double>());
  }
  return minutes;
}

std::optional<AlarmRole> role_of(const json::object& policy, std::string_view alarm) {
  const json::array* alarms = json::find_array(policy, "Alarms");
  for (std::size_t i = 0; alarms != nullptr && i < alarms->size() && i < kAlarmRoles.size(); ++i) {
    const json::object* each = (*alarms)[i].if_object();
    if (each != nullptr && json::string_or(*each, "AlarmName") == alarm) return kAlarmRoles[i];
  }
  return std::nullopt;
}

bool is_suspended(const json::object& target, Direction direction) {
  const json::object* state = json::find_object(target, "SuspendedState");
  return state != nullptr &&
         json::bool_or(*state,
                       direction == Direction::kOut ? "DynamicScalingOutSuspended"
                                                    : "DynamicScalingInSuspended",
                       false);
}

json::object reason_form(NotScaled reason, const json::object& target, std::int64_t current) {
  json::object form{{"Code", code_of(reason)}};
  if (reason == NotScaled::kAtMax) form["MaxCapacity"] = json::int_or(target, "MaxCapacity", 0);
  if (reason == NotScaled::kAtMin) form["MinCapacity"] = json::int_or(target, "MinCapacity", 0);
  if (reason == NotScaled::kAtDesired) form["CurrentCapacity"] = current;
  return form;
}

}  // namespace

Tracker::Tracker(const service::Environment& environment, Tables& tables, Records& records,
                 Scaler& scaler, Alarms& alarms)
    : environment_(environment),
      tables_(tables),
      records_(records),
      scaler_(scaler),
      alarms_(alarms) {}

std::optional<std::string> Tracker::find_policy(std::string_view arn) const {
  for (const auto& [id, policy] : records_.all(Kind::kPolicy)) {
    if (json::string_or(policy, "PolicyARN") == arn) return id;
  }
  return std::nullopt;
}

Task<std::optional<std::string>> Tracker::alarm_fired(std::string action, std::string alarm,
                                                      std::string data) {
  Fired fired;
  fired.alarm = std::move(alarm);
  const auto policy = find_policy(policy_of_action(action));
  if (!policy) co_return fmt::format("No scaling policy found for {}", policy_of_action(action));
  fired.policy = *policy;
  json::object record = *records_.find(Kind::kPolicy, fired.policy);
  fired.target = target_id(record);
  // Of alarms that were replaced, or that somebody else gave the policy's ARN, nothing follows.
  const auto role = role_of(record, fired.alarm);
  if (!role) co_return std::nullopt;
  fired.role = *role;
  if (*role == AlarmRole::kProvisionedHigh || *role == AlarmRole::kProvisionedLow) {
    // The capacity was changed by hand: thresholds follow it.
    make_stale(record);
    records_.apply(std::move(Change().put(Kind::kPolicy, fired.policy, std::move(record))));
    alarms_.wake();
    co_return std::nullopt;
  }
  fired.minutes = minutes_of(data);
  if (fired.minutes.empty()) co_return "Metric data points must be provided";
  co_return co_await scale(std::move(fired));
}

Task<std::optional<std::string>> Tracker::scale(Fired fired) {
  // The alarm comes again in a minute.
  if (scaler_.is_busy(fired.target)) co_return std::nullopt;
  const auto dimension = [&] {
    const json::object& policy = *records_.find(Kind::kPolicy, fired.policy);
    return read_dimension(json::string_or(policy, "ResourceId"),
                          json::string_or(policy, "ScalableDimension"));
  }();
  std::optional<TableCapacity> capacity;
  std::string refused;
  try {
    if (dimension) capacity = co_await tables_.find(*dimension);
  } catch (const aws::ApiError& error) {
    refused = error.message();
  }
  if (!refused.empty()) co_return refused;
  // Whoever changed something meanwhile was first.
  const bool there = records_.find(Kind::kPolicy, fired.policy) != nullptr &&
                     records_.find(Kind::kTarget, fired.target) != nullptr;
  if (!capacity || !there || scaler_.is_busy(fired.target)) co_return std::nullopt;
  record(fired, *capacity, decide_on(fired, *capacity));
  co_return std::nullopt;
}

Decision Tracker::decide_on(const Fired& fired, const TableCapacity& capacity) const {
  const json::object& target = *records_.find(Kind::kTarget, fired.target);
  const Direction direction = fired.role == AlarmRole::kHigh ? Direction::kOut : Direction::kIn;
  if (is_suspended(target, direction)) return {};
  if (!capacity.provisioned) {
    return {.kind = Decision::Kind::kNotScaled, .reason = NotScaled::kUnscalable};
  }
  Situation now;
  now.now_ms = environment_.clock.now_ms();
  now.current = capacity.units;
  now.bounds = {json::int_or(target, "MinCapacity", 1), json::int_or(target, "MaxCapacity", 1)};
  now.history = history_of(target);
  // DynamoDB has one policy for a dimension: others of the target ask for nothing.
  const json::object& policy = *records_.find(Kind::kPolicy, fired.policy);
  const Tracking tracking =
      tracking_of(policy.at("TargetTrackingScalingPolicyConfiguration").as_object(),
                  environment_.config.pace());
  return combine({decide(tracking, now, direction, fired.minutes)}, capacity.units);
}

void Tracker::record(const Fired& fired, const TableCapacity& capacity, const Decision& decision) {
  if (decision.kind == Decision::Kind::kNothing) return;
  const json::object& target = *records_.find(Kind::kTarget, fired.target);
  const json::object& policy = *records_.find(Kind::kPolicy, fired.policy);
  std::string cause = fmt::format("monitor alarm {} in state ALARM triggered policy {}",
                                  fired.alarm, json::string_or(policy, "PolicyName"));
  json::object activity;
  if (decision.kind == Decision::Kind::kScale) {
    const auto dimension = read_dimension(json::string_or(target, "ResourceId"),
                                          json::string_or(target, "ScalableDimension"));
    activity =
        scaling_activity(environment_, target, *dimension, decision.capacity, std::move(cause));
    set_effect(activity, decision.capacity > capacity.units ? Direction::kOut : Direction::kIn);
  } else {
    activity = new_activity(environment_, target, "Attempting to scale due to alarm triggered",
                            std::move(cause));
    activity["StatusCode"] = "Failed";
    json::array reasons;
    reasons.push_back(reason_form(decision.reason, target, capacity.units));
    activity["NotScaledReasons"] = std::move(reasons);
  }
  Change change;
  add_activity(environment_, records_, change, std::move(activity));
  records_.apply(std::move(change));
  scaler_.attend(fired.target);
}

}  // namespace tandem::autoscaling
