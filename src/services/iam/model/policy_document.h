// The grammar of policy documents, as far as IAM checks it when they are stored.
#pragma once

#include <string_view>

namespace tandem::iam {

enum class PolicyKind { kInline, kManaged, kTrust };

/// Throws ApiError MalformedPolicyDocument.
void check_policy(std::string_view document, PolicyKind kind);
/// IAM's quotas do not count white space.
std::size_t counted_size(std::string_view document);

}  // namespace tandem::iam
