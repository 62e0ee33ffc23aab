// The answers the gateway gives itself (AWS: gateway responses), with the exact bodies of AWS.
#pragma once

#include <string_view>

#include "net/http.h"
#include "services/apigateway/model/gateway_responses.h"

namespace tandem::apigateway {

enum class GatewayResponse {
  kBadRequest,
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

/// shapes: what the API has made of its gateway responses.
net::HttpResponse gateway_response(GatewayResponse type, const ResponseShapes& shapes = {});

}  // namespace tandem::apigateway
