// The digests a client sends with content, and those S3 keeps.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/checksum.h"
#include "core/digest.h"
#include "core/json.h"
#include "net/http.h"

namespace tandem::s3 {

struct ExpectedChecksum {
  aws::ChecksumAlgorithm algorithm;
  std::string value;  ///< base64
};

struct ExpectedDigests {
  std::optional<std::string> md5;  ///< 16 bytes
  std::optional<ExpectedChecksum> checksum;
  /// Its value is a trailer, which has not come yet and is verified by whoever reads it.
  std::optional<aws::ChecksumAlgorithm> trailing;
};

/// Where the trailers of an aws-chunked body are: added to the request's headers, or still to come.
enum class Trailers { kAmongHeaders, kToCome };

/// Reads ContentMD5 and the one x-amz-checksum-* from the input or, for an algorithm newer than the
/// API model, from the request's headers. Throws ApiError for malformed or contradicting values.
ExpectedDigests read_digests(const json::object& input, const net::HttpRequest* http,
                             Trailers trailers = Trailers::kAmongHeaders);

struct Digests {
  std::string md5;                           ///< 16 bytes
  std::optional<ExpectedChecksum> checksum;  ///< as verified
};
/// Digests of content that comes in pieces. Any thread, one at a time.
class Digesting {
 public:
  explicit Digesting(ExpectedDigests expected);
  void update(std::string_view bytes);
  /// trailers have been verified. Throws ApiError BadDigest.
  Digests finish(const net::Headers& trailers);

 private:
  ExpectedDigests expected_;
  core::Digest md5_{core::Digest::Algorithm::kMd5};
  std::optional<aws::Checksum> checksum_;
};
/// Of what is there at once. Throws ApiError BadDigest.
Digests verify(const ExpectedDigests& expected, std::string_view content);

/// "\"<hex>\"".
std::string etag_of(std::string_view md5);
/// {"ChecksumCRC32": "…"}, or empty.
json::object checksum_document(const std::optional<ExpectedChecksum>& checksum);
/// Of such a document: "COMPOSITE", a checksum of the parts' checksums, which ends in their number,
/// or "FULL_OBJECT" ("Checking object integrity in Amazon S3"); empty when there is none.
std::string_view checksum_type(const json::object& checksums);
/// ["CRC32"], of such a document.
json::array checksum_algorithms(const json::object& checksums);
std::string_view checksum_member(aws::ChecksumAlgorithm algorithm);
/// The algorithm of a member name, "ChecksumSHA1", or of a request value, "SHA1".
std::optional<aws::ChecksumAlgorithm> algorithm_of(std::string_view name);

}  // namespace tandem::s3
