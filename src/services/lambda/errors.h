// Lambda's exceptions. Every one carries "Type" beside its message.
#pragma once

#include <fmt/format.h>
#include <string>

#include "aws/error.h"

namespace tandem::lambda::errors {

inline aws::ApiError user(int status, std::string code, std::string message) {
  return aws::ApiError(status, std::move(code), std::move(message)).with("Type", "User");
}
inline aws::ApiError invalid_parameter(std::string message) {
  return user(400, "InvalidParameterValueException", std::move(message));
}
inline aws::ApiError not_found(std::string message) {
  return user(404, "ResourceNotFoundException", std::move(message));
}
inline aws::ApiError function_not_found(std::string_view arn) {
  return not_found(fmt::format("Function not found: {}", arn));
}
inline aws::ApiError alias_not_found(std::string_view arn) {
  return not_found(fmt::format("Cannot find alias arn: {}", arn));
}
inline aws::ApiError conflict(std::string message) {
  return user(409, "ResourceConflictException", std::move(message));
}
inline aws::ApiError update_in_progress(std::string_view arn) {
  return conflict(
      fmt::format("The operation cannot be performed at this time. An update is in progress for "
                  "resource: {}",
                  arn));
}
inline aws::ApiError precondition_failed() {
  return user(412, "PreconditionFailedException",
              "The RevisionId provided does not match the latest RevisionId. Call the "
              "GetFunction/GetAlias API to retrieve the latest RevisionId");
}
inline aws::ApiError invalid_request_content(std::string message) {
  return user(400, "InvalidRequestContentException", std::move(message));
}
inline aws::ApiError too_large(std::size_t limit, std::string_view operation) {
  return user(
      413, "RequestTooLargeException",
      fmt::format("Request must be smaller than {} bytes for the {} operation", limit, operation));
}
inline aws::ApiError too_many_requests(std::string_view reason) {
  return user(429, "TooManyRequestsException", "Rate Exceeded.")
      .with("Reason", json::value(json::string(reason)))
      .with("retryAfterSeconds", "1");
}
inline aws::ApiError access_denied(std::string message) {
  return user(403, "AccessDeniedException", std::move(message));
}
inline aws::ApiError service_exception(std::string message) {
  return aws::ApiError(500, "ServiceException", std::move(message)).with("Type", "Service");
}

}  // namespace tandem::lambda::errors
