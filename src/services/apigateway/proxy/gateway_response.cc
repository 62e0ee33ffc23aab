#include "services/apigateway/proxy/gateway_response.h"

#include "core/check.h"
#include "services/apigateway/proxy/json_writer.h"

namespace tandem::apigateway {
namespace {

struct Answer {
  std::string_view type;  ///< AWS's response type; empty where only the defaults apply
  int status;
  std::string_view error_type;
  std::string_view body;
};

/// Those of authorizers and request validators.
Answer answer_of_checks(GatewayResponse type) {
  switch (type) {
    case GatewayResponse::kBadRequestParameters:
      return {"BAD_REQUEST_PARAMETERS", 400, "BadRequestException",
              R"({"message": "Missing required request parameters"})"};
    case GatewayResponse::kBadRequestBody:
      return {"BAD_REQUEST_BODY", 400, "BadRequestException",
              R"({"message": "Invalid request body"})"};
    case GatewayResponse::kUnauthorized:
      return {"UNAUTHORIZED", 401, "UnauthorizedException", R"({"message":"Unauthorized"})"};
    case GatewayResponse::kAccessDenied:
      return {"ACCESS_DENIED", 403, "AccessDeniedException",
              R"({"Message":"User is not authorized to access this resource"})"};
    case GatewayResponse::kExplicitDeny:
      return {
          "ACCESS_DENIED", 403, "AccessDeniedException",
          R"({"Message":"User is not authorized to access this resource with an explicit deny"})"};
    case GatewayResponse::kAuthorizerFailed:
      return {"AUTHORIZER_CONFIGURATION_ERROR", 500, "AuthorizerConfigurationException",
              R"({"message":null})"};
    case GatewayResponse::kUriTooLong:
      return {"", 414, "RequestUriTooLongException", R"({"message":"Request URI too long"})"};
    default:
      CHECK(false && "answer_of() knows which are meant");
  }
}

// The blank after the colon is there where AWS has it: responses written by the integration step
// come from another part of the service than those of the front.
Answer answer_of(GatewayResponse type) {
  switch (type) {
    case GatewayResponse::kBadRequestParameters:
    case GatewayResponse::kBadRequestBody:
    case GatewayResponse::kUnauthorized:
    case GatewayResponse::kAccessDenied:
    case GatewayResponse::kExplicitDeny:
    case GatewayResponse::kAuthorizerFailed:
    case GatewayResponse::kUriTooLong:
      return answer_of_checks(type);
    case GatewayResponse::kBadRequest:
      return {"", 400, "BadRequestException", R"({"message":"Bad Request"})"};
    case GatewayResponse::kBrokenRequestJson:
      return {"BAD_REQUEST_BODY", 400, "BadRequestException",
              R"({"message": "Invalid JSON in request body"})"};
    case GatewayResponse::kUnsupportedMediaType:
      return {"UNSUPPORTED_MEDIA_TYPE", 415, "BadRequestException",
              R"({"message": "Unsupported Media Type"})"};
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
    case GatewayResponse::kIntegrationFailure:
      return {"INTEGRATION_FAILURE", 504, "InternalServerErrorException",
              R"({"message": "Network error communicating with endpoint"})"};
  }
  CHECK(false && "every type is handled");
}

}  // namespace

net::HttpResponse gateway_response(const Refusal& refusal, const ResponseShapes& shapes) {
  const Answer answer = answer_of(refusal.type);
  net::HttpResponse response;
  response.status = answer.status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("x-amzn-ErrorType", answer.error_type);
  response.body = answer.body;
  if (!refusal.message.empty()) {
    response.body = R"({"message": )";
    append_json_string(response.body, refusal.message);
    response.body += '}';
  }
  if (const ResponseShape* shape = find_shape(shapes, answer.type, answer.status)) {
    response.status = shape->status.value_or(answer.status);
    for (const auto& [name, value] : shape->headers) response.headers.set(name, value);
  }
  return response;
}

}  // namespace tandem::apigateway
