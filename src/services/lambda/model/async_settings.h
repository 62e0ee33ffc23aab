// How a function's asynchronous invocations are tried again, and who is told how they ended.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::lambda {

/// Of one qualifier (FunctionEventInvokeConfig).
struct AsyncSettings {
  std::optional<int> retries;
  std::optional<int> age_s;
  std::string on_success;  ///< ARN; empty: nobody is told
  std::string on_failure;
  std::int64_t modified_ms = 0;

  static AsyncSettings from_record(const json::object& record);
  json::object to_record() const;
  /// arn is that of the function with its qualifier.
  json::object shown(std::string_view arn) const;
};

/// What an asynchronous invocation came to.
enum class Condition { kSuccess, kRetriesExhausted, kEventAgeExceeded, kZeroReservedConcurrency };

/// What a destination is told (developer guide, "Adding a destination": invocation records).
struct InvocationRecord {
  std::int64_t timestamp_ms = 0;
  std::string_view request_id;
  std::string_view function_arn;
  Condition condition = Condition::kSuccess;
  std::size_t invoke_count = 0;
  std::string_view request_payload;
  /// Of the last attempt; empty: it was not invoked, and nothing is said of a response.
  std::string_view executed_version;
  bool function_error = false;
  std::string_view response_payload;
};
/// Payloads that are no JSON text become strings.
json::object to_json(const InvocationRecord& record);

}  // namespace tandem::lambda
