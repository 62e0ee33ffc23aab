// What a rule's target is, by its ARN.
#pragma once

#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::events {

struct TargetArn {
  enum class Kind { kFunction, kLogGroup, kPipeline };
  Kind kind = Kind::kFunction;
  std::string name;  ///< kLogGroup and kPipeline: of the group, the pipeline
};

/// Throws ValidationException for what is no target on AWS, and refuses by name what is one there
/// and not here, also one in another region or account.
TargetArn read_target_arn(std::string_view arn, std::string_view region, std::string_view account);

/// A target as PutTargets takes it. Throws ValidationException in AWS's words; members that are not
/// served are refused by name.
void check_target(const json::object& target, std::string_view region, std::string_view account);

}  // namespace tandem::events
