// What CloudFormation needs besides the AWS API. Templates in S3 are read with GetObject, and
// resources are made by their services' own operations.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::cloudformation {

struct CloudFormationPorts {
  /// What this region has heard of an IAM role, by its name: the members of the API's Role. Empty:
  /// IAM is always asked.
  std::function<std::optional<json::object>(std::string_view name)> heard_role = {};
  /// Where this region is reached by those who answer for custom resources:
  /// "http://127.0.10.1:8080/". Empty: at AWS's name of the bucket of responses.
  std::string response_base = {};
};

}  // namespace tandem::cloudformation
