// CloudWatch's exceptions, by the names and texts the service uses.
#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>
#include <utility>

#include "aws/error.h"

namespace tandem::cloudwatch::errors {

inline aws::ApiError invalid_value(std::string message) {
  return {400, "InvalidParameterValueException", std::move(message)};
}
inline aws::ApiError invalid_combination(std::string message) {
  return {400, "InvalidParameterCombinationException", std::move(message)};
}
/// ValidationException, but for the query protocol, which has a code of its own.
inline aws::ApiError validation(std::string message) {
  return {400, "ValidationError", std::move(message)};
}
inline aws::ApiError missing(std::string_view parameter) {
  return {400, "MissingRequiredParameterException",
          fmt::format("The parameter {} is required.", parameter)};
}
/// As GetMetricData says it.
inline aws::ApiError missing_value(std::string_view parameter) {
  return validation(fmt::format("The parameter {} is required.\n", parameter));
}
inline aws::ApiError both_given(std::string_view one, std::string_view other) {
  return invalid_combination(fmt::format(
      "The parameters {} and {} are mutually exclusive and you have specified both.", one, other));
}
inline aws::ApiError bad_value(std::string_view value, std::string_view parameter) {
  return invalid_value(fmt::format("The value {} for parameter {} is invalid.", value, parameter));
}
inline aws::ApiError too_large(std::string_view collection, std::size_t most) {
  return invalid_value(
      fmt::format("The collection {} must not have a size greater than {}.", collection, most));
}
inline aws::ApiError bad_token() { return invalid_value("Request parameter NextToken is invalid"); }

// Of alarms.

inline aws::ApiError invalid_next_token() {
  return {400, "InvalidNextToken", "Request parameter NextToken is invalid"};
}
inline aws::ApiError invalid_format(std::string message) {
  return {400, "InvalidFormatFault", std::move(message)};
}
/// AWS sends it without a message.
inline aws::ApiError alarm_not_found() { return {404, "ResourceNotFound", ""}; }
inline aws::ApiError resource_not_found(std::string_view name) {
  return aws::ApiError(404, "ResourceNotFoundException", "")
      .with("ResourceType", "alarm")
      .with("ResourceId", json::string(name));
}
inline aws::ApiError limit_exceeded() {
  return {400, "LimitExceededFault", "The quota for alarms has already been reached."};
}
inline aws::ApiError too_many_tags(std::string_view) {
  return invalid_value("A resource has at most 50 tags.");
}
inline aws::ApiError reserved_tag(std::string_view key) {
  return invalid_value(fmt::format("The tag key {} is reserved: aws: is for AWS.", key));
}

}  // namespace tandem::cloudwatch::errors
