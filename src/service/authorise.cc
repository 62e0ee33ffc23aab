#include "service/authorise.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/bytes.h"
#include "service/service_errors.h"

namespace tandem::service {
namespace {

using aws::ApiError;

/// AWS refuses a signature that leaves the host open.
void require_signed_host(const aws::Authorization& authorization) {
  const auto& names = authorization.signed_headers;
  if (std::find(names.begin(), names.end(), "host") != names.end()) return;
  throw ApiError(403, "InvalidSignatureException",
                 "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
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
  const bool s3 = service.name() == "s3";
  if (scope.region == region || (!service.global_endpoint().empty() && !s3)) return;
  if (s3) {
    throw ApiError(400, "AuthorizationHeaderMalformed",
                   fmt::format("The authorization header is malformed; the region '{}' is wrong; "
                               "expecting '{}'",
                               scope.region, region))
        .with("Region", json::string(region));
  }
  throw ApiError(
      403, "InvalidSignatureException",
      fmt::format("Credential should be scoped to a valid region, not '{}'. ", scope.region));
}

Authorised check(const net::HttpRequest& request, const aws::model::Service& service,
                 const KeyRing& keys, aws::SigningKeys& signing_keys, std::int64_t now_s,
                 const Dispatcher::Options& home) {
  Authorised result;
  if (service.name() == "s3" && aws::is_signature_version_2(request)) {
    throw ApiError(400, "InvalidRequest",
                   "The authorization mechanism you have provided is not supported. Please use "
                   "AWS4-HMAC-SHA256.");
  }
  const auto authorization = aws::parse_authorization(request);
  if (!authorization) return result;
  const auto& scope = authorization->scope;
  result.caller.access_key_id = scope.access_key_id;
  const auto* key = keys.find(scope.access_key_id);
  if (key == nullptr) {
    if (authorization->presigned()) aws::check_signature_time(*authorization, now_s);
    result.caller.arn = fmt::format("arn:aws:iam::{}:root", home.account);
    return result;
  }
  if (!core::equal_constant_time(key->session_token, authorization->session_token)) {
    throw invalid_token(service);
  }
  if (key->expires_s != 0 && now_s >= key->expires_s) throw expired_token(service);
  require_signed_host(*authorization);
  require_service(service, scope);
  require_region(service, scope, home.region);
  aws::verify_signature(request, *authorization, key->secret, signing_keys, now_s);
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
                     const Dispatcher::Options& home) {
  try {
    return check(request, service, keys, signing_keys, now_s, home);
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
