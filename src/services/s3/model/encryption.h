// What S3 is asked to encrypt with, and what it says of it. Content on this disk is not encrypted,
// and there is no KMS: a key is what its user calls it.
#pragma once

#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::s3 {

struct KeyHome {
  std::string region;
  std::string account;
};

/// A key id, an alias or an ARN as S3 tells it: its ARN. Empty: the account's own key for S3 in the
/// region, which AWS makes when it is first used.
std::string key_arn(std::string_view key, const KeyHome& home);

/// A bucket's rule, {"SSEAlgorithm", "KMSMasterKeyID", "BucketKeyEnabled"}, from the
/// ServerSideEncryptionConfiguration of PutBucketEncryption. Throws ApiError.
json::object encryption_rule(const json::object& configuration);
/// The inverse, also of no rule.
json::object encryption_configuration(const json::object& rule);

/// What a new object is encrypted with, as the request says or else the bucket's rule: empty for
/// keys that S3 manages, or {"SSEKMSKeyId", "BucketKeyEnabled"}. Throws ApiError.
json::object chosen_encryption(const json::object& input, const json::object& rule,
                               const KeyHome& home);
/// Members of answers about such an object.
void add_encryption(const json::object& encryption, json::object& output);

}  // namespace tandem::s3
