#include "services/autoscaling/engine/activities.h"

#include <cmath>
#include <fmt/format.h>
#include <utility>

#include "core/ids.h"

namespace tandem::autoscaling {
namespace {

/// Members of ours, which are not told.
constexpr std::string_view kUnits = "units";
constexpr std::string_view kEffect = "effect";

std::int64_t start_ms(const json::object& activity) {
  return std::llround(json::find_number(activity, "StartTime").value_or(0) * 1000);
}

}  // namespace

json::object new_activity(const service::Environment& environment, const json::object& target,
                          std::string description, std::string cause) {
  return {{"ActivityId", core::uuid4(environment.random)},
          {"ServiceNamespace", json::string_or(target, "ServiceNamespace")},
          {"ResourceId", json::string_or(target, "ResourceId")},
          {"ScalableDimension", json::string_or(target, "ScalableDimension")},
          {"Description", std::move(description)},
          {"Cause", std::move(cause)},
          {"StartTime", environment.clock.now_seconds()},
          {"StatusCode", "Pending"}};
}

json::object scaling_activity(const service::Environment& environment, const json::object& target,
                              const Dimension& dimension, std::int64_t units, std::string cause) {
  json::object made = new_activity(
      environment, target, fmt::format("Setting {} capacity units to {}.", dimension.word(), units),
      std::move(cause));
  made[kUnits] = units;
  return made;
}

void finish(json::object& activity, const service::Environment& environment,
            std::string_view status, std::string_view message) {
  activity["StatusCode"] = status;
  if (!message.empty()) activity["StatusMessage"] = message;
  activity["EndTime"] = environment.clock.now_seconds();
}

void set_effect(json::object& activity, Direction direction) {
  activity[kEffect] = direction == Direction::kOut ? "out" : "in";
}

/// What was done for a bound's sake begins no cooldown.
void remember(json::object& target, const json::object& activity,
              const service::Environment& environment) {
  const std::string effect = json::string_or(activity, kEffect);
  if (effect == "out") {
    target["out_ms"] = environment.clock.now_ms();
    target["out_capacity"] = units_of(activity).value_or(0);
    target.erase("in_ms");
  } else if (effect == "in") {
    target["in_ms"] = environment.clock.now_ms();
  }
}

History history_of(const json::object& target) {
  return {.out_ms = json::int_or(target, "out_ms", 0),
          .out_capacity = json::int_or(target, "out_capacity", 0),
          .in_ms = json::int_or(target, "in_ms", 0)};
}

bool is_open(const json::object& activity) {
  const std::string status = json::string_or(activity, "StatusCode");
  return status == "Pending" || status == "InProgress";
}

std::optional<std::int64_t> units_of(const json::object& activity) {
  return json::find_int(activity, kUnits);
}

bool is_not_scaled(const json::object& activity) { return activity.contains("NotScaledReasons"); }

json::object shown_activity(json::object activity) {
  activity.erase(kUnits);
  activity.erase(kEffect);
  return activity;
}

std::string activity_key(const json::object& activity) {
  return activity_id(start_ms(activity), json::string_or(activity, "ActivityId"));
}

void add_activity(const service::Environment& environment, const Records& records, Change& change,
                  json::object activity) {
  const auto life = environment.config.pace().of(std::chrono::seconds(kActivityLife_s));
  const std::int64_t oldest_ms =
      environment.clock.now_ms() - std::chrono::milliseconds(life).count();
  std::size_t scaled = 0;
  std::size_t not_scaled = 0;
  std::string key = activity_key(activity);
  ++(is_not_scaled(activity) ? not_scaled : scaled);
  for (const auto& [id, each] : records.all(Kind::kActivity)) {
    if (is_open(each)) continue;
    const bool fits =
        is_not_scaled(each) ? ++not_scaled <= kMostNotScaled : ++scaled <= kMostActivities;
    if (!fits || start_ms(each) < oldest_ms) change.erase(Kind::kActivity, id);
  }
  change.put(Kind::kActivity, std::move(key), std::move(activity));
}

}  // namespace tandem::autoscaling
