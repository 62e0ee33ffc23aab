#include "aws/sigv4.h"

#include <algorithm>
#include <fmt/format.h>

#include "aws/dialect.h"
#include "aws/scalar.h"
#include "core/bytes.h"
#include "core/clock.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kUnsigned = "UNSIGNED-PAYLOAD";
constexpr std::int64_t kSkew_s = 15 * 60;
constexpr std::int64_t kLongestExpiry_s = 7 * 24 * 3600;
constexpr std::size_t kCachedKeys = 1024;

std::optional<CredentialScope> parse_scope(std::string_view credential) {
  // Access key ids hold no slash in practice, but may in a foreign tool's; the last four are fixed.
  std::vector<std::string_view> parts = core::split(credential, '/');
  if (parts.size() < 5 || parts.back() != "aws4_request") return std::nullopt;
  const std::size_t n = parts.size();
  const auto key_size = static_cast<std::size_t>(parts[n - 4].data() - credential.data()) - 1;
  return CredentialScope{std::string(credential.substr(0, key_size)), std::string(parts[n - 4]),
                         std::string(parts[n - 3]), std::string(parts[n - 2])};
}

/// The value of "Name=" in "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…".
std::optional<std::string_view> field_of(std::string_view header, std::string_view name) {
  const auto start = header.find(' ');
  if (start == std::string_view::npos) return std::nullopt;
  for (auto part : core::split(header.substr(start + 1), ',')) {
    part = core::trim(part);
    const auto equals = part.find('=');
    if (equals != std::string_view::npos && part.substr(0, equals) == name) {
      return part.substr(equals + 1);
    }
  }
  return std::nullopt;
}

std::optional<std::string> query_field(const net::HttpRequest& request, std::string_view name) {
  if (request.query().find("X-Amz-") == std::string_view::npos) return std::nullopt;
  for (const auto part : core::split(request.query(), '&')) {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos || part.substr(0, equals) != name) continue;
    return core::percent_decode(part.substr(equals + 1));
  }
  return std::nullopt;
}

ApiError incomplete(std::string_view what, std::string_view header) {
  return {
      400, "IncompleteSignatureException",
      fmt::format("Authorization header requires '{}' parameter. Authorization={}", what, header)};
}

std::vector<std::string> header_names(std::string_view list) {
  std::vector<std::string> names;
  for (const auto name : core::split(list, ';')) names.push_back(core::to_lower(name));
  return names;
}

/// "20260101T000000Z" to epoch seconds.
std::optional<std::int64_t> parse_date_time(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto iso =
      fmt::format("{}-{}-{}T{}:{}:{}Z", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2),
                  text.substr(9, 2), text.substr(11, 2), text.substr(13, 2));
  const auto seconds = parse_timestamp(iso, model::TimestampFormat::kIso8601);
  if (!seconds) return std::nullopt;
  return static_cast<std::int64_t>(*seconds);
}

std::string date_time_text(std::int64_t epoch_s) {
  std::string text = core::iso8601_s(epoch_s);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

Authorization parse_presigned(const net::HttpRequest& request, std::string_view credential) {
  Authorization parsed;
  const auto scope = parse_scope(credential);
  const auto date = query_field(request, "X-Amz-Date");
  const auto headers = query_field(request, "X-Amz-SignedHeaders");
  const auto signature = query_field(request, "X-Amz-Signature");
  const auto expires = query_field(request, "X-Amz-Expires");
  const auto algorithm = query_field(request, "X-Amz-Algorithm");
  auto seconds = expires ? core::parse_int(*expires) : std::nullopt;
  // S3 alone heeds the expiry; elsewhere it may be left out.
  if (scope && !dialect_of(scope->service).object_signing && !expires) seconds = kSkew_s;
  if (!algorithm || !scope || !date || !headers || !signature || !seconds) {
    throw ApiError(400, "AuthorizationQueryParametersError",
                   "Query-string authentication version 4 requires the X-Amz-Algorithm, "
                   "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
                   "X-Amz-Expires parameters.");
  }
  if (*algorithm != kAlgorithm) {
    throw ApiError(400, "AuthorizationQueryParametersError",
                   "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
  }
  if (*seconds < 0 || *seconds > kLongestExpiry_s) {
    throw ApiError(400, "AuthorizationQueryParametersError",
                   "X-Amz-Expires must be less than a week (in seconds); that is, the given "
                   "X-Amz-Expires must be less than 604800 seconds");
  }
  parsed.scope = *scope;
  parsed.date = *date;
  parsed.signed_headers = header_names(*headers);
  parsed.signature = *signature;
  parsed.expires_s = *seconds;
  parsed.session_token = query_field(request, "X-Amz-Security-Token").value_or("");
  parsed.content_sha256 = request.headers.get_or("x-amz-content-sha256");
  return parsed;
}

bool claims_digest(const Authorization& authorization) {
  return authorization.content_sha256.size() == 64;
}

std::string hash_of(const net::HttpRequest& request, std::string_view computed) {
  return computed.empty() ? core::hex_encode(core::sha256(request.body)) : std::string(computed);
}

std::string payload_hash(const net::HttpRequest& request, const Authorization& authorization,
                         std::string_view body_sha256) {
  if (dialect_of(authorization.scope.service).object_signing) {
    if (authorization.presigned() && authorization.content_sha256.empty()) {
      return std::string(kUnsigned);
    }
    // What the client says of its body is what it signed; whether it is true is another question.
    if (authorization.content_sha256.starts_with("STREAMING-") || claims_digest(authorization)) {
      return authorization.content_sha256;
    }
  }
  if (authorization.content_sha256 == kUnsigned) return authorization.content_sha256;
  if (request.source) {
    throw ApiError(400, "InvalidRequest",
                   "Missing required header for this request: x-amz-content-sha256");
  }
  return hash_of(request, body_sha256);
}

std::string sign(const std::string& signing_key, std::string_view text) {
  return core::hex_encode(core::hmac_sha256(signing_key, text));
}

}  // namespace

std::optional<CredentialScope> peek_scope(const net::HttpRequest& request) {
  if (const auto header = request.headers.get("Authorization")) {
    const auto credential = field_of(*header, "Credential");
    return credential ? parse_scope(*credential) : std::nullopt;
  }
  const auto credential = query_field(request, "X-Amz-Credential");
  return credential ? parse_scope(*credential) : std::nullopt;
}

bool is_signature_version_2(const net::HttpRequest& request) {
  if (const auto header = request.headers.get("Authorization")) return header->starts_with("AWS ");
  return request.query().find("AWSAccessKeyId=") != std::string_view::npos &&
         request.query().find("Signature=") != std::string_view::npos;
}

std::optional<Authorization> parse_authorization(const net::HttpRequest& request) {
  const auto header = request.headers.get("Authorization");
  if (!header) {
    const auto credential = query_field(request, "X-Amz-Credential");
    if (!credential) return std::nullopt;
    return parse_presigned(request, *credential);
  }
  if (!header->starts_with(kAlgorithm)) {
    throw ApiError(400, "IncompleteSignatureException",
                   fmt::format("Unsupported AWS 'algorithm': '{}'. Only AWS4-HMAC-SHA256 is "
                               "supported.",
                               header->substr(0, header->find(' '))));
  }
  const auto credential = field_of(*header, "Credential");
  const auto signature = field_of(*header, "Signature");
  const auto names = field_of(*header, "SignedHeaders");
  if (!credential) throw incomplete("Credential", *header);
  if (!signature) throw incomplete("Signature", *header);
  if (!names) throw incomplete("SignedHeaders", *header);
  const auto scope = parse_scope(*credential);
  if (!scope) {
    throw ApiError(400, "IncompleteSignatureException",
                   fmt::format("Credential must have exactly 5 slash-delimited elements, e.g. "
                               "keyid/date/region/service/term, got '{}'",
                               *credential));
  }
  Authorization parsed;
  parsed.scope = *scope;
  parsed.signed_headers = header_names(*names);
  parsed.signature = *signature;
  parsed.date = request.headers.get_or("X-Amz-Date");
  if (parsed.date.empty()) {
    // The Date header is allowed in its place, in HTTP's form.
    const auto date =
        parse_timestamp(request.headers.get_or("Date"), model::TimestampFormat::kDefault);
    if (!date) {
      throw ApiError(400, "IncompleteSignatureException",
                     "Authorization header requires existence of either a 'X-Amz-Date' or a "
                     "'Date' header. Authorization=" +
                         std::string(*header));
    }
    parsed.date = date_time_text(static_cast<std::int64_t>(*date));
  }
  parsed.session_token = request.headers.get_or("X-Amz-Security-Token");
  parsed.content_sha256 = request.headers.get_or("x-amz-content-sha256");
  return parsed;
}

const std::string& SigningKeys::get(const CredentialScope& scope, std::string_view secret) {
  std::string name = scope.text();
  name += '/';
  name += scope.access_key_id;
  name += '/';
  name += secret;
  const auto at = keys_.find(name);
  if (at != keys_.end()) return at->second;
  if (keys_.size() >= kCachedKeys) keys_.clear();
  auto key = core::hmac_sha256("AWS4" + std::string(secret), scope.date);
  key = core::hmac_sha256(key, scope.region);
  key = core::hmac_sha256(key, scope.service);
  key = core::hmac_sha256(key, "aws4_request");
  return keys_.emplace(std::move(name), std::move(key)).first->second;
}

void check_signature_time(const Authorization& authorization, std::int64_t now_s) {
  const auto signed_at = parse_date_time(authorization.date);
  if (!signed_at) {
    throw ApiError(400, "IncompleteSignatureException",
                   fmt::format("Date must be in ISO-8601 'basic format'. Got '{}'. See "
                               "http://en.wikipedia.org/wiki/ISO_8601",
                               authorization.date));
  }
  const auto& scope = authorization.scope;
  if (!authorization.date.starts_with(scope.date) || scope.date.size() != 8) {
    throw ApiError(403, "InvalidSignatureException",
                   fmt::format("Date in Credential scope does not match YYYYMMDD from ISO-8601 "
                               "version of date from HTTP: '{}' != '{}', from '{}'.",
                               scope.date, authorization.date.substr(0, 8), authorization.date));
  }
  // Services other than S3 know no expiry of a URL's own: it lives for the 15 minutes of any
  // signature.
  if (authorization.expires_s && dialect_of(scope.service).object_signing) {
    if (now_s > *signed_at + *authorization.expires_s) {
      throw ApiError(403, "AccessDenied", "Request has expired")
          .with("X-Amz-Expires", json::string(std::to_string(*authorization.expires_s)))
          .with("Expires", json::string(core::iso8601_s(*signed_at + *authorization.expires_s)))
          .with("ServerTime", json::string(core::iso8601_s(now_s)));
    }
    if (*signed_at > now_s + kSkew_s) {
      throw ApiError(403, "AccessDenied", "Request is not yet valid");
    }
    return;
  }
  if (*signed_at < now_s - kSkew_s) {
    throw ApiError(
        403, "InvalidSignatureException",
        fmt::format("Signature expired: {} is now earlier than {} ({} - 15 min.)",
                    authorization.date, date_time_text(now_s - kSkew_s), date_time_text(now_s)));
  }
  if (*signed_at > now_s + kSkew_s) {
    throw ApiError(
        403, "InvalidSignatureException",
        fmt::format("Signature not yet current: {} is still later than {} ({} + 15 "
                    "min.)",
                    authorization.date, date_time_text(now_s + kSkew_s), date_time_text(now_s)));
  }
}

void verify_signature(const net::HttpRequest& request, const Authorization& authorization,
                      std::string_view secret, SigningKeys& keys, std::int64_t now_s,
                      std::string_view body_sha256) {
  check_signature_time(authorization, now_s);
  const auto hash = payload_hash(request, authorization, body_sha256);
  const auto canonical =
      canonical_request(request, authorization.signed_headers, hash, authorization.scope.service);
  const auto text = string_to_sign(authorization.date, authorization.scope.text(), canonical);
  const auto expected = sign(keys.get(authorization.scope, secret), text);
  if (!core::equal_constant_time(expected, authorization.signature)) {
    throw ApiError(403, "InvalidSignatureException",
                   "The request signature we calculated does not match the signature you "
                   "provided. Check your AWS Secret Access Key and signing method. Consult the "
                   "service documentation for details.");
  }
  // A hash that was given and signed must also be that of the body.
  if (!dialect_of(authorization.scope.service).object_signing || !claims_digest(authorization))
    return;
  // Of a source, whoever reads it to its end will know.
  if (request.source) return;
  const auto computed = hash_of(request, body_sha256);
  if (hash != computed) throw content_sha256_mismatch(hash, computed);
}

bool says_payload_hash(const net::HttpRequest& head) {
  const auto announced = head.headers.get("x-amz-content-sha256");
  if (announced) {
    return announced->size() == 64 || *announced == kUnsigned ||
           announced->starts_with("STREAMING-");
  }
  return !head.headers.get_or("Authorization").starts_with("AWS4-");
}

ApiError content_sha256_mismatch(std::string_view announced, std::string_view computed) {
  return ApiError(400, "XAmzContentSHA256Mismatch",
                  "The provided 'x-amz-content-sha256' header does not match what was computed.")
      .with("ClientComputedContentSHA256", json::string(announced))
      .with("S3ComputedContentSHA256", json::string(computed));
}

void sign_request(net::HttpRequest& request, const SigningCredentials& credentials,
                  std::string_view region, std::string_view service, std::int64_t now_s,
                  SigningKeys& keys) {
  const auto date_time = date_time_text(now_s);
  request.headers.set("X-Amz-Date", date_time);
  if (!credentials.session_token.empty()) {
    request.headers.set("X-Amz-Security-Token", credentials.session_token);
  }
  // Of a body that is a source whoever made it has said the hash.
  const std::string hash = request.source
                               ? std::string(request.headers.get_or("X-Amz-Content-Sha256"))
                               : core::hex_encode(core::sha256(request.body));
  if (dialect_of(service).object_signing) request.headers.set("X-Amz-Content-Sha256", hash);
  std::vector<std::string> names;
  for (const auto& [name, value] : request.headers) {
    auto lower = core::to_lower(name);
    if (lower == "host" || lower == "content-type" || lower.starts_with("x-amz-")) {
      names.push_back(std::move(lower));
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const CredentialScope scope{credentials.access_key_id, date_time.substr(0, 8),
                              std::string(region), std::string(service)};
  const auto text =
      string_to_sign(date_time, scope.text(), canonical_request(request, names, hash, service));
  std::string joined = core::join(names, ";");
  request.headers.set("Authorization",
                      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                                  credentials.access_key_id, scope.text(), joined,
                                  sign(keys.get(scope, credentials.secret_access_key), text)));
}

std::string presign_query(const net::HttpRequest& request, const SigningCredentials& credentials,
                          std::string_view region, std::string_view service, std::int64_t now_s,
                          std::int64_t expires_s, SigningKeys& keys) {
  const auto date_time = date_time_text(now_s);
  const CredentialScope scope{credentials.access_key_id, date_time.substr(0, 8),
                              std::string(region), std::string(service)};
  std::string query(request.query());
  if (!query.empty()) query += '&';
  query += fmt::format(
      "X-Amz-Algorithm={}&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={}"
      "&X-Amz-SignedHeaders=host",
      kAlgorithm, core::percent_encode(credentials.access_key_id + "/" + scope.text()), date_time,
      expires_s);
  if (!credentials.session_token.empty()) {
    query += "&X-Amz-Security-Token=" + core::percent_encode(credentials.session_token);
  }
  net::HttpRequest unsigned_request = request;
  unsigned_request.target = std::string(request.path()) + "?" + query;
  const auto text = string_to_sign(
      date_time, scope.text(), canonical_request(unsigned_request, {"host"}, kUnsigned, service));
  return query + "&X-Amz-Signature=" + sign(keys.get(scope, credentials.secret_access_key), text);
}

}  // namespace tandem::aws
