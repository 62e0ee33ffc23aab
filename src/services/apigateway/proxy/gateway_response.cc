#include "services/apigateway/proxy/gateway_response.h"

#include "core/check.h"

namespace tandem::apigateway {
namespace {

struct Answer {
  std::string_view type;  ///< AWS's response type; empty where only the defaults apply
  int status;
  std::string_view error_type;
  std::string_view body;
};

// The blank after the colon is there where AWS has it: responses written by the integration step
// come from another part of the service than those of the front.
Answer answer_of(GatewayResponse type) {
  switch (type) {
    case GatewayResponse::kBadRequest:
      return {"", 400, "BadRequestException", R"({"message":"Bad Request"})"};
    case GatewayResponse::kForbidden:
      return {"", 403, "ForbiddenException", R"({"message":"Forbidden"})"};
    case GatewayResponse::kInvalidApiKey:
      return {"INVALID_API_KEY", 403, "ForbiddenException", R"({"message":"Forbidden"})"};
    case GatewayResponse::kMissingAuthentication:
      return {"MISSING_AUTHENTICATION_TOKEN", 403, "MissingAuthenticationTokenException",
              R"({"message":"Missing Authentication Token"})"};
    case GatewayResponse::kThrottled:
      return {"THROTTLED", 429, "TooManyRequestsException", R"({"message":"Too Many Requests"})"};
    case GatewayResponse::kQuotaExceeded:
      return {"QUOTA_EXCEEDED", 429, "LimitExceededException", R"({"message":"Limit Exceeded"})"};
    case GatewayResponse::kRequestTooLarge:
      return {"REQUEST_TOO_LARGE", 413, "RequestTooLargeException",
              R"({"message":"HTTP content length exceeded 10485760 bytes."})"};
    case GatewayResponse::kEventTooLarge:
      return {"REQUEST_TOO_LARGE", 413, "RequestTooLargeException",
              R"({"message":"Request Too Long"})"};
    case GatewayResponse::kHeadersTooLarge:
      return {"", 431, "BadRequestException", R"({"message":"Request Header Fields Too Large"})"};
    case GatewayResponse::kConfigurationError:
      return {"API_CONFIGURATION_ERROR", 500, "InternalServerErrorException",
              R"({"message": "Internal server error"})"};
    case GatewayResponse::kMalformedResult:
      return {"", 502, "InternalServerErrorException", R"({"message": "Internal server error"})"};
    case GatewayResponse::kIntegrationTimeout:
      return {"INTEGRATION_TIMEOUT", 504, "InternalServerErrorException",
              R"({"message": "Endpoint request timed out"})"};
  }
  CHECK(false && "every type is handled");
}

}  // namespace

net::HttpResponse gateway_response(GatewayResponse type, const ResponseShapes& shapes) {
  const Answer answer = answer_of(type);
  net::HttpResponse response;
  response.status = answer.status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("x-amzn-ErrorType", answer.error_type);
  response.body = answer.body;
  if (const ResponseShape* shape = find_shape(shapes, answer.type, answer.status)) {
    response.status = shape->status.value_or(answer.status);
    for (const auto& [name, value] : shape->headers) response.headers.set(name, value);
  }
  return response;
}

}  // namespace tandem::apigateway
