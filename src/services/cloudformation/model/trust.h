// Whether a role lets CloudFormation act as itself (IAM User Guide, "AWS JSON policy elements").
// Pure.
#pragma once

#include <string>
#include <string_view>

namespace tandem::cloudformation {

/// policy: the role's AssumeRolePolicyDocument, JSON text. What is malformed lets nobody in.
/// Conditions are not judged: they are taken to hold in an Allow, and not in a Deny.
bool lets_in_cloudformation(std::string_view policy);

/// "arn:aws:iam::1:role/path/Name" → "Name"; empty when it is no role's ARN.
std::string role_name_of(std::string_view role_arn);
/// The session in which a stack's calls are made, as in CloudTrail's records of such calls.
std::string role_session_of(std::string_view role_arn);

}  // namespace tandem::cloudformation
