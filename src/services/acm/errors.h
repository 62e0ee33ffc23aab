// ACM's exceptions by name. All of them are 400.
#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>

#include "aws/error.h"

namespace tandem::acm::errors {

inline aws::ApiError validation(std::string message) {
  return aws::ApiError::validation_exception(std::move(message));
}
/// Something AWS has and this service does not.
inline aws::ApiError not_implemented(std::string_view what) {
  return validation(fmt::format("{} is not implemented", what));
}
inline aws::ApiError no_such_certificate(std::string_view arn) {
  return {400, "ResourceNotFoundException", fmt::format("Could not find certificate {}.", arn)};
}
inline aws::ApiError invalid_arn(std::string_view arn) {
  return {400, "InvalidArnException", fmt::format("{} is not the ARN of a certificate", arn)};
}
inline aws::ApiError in_use(std::string_view arn, std::string_view account) {
  return {400, "ResourceInUseException",
          fmt::format("Certificate {} in account {} is in use.", arn, account)};
}
inline aws::ApiError too_many_tags() {
  return {400, "TooManyTagsException", "A certificate can have at most 50 tags"};
}
inline aws::ApiError invalid_tag(std::string message) {
  return {400, "InvalidTagException", std::move(message)};
}
inline aws::ApiError limit_exceeded(std::string message) {
  return {400, "LimitExceededException", std::move(message)};
}

}  // namespace tandem::acm::errors
