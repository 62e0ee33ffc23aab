// Scaling activities: what they say (user guide, "Scaling activities for Application Auto
// Scaling"), and how long they are kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "service/environment.h"
#include "services/autoscaling/model/dimension.h"
#include "services/autoscaling/model/target_tracking.h"
#include "services/autoscaling/store/records.h"

namespace tandem::autoscaling {

/// Six weeks, as on AWS, and in a region so many: what was not scaled is told of each minute, and
/// makes no room for itself by what was.
inline constexpr std::int64_t kActivityLife_s = 6 * 7 * 86'400;
inline constexpr std::size_t kMostActivities = 5'000;
inline constexpr std::size_t kMostNotScaled = 2'000;

/// A new one of a target, PENDING.
json::object new_activity(const service::Environment& environment, const json::object& target,
                          std::string description, std::string cause);
/// Sets capacity: carried out by Scaler.
json::object scaling_activity(const service::Environment& environment, const json::object& target,
                              const Dimension& dimension, std::int64_t units, std::string cause);
/// Ends now.
void finish(json::object& activity, const service::Environment& environment,
            std::string_view status, std::string_view message);

/// Says of an activity that a policy began it, for the cooldowns that follow.
void set_effect(json::object& activity, Direction direction);
/// What the target remembers of an activity that has succeeded just now.
void remember(json::object& target, const json::object& activity,
              const service::Environment& environment);
History history_of(const json::object& target);

/// Neither of its ends has come.
bool is_open(const json::object& activity);
/// The units it sets; nothing when it is not for the table.
std::optional<std::int64_t> units_of(const json::object& activity);
bool is_not_scaled(const json::object& activity);
/// As DescribeScalingActivities tells of it.
json::object shown_activity(json::object activity);

/// Adds it, and lets go of those that are too old or too many.
void add_activity(const service::Environment& environment, const Records& records, Change& change,
                  json::object activity);
/// The key under which it is kept.
std::string activity_key(const json::object& activity);

}  // namespace tandem::autoscaling
