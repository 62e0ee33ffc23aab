// What may be called a bucket or a key.
#pragma once

#include <string>
#include <string_view>

namespace tandem::s3 {

/// The rules for general purpose buckets, "Bucket naming rules" in the S3 User Guide.
bool is_bucket_name(std::string_view name);
/// At most 1,024 bytes. Throws ApiError.
void check_key(std::string_view key);

struct ObjectName {
  std::string bucket;
  std::string key;
};
struct SourceName : ObjectName {
  std::string version;  ///< as given; empty: what is there now
};
/// "bucket/key" or "/bucket/key", percent-encoded, and "?versionId=…", as x-amz-copy-source has it.
/// Throws ApiError.
SourceName parse_copy_source(std::string_view source);

/// The canonical user id of an account: 64 hexadecimal digits that tell accounts apart.
std::string canonical_user(std::string_view account);

}  // namespace tandem::s3
