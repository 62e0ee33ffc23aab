// The answers the gateway gives itself (AWS: gateway responses), with the exact bodies of AWS.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "net/http.h"
#include "services/apigateway/model/gateway_responses.h"

namespace tandem::apigateway {

enum class GatewayResponse {
  kBadRequest,
  kBadRequestParameters,
  kBadRequestBody,
  kUnauthorized,
  kAccessDenied,
  kExplicitDeny,
  kAuthorizerFailed,  ///< it failed, or what it answered is no policy
  kUriTooLong,
  kBrokenRequestJson,      ///< a mapping wants a part of a body that is not JSON
  kUnsupportedMediaType,   ///< no template for the body, which may not pass as it is
  kForbidden,              ///< unknown API, stage, domain or mapping
  kInvalidApiKey,          ///< looks the same to the client
  kMissingAuthentication,  ///< no such resource or method
  kThrottled,
  kQuotaExceeded,
  kRequestTooLarge,  ///< over API Gateway's limit
  kEventTooLarge,    ///< over Lambda's limit
  kHeadersTooLarge,
  kConfigurationError,  ///< 500: permission, throttle or integration
  kMalformedResult,     ///< 502
  kIntegrationTimeout,  ///< 504
  kIntegrationFailure,  ///< 504: the endpoint cannot be reached
};

/// Why a request gets no further.
struct Refusal {
  Refusal(GatewayResponse given_type, std::string given_message = "")  // NOLINT: implicit by design
      : type(given_type), message(std::move(given_message)) {}
  /// With what AWS's execution log would say, which no client sees.
  static Refusal logged(GatewayResponse type, std::string why) {
    Refusal refusal(type);
    refusal.why = std::move(why);
    return refusal;
  }
  GatewayResponse type;
  std::string message;  ///< where the words are not always the same; empty: the type's own
  std::string why;
};

/// shapes: what the API has made of its gateway responses.
net::HttpResponse gateway_response(const Refusal& refusal, const ResponseShapes& shapes = {});

}  // namespace tandem::apigateway
