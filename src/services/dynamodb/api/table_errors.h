// The exceptions of table operations.
#pragma once

#include <fmt/format.h>
#include <string_view>

#include "aws/error.h"

namespace tandem::dynamodb {

inline aws::ApiError table_not_found(std::string_view name) {
  return {400, "ResourceNotFoundException",
          fmt::format("Requested resource not found: Table: {} not found", name)};
}
inline aws::ApiError resource_in_use(std::string message) {
  return {400, "ResourceInUseException", std::move(message)};
}
/// "One or more parameter values were invalid: …".
inline aws::ApiError invalid_values(std::string_view why) {
  return aws::ApiError::validation_exception(
      fmt::format("One or more parameter values were invalid: {}", why));
}

}  // namespace tandem::dynamodb
