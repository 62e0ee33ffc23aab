// The session of a role in which CloudFormation acts. Pure.
#pragma once

#include <string>
#include <string_view>

namespace tandem::cloudformation {

/// The session in which a stack's calls are made, as in CloudTrail's records of such calls.
std::string role_session_of(std::string_view role_arn);

}  // namespace tandem::cloudformation
