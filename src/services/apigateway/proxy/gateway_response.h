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
};

/// Where the words are not always the same.
struct Refusal {
  Refusal(GatewayResponse given_type, std::string given_message = "")  // NOLINT: implicit by design
      : type(given_type), message(std::move(given_message)) {}
  GatewayResponse type;
  std::string message;  ///< empty: the type's own
};

/// shapes: what the API has made of its gateway responses.
net::HttpResponse gateway_response(const Refusal& refusal, const ResponseShapes& shapes = {});

}  // namespace tandem::apigateway
