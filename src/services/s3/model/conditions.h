// Conditional requests and ranges (RFC 9110 §13 and §14) as S3 has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::s3 {

struct ReadConditions {
  std::optional<std::string> if_match;
  std::optional<std::string> if_none_match;
  std::optional<std::int64_t> if_modified_since_s;
  std::optional<std::int64_t> if_unmodified_since_s;
};

enum class ReadVerdict { kServe, kNotModified };
/// Throws ApiError PreconditionFailed.
ReadVerdict judge_read(const ReadConditions& conditions, std::string_view etag,
                       std::int64_t last_modified_s);
/// A copy's source has no "not modified": any condition that does not hold fails the copy.
void require_copy_source(const ReadConditions& conditions, std::string_view etag,
                         std::int64_t last_modified_s);

struct WriteConditions {
  std::optional<std::string> if_match;
  std::optional<std::string> if_none_match;  ///< only "*"
};
/// etag of the object now at the key, or nothing. Throws ApiError.
void require_write(const WriteConditions& conditions, std::string_view key,
                   const std::optional<std::string>& etag);

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};
/// Nothing for a header S3 disregards (malformed, several ranges, another unit): the whole object
/// is served. Throws ApiError InvalidRange when the object has none of the bytes.
std::optional<ByteRange> parse_range(std::string_view header, std::uint64_t size);

}  // namespace tandem::s3
