// CloudWatch Logs' exceptions, by the names and texts the service uses.
#pragma once

#include <string>

#include "aws/error.h"

namespace tandem::logs::errors {

inline aws::ApiError invalid_parameter(std::string message) {
  return {400, "InvalidParameterException", std::move(message)};
}
inline aws::ApiError group_not_found() {
  return {400, "ResourceNotFoundException", "The specified log group does not exist."};
}
inline aws::ApiError stream_not_found() {
  return {400, "ResourceNotFoundException", "The specified log stream does not exist."};
}
inline aws::ApiError resource_not_found() {
  return {400, "ResourceNotFoundException", "The specified resource does not exist."};
}
inline aws::ApiError group_exists() {
  return {400, "ResourceAlreadyExistsException", "The specified log group already exists"};
}
inline aws::ApiError stream_exists() {
  return {400, "ResourceAlreadyExistsException", "The specified log stream already exists"};
}
inline aws::ApiError invalid_next_token() {
  return invalid_parameter("The specified nextToken is invalid.");
}
inline aws::ApiError too_many_tags() {
  return {400, "TooManyTagsException", "A resource can have no more than 50 tags."};
}

}  // namespace tandem::logs::errors
