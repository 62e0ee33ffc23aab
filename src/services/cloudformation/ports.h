// What CloudFormation needs besides the AWS API. Templates in S3 are read with GetObject, and
// resources are made by their services' own operations.
#pragma once

#include <string>

#include "service/roles.h"

namespace tandem::cloudformation {

struct CloudFormationPorts {
  service::Roles& roles;
  /// Where this region is reached by those who answer for custom resources:
  /// "http://127.0.10.1:8080/". Empty: at AWS's name of the bucket of responses.
  std::string response_base = {};
};

}  // namespace tandem::cloudformation
