#include "services/apigateway/proxy/gateway_response.h"

#include "core/check.h"

namespace tandem::apigateway {
namespace {

struct Answer {
  int status;
  std::string_view error_type;
  std::string_view body;
};

// The blank after the colon is there where AWS has it: responses written by the integration step
// come from another part of the service than those of the front.
Answer answer_of(GatewayResponse type) {
  switch (type) {
    case GatewayResponse::kBadRequest:
      return {400, "BadRequestException", R"({"message":"Bad Request"})"};
    case GatewayResponse::kForbidden:
    case GatewayResponse::kInvalidApiKey:
      return {403, "ForbiddenException", R"({"message":"Forbidden"})"};
    case GatewayResponse::kMissingAuthentication:
      return {403, "MissingAuthenticationTokenException",
              R"({"message":"Missing Authentication Token"})"};
    case GatewayResponse::kThrottled:
      return {429, "TooManyRequestsException", R"({"message":"Too Many Requests"})"};
    case GatewayResponse::kQuotaExceeded:
      return {429, "LimitExceededException", R"({"message":"Limit Exceeded"})"};
    case GatewayResponse::kRequestTooLarge:
      return {413, "RequestTooLargeException",
              R"({"message":"HTTP content length exceeded 10485760 bytes."})"};
    case GatewayResponse::kEventTooLarge:
      return {413, "RequestTooLargeException", R"({"message":"Request Too Long"})"};
    case GatewayResponse::kHeadersTooLarge:
      return {431, "BadRequestException", R"({"message":"Request Header Fields Too Large"})"};
    case GatewayResponse::kConfigurationError:
      return {500, "InternalServerErrorException", R"({"message": "Internal server error"})"};
    case GatewayResponse::kMalformedResult:
      return {502, "InternalServerErrorException", R"({"message": "Internal server error"})"};
    case GatewayResponse::kIntegrationTimeout:
      return {504, "InternalServerErrorException", R"({"message": "Endpoint request timed out"})"};
  }
  CHECK(false && "every type is handled");
}

}  // namespace

net::HttpResponse gateway_response(GatewayResponse type) {
  const Answer answer = answer_of(type);
  net::HttpResponse response;
  response.status = answer.status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("x-amzn-ErrorType", answer.error_type);
  response.body = answer.body;
  return response;
}

}  // namespace tandem::apigateway
