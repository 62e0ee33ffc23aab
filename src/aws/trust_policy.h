// Whether a role lets a service act as itself (IAM User Guide, "AWS JSON policy elements"). Pure.
#pragma once

#include <string>
#include <string_view>

namespace tandem::aws {

/// policy: the role's AssumeRolePolicyDocument, JSON text, as IAM keeps it or percent-encoded, as
/// it shows it (API reference, GetRole). service: "lambda.amazonaws.com". What is malformed lets
/// nobody in. Conditions are not judged: they are taken to hold in an Allow, and not in a Deny.
bool lets_in(std::string_view policy, std::string_view service);

/// "arn:aws:iam::1:role/path/Name" → "Name"; empty when it is no role's ARN.
std::string role_name_of(std::string_view role_arn);

}  // namespace tandem::aws
