// What EventBridge needs from the rest of its region, wired by the assembler: where events go.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "aws/api.h"

namespace tandem::events {

/// Lambda's asynchronous invocations.
class FunctionTargets {
 public:
  virtual ~FunctionTargets() = default;
  enum class Answer {
    kAccepted,  ///< and stored
    kNotFound,
    kNotPermitted,  ///< the function's policy does not let the rule in
    kRefused,       ///< too large
    kFull,          ///< for now
  };
  /// Invoked as events.amazonaws.com on behalf of the rule. Throws StoreError.
  virtual Answer invoke_later(const std::string& function_arn, std::string payload,
                              std::string rule_arn) = 0;
};

/// Log groups.
class LogTargets {
 public:
  virtual ~LogTargets() = default;
  /// Adds an event to a stream, which is made when it is missing. False when there is no such
  /// group. Throws StoreError.
  virtual bool append(std::string_view group, std::string_view stream, std::int64_t timestamp_ms,
                      std::string message) = 0;
};

struct EventsPorts {
  FunctionTargets& functions;
  LogTargets& logs;
  /// For what is asked of other services by name: CodePipeline's StartPipelineExecution.
  aws::Api& api;
};

}  // namespace tandem::events
