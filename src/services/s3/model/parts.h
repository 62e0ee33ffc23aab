// The rules of putting a multipart upload together.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "services/s3/model/integrity.h"

namespace tandem::s3 {

inline constexpr std::int64_t kMaxPartNumber = 10'000;
inline constexpr std::uint64_t kMinPartBytes = 5 * 1024 * 1024;

struct Part {
  std::string blob;
  std::uint64_t size = 0;
  std::string etag;
  std::int64_t last_modified_s = 0;
  json::object checksums;

  json::object to_document() const;
  static Part from_document(const json::object& document);
};

/// Throws ApiError unless 1 ≤ number ≤ 10,000.
void check_part_number(std::int64_t number);

/// The parts named in the request's MultipartUpload, in order. Throws ApiError for an empty list,
/// wrong order, unknown parts, tags or checksums that differ, and parts that are too small.
std::vector<Part> choose_parts(const json::object& input,
                               const std::map<std::int64_t, Part>& there);

/// "\"<md5 of the parts' md5s>-<count>\"".
std::string multipart_etag(const std::vector<Part>& parts);
/// The composite checksum, when every part carries one of the same algorithm.
json::object composite_checksum(const std::vector<Part>& parts);

}  // namespace tandem::s3
