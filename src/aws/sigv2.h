// Signature version 2 of S3 in its query form: what boto3 and older SDKs still make presigned URLs
// of by default. (S3 user guide, "Authenticating requests (AWS Signature Version 2)".)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace tandem::aws {

struct QuerySignature2 {
  std::string access_key_id;
  std::string signature;  ///< base64
  std::int64_t expires_s = 0;
  std::string session_token;  ///< of temporary credentials; also in the query
};

/// Nothing when the query carries none. Throws ApiError AccessDenied for a broken one.
std::optional<QuerySignature2> parse_signature_version_2(const net::HttpRequest& request);

/// "Any AWS Region launched after January 30, 2014 supports Signature Version 4 only."
bool takes_signature_version_2(std::string_view region);

/// Throws ApiError AccessDenied when the URL has expired.
void check_signature_version_2_time(const QuerySignature2& signature, std::int64_t now_s);
/// Also when the signature is not the key's. resource is the path that was signed: with the bucket
/// in front, as it came (percent-encoded).
void verify_signature_version_2(const net::HttpRequest& request, const QuerySignature2& signature,
                                std::string_view resource, std::string_view secret,
                                std::int64_t now_s);

}  // namespace tandem::aws
