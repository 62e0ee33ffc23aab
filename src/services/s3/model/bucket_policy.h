// Bucket policies, as far as S3 judges them when they are stored. Nobody is allowed or denied
// anything by them here.
#pragma once

#include <string_view>

#include "core/json.h"

namespace tandem::s3 {

/// The document of PutBucketPolicy for this bucket. Throws ApiError MalformedPolicy.
json::object parse_bucket_policy(std::string_view text, std::string_view bucket);

/// "Blocking public access to your Amazon S3 storage", "The meaning of 'public'": whether a policy
/// that was parsed grants something to anyone but fixed principals, networks or sources.
bool is_public_policy(const json::object& policy);

}  // namespace tandem::s3
