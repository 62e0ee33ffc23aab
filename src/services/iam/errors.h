// IAM's errors, by the codes and texts the service uses.
#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>

#include "aws/error.h"

namespace tandem::iam::errors {

inline aws::ApiError no_such_entity(std::string message) {
  return {404, "NoSuchEntity", std::move(message)};
}
/// kind: "role", "user", "group".
inline aws::ApiError no_such(std::string_view kind, std::string_view name) {
  return no_such_entity(fmt::format("The {} with name {} cannot be found.", kind, name));
}
inline aws::ApiError no_such_inline_policy(std::string_view kind, std::string_view name) {
  return no_such_entity(fmt::format("The {} policy with name {} cannot be found.", kind, name));
}
inline aws::ApiError no_such_policy(std::string_view arn) {
  return no_such_entity(fmt::format("Policy {} was not found.", arn));
}
inline aws::ApiError not_attachable(std::string_view arn) {
  return no_such_entity(fmt::format("Policy {} does not exist or is not attachable.", arn));
}
inline aws::ApiError no_such_access_key(std::string_view id) {
  return no_such_entity(fmt::format("The Access Key with id {} cannot be found.", id));
}
inline aws::ApiError already_exists(std::string message) {
  return {409, "EntityAlreadyExists", std::move(message)};
}
inline aws::ApiError delete_conflict(std::string message) {
  return {409, "DeleteConflict", std::move(message)};
}
inline aws::ApiError unmodifiable(std::string_view role) {
  return {400, "UnmodifiableEntity",
          fmt::format("Cannot perform the operation on the protected role '{}' - this role is only "
                      "modifiable by AWS",
                      role)};
}
inline aws::ApiError limit_exceeded(std::string message) {
  return {409, "LimitExceeded", std::move(message)};
}
inline aws::ApiError malformed_policy(std::string message) {
  return {400, "MalformedPolicyDocument", std::move(message)};
}
inline aws::ApiError invalid_input(std::string message) {
  return {400, "InvalidInput", std::move(message)};
}
inline aws::ApiError validation_error(std::string message) {
  return {400, "ValidationError", std::move(message)};
}

}  // namespace tandem::iam::errors
