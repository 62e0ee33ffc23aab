#include "service/authorise.h"

#include <algorithm>
#include <fmt/format.h>

#include "aws/dialect.h"
#include "aws/sigv2.h"
#include "core/bytes.h"
#include "core/text.h"
#include "service/host_name.h"
#include "service/service_errors.h"

namespace tandem::service {
namespace {

using aws::ApiError;

/// These are bound without being listed: the payload's hash and the time are lines of what is
/// signed, and a session token is compared with the key's own. S3 insists on the latter two all the
/// same (soto-project/soto-core #99; services other than S3 take a token that is not signed).
bool bound_anyway(std::string_view name, const aws::model::Service& service) {
  if (name == "x-amz-content-sha256") return true;
  if (aws::dialect_of(service.name()).signs_all_headers) return false;
  return name == "x-amz-date" || name == "x-amz-security-token";
}

/// Headers of the request that say what it does and that its signature leaves open. "You must
/// include the host header, and any x-amz-* headers" (IAM User Guide, "Create a signed AWS API
/// request"). SDKs leave x-amzn-trace-id and amz-sdk-* out, which are not meant. An unsigned
/// Content-Type is taken, as by AWS: whoever uploads through a link sets one.
std::vector<std::string> open_headers(const net::HttpRequest& request,
                                      const aws::Authorization& authorization,
                                      const aws::model::Service& service) {
  constexpr std::string_view kPrefix = "x-amz-";
  const auto& listed = authorization.signed_headers;
  std::vector<std::string> open;
  if (std::find(listed.begin(), listed.end(), "host") == listed.end()) open.emplace_back("host");
  for (const auto& [name, value] : request.headers) {
    if (!core::equals_ignoring_case(std::string_view(name).substr(0, kPrefix.size()), kPrefix)) {
      continue;
    }
    std::string lower = core::to_lower(name);
    if (bound_anyway(lower, service)) continue;
    if (std::find(listed.begin(), listed.end(), lower) == listed.end()) {
      open.push_back(std::move(lower));
    }
  }
  return open;
}

/// Code, text and HeadersNotSigned as of S3 (bradleyg/django-s3direct #249, soto-project/soto
/// #374).
void require_all_headers_signed(const net::HttpRequest& request,
                                const aws::Authorization& authorization,
                                const aws::model::Service& service) {
  const auto open = open_headers(request, authorization, service);
  if (open.empty()) return;
  throw ApiError(403, "AccessDenied",
                 "There were headers present in the request which were not signed")
      .with("HeadersNotSigned", json::string(core::join(open, ", ")));
}

void require_signed_headers(const net::HttpRequest& request,
                            const aws::Authorization& authorization,
                            const aws::model::Service& service) {
  const auto open = open_headers(request, authorization, service);
  if (open.empty()) return;
  const std::string name =
      open.front() == "host" ? "'Host' or ':authority'" : fmt::format("'{}'", open.front());
  throw ApiError(403, "InvalidSignatureException",
                 name + " must be a 'SignedHeader' in the AWS Authorization.");
}

/// A signature for one service is none for another.
void require_service(const aws::model::Service& service, const aws::CredentialScope& scope) {
  if (scope.service == service.signing_name()) return;
  throw ApiError(403, "InvalidSignatureException",
                 fmt::format("Credential should be scoped to correct service: '{}'. ",
                             service.signing_name()));
}

/// What is meant for another region must not land in this one.
void require_region(const aws::model::Service& service, const aws::CredentialScope& scope,
                    std::string_view region) {
  const aws::Dialect& dialect = aws::dialect_of(service.name());
  const bool global = !service.global_endpoint().empty() && !dialect.regional_host;
  if (scope.region == region || global) return;
  if (dialect.malformed_signature) {
    throw to_error(dialect.malformed_signature,
                   fmt::format("The authorization header is malformed; the region '{}' is wrong; "
                               "expecting '{}'",
                               scope.region, region))
        .with("Region", json::string(region));
  }
  throw ApiError(
      403, "InvalidSignatureException",
      fmt::format("Credential should be scoped to a valid region, not '{}'. ", scope.region));
}

bool is_stale(const KeyRing& keys, const KeyRing::Key* key, std::string_view id,
              std::int64_t now_s) {
  if (key != nullptr) return key->ask_again_s != 0 && now_s >= key->ask_again_s;
  return keys.mint().made(id, KeyMint::kIdentities);
}

/// A session that has come to its end says so for ever; whatever else is gone was deleted.
ApiError dead(const aws::model::Service& service, const KeyMint& mint, std::string_view id,
              std::string_view token, std::int64_t now_s) {
  const auto expiry = mint.expiry_in(id, token);
  return expiry && *expiry <= now_s ? expired_token(service) : dead_key(service, id);
}

/// boto3 makes presigned URLs so unless told otherwise, and S3 takes them in its older regions;
/// requests signed so in their header it takes for buckets made before June 24, 2020 only, of which
/// there are none here.
std::optional<Authorised> check_version_2(const net::HttpRequest& request,
                                          const aws::model::Service& service, const KeyRing& keys,
                                          std::int64_t now_s, const Dispatcher::Options& home,
                                          RingIs ring) {
  const bool takes_it = aws::dialect_of(service.name()).older_signatures;
  if (!takes_it || !aws::is_signature_version_2(request)) return std::nullopt;
  const auto signature = aws::takes_signature_version_2(home.region)
                             ? aws::parse_signature_version_2(request)
                             : std::nullopt;
  if (!signature) {
    throw ApiError(400, "InvalidRequest",
                   "The authorization mechanism you have provided is not supported. Please use "
                   "AWS4-HMAC-SHA256.");
  }
  const std::string& id = signature->access_key_id;
  Authorised result;
  result.caller.access_key_id = id;
  const auto* key = keys.find(id);
  if (ring == RingIs::kToBeAsked && is_stale(keys, key, id, now_s)) {
    result.ask_about = id;
    return result;
  }
  if (key == nullptr) {
    if (keys.is_dead(id)) throw dead(service, keys.mint(), id, signature->session_token, now_s);
    aws::check_signature_version_2_time(*signature, now_s);
    result.caller.arn = fmt::format("arn:aws:iam::{}:root", home.account);
    return result;
  }
  if (!core::equal_constant_time(key->session_token, signature->session_token)) {
    throw invalid_token(service);
  }
  if (key->expires_s != 0 && now_s >= key->expires_s) throw expired_token(service);
  // The path is signed with the bucket in it, wherever that came.
  const HostMeaning host = read_host(request.host());
  const bool in_host = aws::dialect_of(host.service).names_in_host && !host.label.empty();
  const std::string bucket = in_host ? "/" + host.label : "";
  const std::string path = bucket + std::string(request.path());
  try {
    aws::verify_signature_version_2(request, *signature, path, key->secret, now_s);
  } catch (const ApiError&) {
    // botocore signs "/bucket/" for a link to "/bucket".
    if (path.find('/', 1) != std::string::npos) throw;
    aws::verify_signature_version_2(request, *signature, path + "/", key->secret, now_s);
  }
  result.caller.arn = key->arn;
  result.caller.verified = true;
  return result;
}

Authorised check(const net::HttpRequest& request, const aws::model::Service& service,
                 const KeyRing& keys, aws::SigningKeys& signing_keys, std::int64_t now_s,
                 const Dispatcher::Options& home, RingIs ring, std::string_view body_sha256) {
  Authorised result;
  if (auto known = check_version_2(request, service, keys, now_s, home, ring)) return *known;
  const auto authorization = aws::parse_authorization(request);
  if (!authorization) return result;
  // With a key that nobody knows nothing is proved, but what S3 refuses for its form it refuses
  // here.
  const bool all_headers = aws::dialect_of(service.name()).signs_all_headers;
  if (all_headers) require_all_headers_signed(request, *authorization, service);
  const auto& scope = authorization->scope;
  result.caller.access_key_id = scope.access_key_id;
  const auto* key = keys.find(scope.access_key_id);
  if (ring == RingIs::kToBeAsked && is_stale(keys, key, scope.access_key_id, now_s)) {
    result.ask_about = scope.access_key_id;
    return result;
  }
  if (key == nullptr) {
    if (keys.is_dead(scope.access_key_id)) {
      throw dead(service, keys.mint(), scope.access_key_id, authorization->session_token, now_s);
    }
    if (authorization->presigned()) aws::check_signature_time(*authorization, now_s);
    result.caller.arn = fmt::format("arn:aws:iam::{}:root", home.account);
    return result;
  }
  if (!core::equal_constant_time(key->session_token, authorization->session_token)) {
    throw invalid_token(service);
  }
  if (key->expires_s != 0 && now_s >= key->expires_s) throw expired_token(service);
  if (!all_headers) require_signed_headers(request, *authorization, service);
  require_service(service, scope);
  require_region(service, scope, home.region);
  aws::verify_signature(request, *authorization, key->secret, signing_keys, now_s, body_sha256);
  result.caller.arn = key->arn;
  result.caller.verified = true;
  if (authorization->content_sha256.starts_with("STREAMING-AWS4-HMAC-SHA256")) {
    result.signing = aws::SigningContext{signing_keys.get(scope, key->secret), scope.text(),
                                         authorization->date, authorization->signature};
  }
  return result;
}

}  // namespace

Authorised authorise(const net::HttpRequest& request, const aws::model::Service& service,
                     const KeyRing& keys, aws::SigningKeys& signing_keys, std::int64_t now_s,
                     const Dispatcher::Options& home, RingIs ring, std::string_view body_sha256) {
  try {
    return check(request, service, keys, signing_keys, now_s, home, ring, body_sha256);
  } catch (const ApiError& error) {
    throw in_service_words(service, error);
  }
}

void require_signature(const Authorised& authorised, const aws::model::Operation& operation) {
  if (authorised.caller.access_key_id.empty() && !operation.no_auth()) {
    throw missing_authentication(operation.service());
  }
}

}  // namespace tandem::service
