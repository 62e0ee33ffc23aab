// ECR's exceptions, by the names and texts the service uses.
#pragma once

#include <fmt/format.h>
#include <string_view>

#include "aws/error.h"

namespace tandem::ecr::errors {

inline aws::ApiError repository_not_found(std::string_view name, std::string_view registry) {
  return {400, "RepositoryNotFoundException",
          fmt::format("The repository with name '{}' does not exist in the registry with id '{}'",
                      name, registry)};
}
inline aws::ApiError invalid_parameter(std::string_view parameter, std::string_view why) {
  return {
      400, "InvalidParameterException",
      fmt::format("Invalid parameter at '{}' failed to satisfy constraint: '{}'", parameter, why)};
}

}  // namespace tandem::ecr::errors
