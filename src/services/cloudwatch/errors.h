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

}  // namespace tandem::cloudwatch::errors
