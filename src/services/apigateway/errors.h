// API Gateway's exceptions by name, with the texts it uses for them.
#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>

#include "aws/error.h"

namespace tandem::apigateway::errors {

inline aws::ApiError bad_request(std::string message) {
  return {400, "BadRequestException", std::move(message)};
}
inline aws::ApiError not_found(std::string message) {
  return {404, "NotFoundException", std::move(message)};
}
inline aws::ApiError conflict(std::string message) {
  return {409, "ConflictException", std::move(message)};
}
inline aws::ApiError limit_exceeded(std::string message) {
  return {429, "LimitExceededException", std::move(message)};
}
/// Something AWS has and this service does not: refused by its name, never ignored.
inline aws::ApiError not_implemented(std::string_view what) {
  return bad_request(fmt::format("{} is not implemented", what));
}

inline aws::ApiError no_such_api(std::string_view account, std::string_view id) {
  return not_found(fmt::format("Invalid API identifier specified {}:{}", account, id));
}
inline aws::ApiError no_such_resource() {
  return not_found("Invalid Resource identifier specified");
}
inline aws::ApiError no_such_method() { return not_found("Invalid Method identifier specified"); }
inline aws::ApiError no_such_integration() {
  return not_found("Invalid Integration identifier specified");
}
inline aws::ApiError no_such_response() {
  return not_found("Invalid Response status code specified");
}
inline aws::ApiError no_such_deployment() {
  return not_found("Invalid Deployment identifier specified");
}
inline aws::ApiError no_such_stage() { return not_found("Invalid stage identifier specified"); }
inline aws::ApiError no_such_key() { return not_found("Invalid API Key identifier specified"); }
inline aws::ApiError no_such_plan() { return not_found("Invalid Usage Plan ID specified"); }
inline aws::ApiError no_such_plan_key() {
  return not_found("Invalid Usage Plan Key identifier specified");
}
inline aws::ApiError no_such_domain() {
  return not_found("Invalid domain name identifier specified");
}
inline aws::ApiError no_such_mapping() {
  return not_found("Invalid base path mapping identifier specified");
}

}  // namespace tandem::apigateway::errors
