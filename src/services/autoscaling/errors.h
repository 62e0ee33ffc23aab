// Application Auto Scaling's exceptions, by the names and texts the service uses.
#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>

#include "aws/error.h"

namespace tandem::autoscaling::errors {

inline aws::ApiError validation(std::string message) {
  return aws::ApiError::validation_exception(std::move(message));
}
inline aws::ApiError unsupported() {
  return validation("Unsupported service namespace, resource type or scalable dimension");
}
inline aws::ApiError no_table(std::string_view resource) {
  return validation(fmt::format("DynamoDB table does not exist: {}", resource));
}
inline aws::ApiError max_below_min() {
  return validation("Maximum capacity cannot be less than minimum capacity");
}
inline aws::ApiError invalid_next_token() {
  return {400, "InvalidNextTokenException", "The next token supplied is invalid"};
}
inline aws::ApiError limit_exceeded(std::string message) {
  return {400, "LimitExceededException", std::move(message)};
}
inline aws::ApiError not_found(std::string message) {
  return {400, "ObjectNotFoundException", std::move(message)};
}
inline aws::ApiError concurrent_update() {
  return {400, "ConcurrentUpdateException",
          "You already have a pending update to an Auto Scaling resource."};
}
inline aws::ApiError failed_access(std::string_view policy_arn, const aws::ApiError& error) {
  return {400, "FailedResourceAccessException",
          fmt::format("Unable to retrieve alarms for scaling policy {} due to reason: {} (Service: "
                      "AmazonCloudWatch; Status Code: {}; Error Code: {})",
                      policy_arn, error.message(), error.status(), error.code())};
}
/// Of the tag operations.
inline aws::ApiError resource_not_found(std::string_view arn) {
  return aws::ApiError(400, "ResourceNotFoundException",
                       fmt::format("The resource {} does not exist.", arn))
      .with("ResourceName", json::value(arn));
}
inline aws::ApiError too_many_tags(std::string_view) {
  return {400, "TooManyTagsException", "The request exceeds the limit of 50 tags on a resource."};
}
inline aws::ApiError reserved_tag(std::string_view key) {
  return validation(
      fmt::format("Tag keys that begin with aws: are reserved for system use. Key: {}", key));
}

}  // namespace tandem::autoscaling::errors
