// What a target-tracking policy of DynamoDB's may be, and the four alarms that AWS keeps for it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/pace.h"
#include "services/autoscaling/model/dimension.h"
#include "services/autoscaling/model/target_tracking.h"

namespace tandem::autoscaling {

/// Throws ValidationException for a TargetTrackingScalingPolicyConfiguration (null: none) that the
/// dimension does not have.
void check_tracking(const json::object* configuration, const Dimension& dimension,
                    std::string_view scalable_dimension);
Tracking tracking_of(const json::object& configuration, core::Pace pace);

/// In the order in which a policy lists its alarms.
enum class AlarmRole { kHigh, kLow, kProvisionedHigh, kProvisionedLow };
inline constexpr std::array kAlarmRoles = {AlarmRole::kHigh, AlarmRole::kLow,
                                           AlarmRole::kProvisionedHigh, AlarmRole::kProvisionedLow};

/// "TargetTracking-table/T-AlarmHigh-<uuid>".
std::string alarm_name(std::string_view resource, AlarmRole role, std::string_view uuid);

/// The input of PutMetricAlarm. Thresholds are of this capacity; action: the policy's ARN and
/// ":createdBy/<uuid>".
json::object alarm_input(const Dimension& dimension, AlarmRole role, std::string_view name,
                         std::string_view action, double target_percent, std::int64_t capacity);

/// A policy's ARN without what alarms have behind it.
std::string_view policy_of_action(std::string_view action);

}  // namespace tandem::autoscaling
