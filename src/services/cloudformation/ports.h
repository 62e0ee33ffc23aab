// What CloudFormation needs besides the AWS API: nothing yet. Templates in S3 are read with
// GetObject, and resources are made by their services' own operations.
#pragma once

namespace tandem::cloudformation {

struct CloudFormationPorts {};

}  // namespace tandem::cloudformation
