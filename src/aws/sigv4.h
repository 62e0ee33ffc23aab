// AWS Signature Version 4: reading, verifying and making it.
//
// Nothing here knows which keys exist; the caller looks the access key up and decides what an
// unknown key means. Loop thread only (the cache of derived keys is not locked).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aws/error.h"
#include "net/http.h"

namespace tandem::aws {

/// "AKID/20260101/us-east-1/dynamodb/aws4_request".
struct CredentialScope {
  std::string access_key_id;
  std::string date;  ///< "20260101"
  std::string region;
  std::string service;
  std::string text() const { return date + "/" + region + "/" + service + "/aws4_request"; }
};

/// What a request says about its signature, header or presigned form.
struct Authorization {
  CredentialScope scope;
  std::vector<std::string> signed_headers;  ///< lower case
  std::string signature;                    ///< hex
  std::string date;                         ///< "20260101T000000Z", as it came
  std::string session_token;
  std::string content_sha256;  ///< x-amz-content-sha256; "UNSIGNED-PAYLOAD" when presigned for S3
  std::optional<std::int64_t> expires_s;  ///< presigned only: seconds it stays valid
  bool presigned() const { return expires_s.has_value(); }
};

/// The scope only, for finding out which service is meant. Never throws.
std::optional<CredentialScope> peek_scope(const net::HttpRequest& request);

/// Signed as S3 was before version 4, in the header or the query: not verified here.
bool is_signature_version_2(const net::HttpRequest& request);

/// Nothing when the request carries no signature at all (anonymous). Throws ApiError
/// IncompleteSignature when it carries a broken one.
std::optional<Authorization> parse_authorization(const net::HttpRequest& request);

/// Derived signing keys are kept, as the derivation costs four HMACs. Bounded.
class SigningKeys {
 public:
  const std::string& get(const CredentialScope& scope, std::string_view secret);

 private:
  std::unordered_map<std::string, std::string> keys_;
};

/// Throws ApiError in AWS's words: the signature does not match, or is too old or too new. The
/// codes are those of the JSON services; signature_error_for() turns them into other services'.
/// body_sha256 is that of request.body in hexadecimal, when somebody has computed it; empty: it is
/// computed here if it is needed.
void verify_signature(const net::HttpRequest& request, const Authorization& authorization,
                      std::string_view secret, SigningKeys& keys, std::int64_t now_s,
                      std::string_view body_sha256 = {});
/// Whether the request says what its body's hash is, so that its signature can be verified before
/// the body is there. A body that is a source must be that of such a request.
bool says_payload_hash(const net::HttpRequest& head);
/// S3's answer to a body that is not the one that was announced.
ApiError content_sha256_mismatch(std::string_view announced, std::string_view computed);
/// Only the clock: 15 minutes of skew, or the expiry of a presigned URL of S3's. The scope's date
/// must be the signature's.
void check_signature_time(const Authorization& authorization, std::int64_t now_s);

/// The seed of a chunked body's signatures is the request's own signature.
struct SigningContext {
  std::string signing_key;
  std::string scope;      ///< "20260101/us-east-1/s3/aws4_request"
  std::string date_time;  ///< "20260101T000000Z"
  std::string seed_signature;
};

/// Adds X-Amz-Date, Authorization, X-Amz-Security-Token when there is one, and for S3
/// X-Amz-Content-Sha256. The request must carry its Host header, and X-Amz-Content-Sha256 when its
/// body is a source.
struct SigningCredentials {
  std::string access_key_id;
  std::string secret_access_key;  ///< secret
  std::string session_token;      ///< secret; may be empty
};
void sign_request(net::HttpRequest& request, const SigningCredentials& credentials,
                  std::string_view region, std::string_view service, std::int64_t now_s,
                  SigningKeys& keys);
/// A presigned URL's query string, without '?': for GET and PUT of S3 objects.
std::string presign_query(const net::HttpRequest& request, const SigningCredentials& credentials,
                          std::string_view region, std::string_view service, std::int64_t now_s,
                          std::int64_t expires_s, SigningKeys& keys);

/// Exposed for tests with AWS's published vectors.
std::string canonical_request(const net::HttpRequest& request,
                              const std::vector<std::string>& signed_headers,
                              std::string_view payload_hash, std::string_view service);
std::string string_to_sign(std::string_view date_time, std::string_view scope,
                           std::string_view canonical_request);

}  // namespace tandem::aws
