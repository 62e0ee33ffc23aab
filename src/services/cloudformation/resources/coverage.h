// Which of AWS's resource types a template may hold here.
#pragma once

#include "core/json.h"
#include "services/cloudformation/resources/handler.h"

namespace tandem::cloudformation {

/// {"AWS::Logs::LogGroup": {"status": "partial", "missing": ["KmsKeyId", …]},
///  "AWS::EC2::VPC": {"status": "absent"}}: as the operations' manifest says it. Missing are the
/// properties, and parts of them by path, that AWS's schema has and that are refused by name.
json::object coverage_of(const ResourceTypes& types);

}  // namespace tandem::cloudformation
