// What CloudWatch needs from the rest of its region, wired by the assembler: where alarms' actions
// go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/task.h"

namespace tandem::cloudwatch {

/// Lambda's asynchronous invocations.
class FunctionActions {
 public:
  virtual ~FunctionActions() = default;
  enum class Answer {
    kAccepted,  ///< and stored
    kNotFound,
    kNotPermitted,  ///< the function's policy does not let the alarm in
    kRefused,       ///< too large
    kFull,          ///< for now
  };
  /// Invoked as lambda.alarms.cloudwatch.amazonaws.com on behalf of the alarm. Throws StoreError.
  virtual Answer invoke_later(const std::string& function_arn, std::string payload,
                              std::string alarm_arn) = 0;
};

/// Scaling policies of Application Auto Scaling.
class ScalingPolicies {
 public:
  virtual ~ScalingPolicies() = default;
  struct Fired {
    std::string policy_arn;  ///< as the alarm has it: ":createdBy/<uuid>" may be at its end
    std::string alarm;       ///< its name
    std::string state;       ///< "ALARM", "OK", "INSUFFICIENT_DATA"
    std::string data;        ///< StateReasonData of this evaluation
    std::int64_t now_ms = 0;
  };
  /// An alarm went over into the state, or a minute of AWS's time has passed in it. Whether
  /// anything has to be scaled is the policy's to say. Returns why it could not be executed;
  /// nothing when it was. Throws StoreError.
  virtual Task<std::optional<std::string>> alarm_fired(Fired fired) = 0;
};

struct CloudWatchPorts {
  FunctionActions& functions;
  /// Null where there are none: alarms with such actions are refused by name then.
  ScalingPolicies* policies = nullptr;
};

}  // namespace tandem::cloudwatch
