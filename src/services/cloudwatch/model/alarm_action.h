// What alarms do: which actions there are, and what a function is told. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"
#include "services/cloudwatch/model/alarm.h"

namespace tandem::cloudwatch {

enum class ActionKind { kFunction, kScalingPolicy };

/// Of an ARN that was accepted; nothing for another.
std::optional<ActionKind> action_kind(std::string_view arn);

/// The three lists of an input. Throws ValidationError for what AWS refuses, and refuses by name
/// what is not served here: topics of SNS above all.
enum class Policies { kServed, kNotServed };
void check_actions(const json::object& input, std::string_view region, Alarm::Kind kind,
                   Policies policies);

/// What Lambda is invoked with (User Guide, "Invoke a Lambda function from an alarm", "Event object
/// sent from CloudWatch to Lambda").
json::object function_event(const std::string& name, const std::string& arn,
                            std::string_view region, std::string_view account, const Alarm& alarm,
                            const AlarmStatus& now, const AlarmStatus& before);

}  // namespace tandem::cloudwatch
