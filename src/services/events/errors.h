// EventBridge's exceptions, by the names and texts the service uses.
#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>

#include "aws/error.h"

namespace tandem::events::errors {

inline aws::ApiError validation(std::string message) {
  return aws::ApiError::validation_exception(std::move(message));
}
inline aws::ApiError invalid_parameter(std::string_view value, std::string_view reason) {
  return validation(fmt::format("Parameter {} is not valid. Reason: {}", value, reason));
}
inline aws::ApiError invalid_pattern(std::string_view reason) {
  return {400, "InvalidEventPatternException",
          fmt::format("Event pattern is not valid. Reason: {}", reason)};
}
inline aws::ApiError rule_not_found(std::string_view rule) {
  return {400, "ResourceNotFoundException",
          fmt::format("Rule {} does not exist on EventBus default.", rule)};
}
inline aws::ApiError bus_not_found(std::string_view bus) {
  return {400, "ResourceNotFoundException", fmt::format("Event bus {} does not exist.", bus)};
}
inline aws::ApiError limit_exceeded() {
  return {400, "LimitExceededException",
          "The requested resource exceeds the maximum number allowed."};
}
inline aws::ApiError invalid_next_token() {
  return validation("Parameter NextToken is not valid. Reason: Provided NextToken is not valid.");
}
inline aws::ApiError too_many_tags() {
  return validation("Parameter Tags is not valid. Reason: A resource has at most 50 tags.");
}
inline aws::ApiError reserved_tag(std::string_view key) {
  return validation(fmt::format(
      "Parameter {} is not valid. Reason: Tag keys that begin with aws: are reserved.", key));
}

}  // namespace tandem::events::errors
