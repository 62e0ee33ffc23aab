// CodeBuild's exceptions, by the names and texts the service uses.
#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>

#include "aws/error.h"

namespace tandem::codebuild::errors {

inline aws::ApiError invalid_input(std::string message) {
  return {400, "InvalidInputException", std::move(message)};
}
inline aws::ApiError project_not_found(std::string_view arn) {
  return {400, "ResourceNotFoundException", fmt::format("Project cannot be found: {}", arn)};
}
inline aws::ApiError build_not_found(std::string_view arn) {
  return {400, "ResourceNotFoundException", fmt::format("Build not found: {}", arn)};
}
inline aws::ApiError project_exists(std::string_view arn) {
  return {400, "ResourceAlreadyExistsException", fmt::format("Project already exists: {}", arn)};
}
inline aws::ApiError limit_exceeded(std::string message) {
  return {400, "AccountLimitExceededException", std::move(message)};
}
inline aws::ApiError invalid_next_token() { return invalid_input("Invalid next token"); }

}  // namespace tandem::codebuild::errors
