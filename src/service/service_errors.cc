#include "service/service_errors.h"

#include <fmt/format.h>

#include "service/operation.h"

namespace tandem::service {
namespace {

using aws::ApiError;
using aws::model::Protocol;

bool speaks_xml(const aws::model::Service& service) {
  return service.protocol() == Protocol::kQuery || service.protocol() == Protocol::kRestXml;
}

/// The service's word for a parameter it does not like.
std::string_view bad_parameter_code(std::string_view service) {
  if (service == "lambda") return "InvalidParameterValueException";
  if (service == "apigateway") return "BadRequestException";
  if (service == "route53") return "InvalidInput";
  if (service == "logs") return "InvalidParameterException";
  if (service == "s3") return "NotImplemented";
  if (service == "cloudformation" || service == "iam" || service == "sts") {
    return "ValidationError";
  }
  return "ValidationException";
}

ApiError refuse(const aws::model::Service& service, std::string message) {
  // S3 has a code of its own for functionality that is not implemented.
  return {service.name() == "s3" ? 501 : 400, std::string(bad_parameter_code(service.name())),
          std::move(message)};
}

/// JSON services answer 400 to a bad signature; the REST and query ones 403.
int signature_status(const aws::model::Service& service) {
  return service.protocol() == Protocol::kJson ? 400 : 403;
}

ApiError s3_signature_error(const ApiError& error) {
  const auto& message = error.message();
  if (message.starts_with("Signature expired") || message.starts_with("Signature not yet")) {
    return {403, "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large."};
  }
  if (error.code() == "InvalidSignatureException") {
    return {403, "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method."};
  }
  return {400, "AuthorizationHeaderMalformed", message};
}

}  // namespace

ApiError unsupported_parameter(const aws::model::Operation& operation, std::string_view member) {
  return refuse(
      operation.service(),
      fmt::format("Tandem does not support the parameter {} of {} yet.", member, operation.name()));
}

ApiError unsupported_operation(const aws::model::Operation& operation) {
  const auto service = operation.service();
  // 400, because a client has to be told once: several SDKs repeat whatever is answered 5xx
  // (JavaScript v2 and Ruby do, 501 too), none what is answered 400 with a code it does not know.
  return {400, speaks_xml(service) ? "NotImplemented" : "NotImplementedException",
          fmt::format("Tandem does not support the operation {} of {} yet.", operation.name(),
                      service.name())};
}

ApiError unknown_operation(const aws::model::Service& service, std::string_view name) {
  switch (service.protocol()) {
    case Protocol::kJson:
      return {400, "UnknownOperationException", ""};
    case Protocol::kQuery:
      return {
          400, "InvalidAction",
          fmt::format("Could not find operation {} for version {}", name, service.api_version())};
    default:
      break;
  }
  if (service.name() == "s3") {
    return {405, "MethodNotAllowed", "The specified method is not allowed against this resource."};
  }
  return {404, "UnknownOperationException", ""};
}

ApiError missing_authentication(const aws::model::Service& service) {
  if (service.name() == "s3") return {403, "AccessDenied", "Access Denied"};
  if (speaks_xml(service)) {
    return {403, "MissingAuthenticationToken", "Request is missing Authentication Token"};
  }
  if (service.protocol() == Protocol::kJson) {
    return {400, "MissingAuthenticationTokenException", "Request is missing Authentication Token"};
  }
  return {403, "MissingAuthenticationTokenException", "Missing Authentication Token"};
}

ApiError invalid_token(const aws::model::Service& service) {
  constexpr std::string_view kText = "The security token included in the request is invalid.";
  if (service.name() == "s3") {
    return {400, "InvalidToken", "The provided token is malformed or otherwise invalid."};
  }
  return {signature_status(service),
          speaks_xml(service) ? "InvalidClientTokenId" : "UnrecognizedClientException",
          std::string(kText)};
}

ApiError dead_key(const aws::model::Service& service, std::string_view access_key_id) {
  if (service.name() != "s3") return invalid_token(service);
  // As in raster-foundry/raster-foundry #289.
  return ApiError(403, "InvalidAccessKeyId",
                  "The AWS Access Key Id you provided does not exist in our records.")
      .with("AWSAccessKeyId", json::string(access_key_id));
}

ApiError expired_token(const aws::model::Service& service) {
  if (service.name() == "s3") {
    return {400, "ExpiredToken", "The provided token has expired."};
  }
  return {signature_status(service), speaks_xml(service) ? "ExpiredToken" : "ExpiredTokenException",
          "The security token included in the request is expired"};
}

ApiError internal_failure(const aws::model::Service& service) {
  if (service.name() == "s3") {
    return {500, "InternalError", "We encountered an internal error. Please try again."};
  }
  if (service.name() == "lambda") {
    return {500, "ServiceException", "An error occurred and the request cannot be processed."};
  }
  if (service.name() == "dynamodb") return {500, "InternalServerError", "Internal server error"};
  return {500, "InternalFailure",
          "The request processing has failed because of an unknown error, exception or failure."};
}

// DynamoDB developer guide, "Error handling": 503 ServiceUnavailable "should be a temporary state";
// S3 API reference, "Error responses"; "Common errors" of the query services. Lambda, Logs and API
// Gateway model an exception of their own.
ApiError store_unavailable(const aws::model::Service& service, std::string message) {
  const std::string_view name = service.name();
  if (name == "lambda") return {500, "ServiceException", std::move(message)};
  if (name == "logs" || name == "apigateway") {
    return {503, "ServiceUnavailableException", std::move(message)};
  }
  return {503, "ServiceUnavailable", std::move(message)};
}

ApiError in_service_words(const aws::model::Service& service, const ApiError& error) {
  const auto& code = error.code();
  if (code == kUnsupportedMember) return refuse(service, error.message());
  const bool signature = code == "InvalidSignatureException";
  if (!signature && code != "IncompleteSignatureException") return error;
  if (service.name() == "s3") return s3_signature_error(error);
  if (speaks_xml(service)) {
    return {signature ? 403 : 400, signature ? "SignatureDoesNotMatch" : "IncompleteSignature",
            error.message()};
  }
  return {signature_status(service), code, error.message()};
}

void refuse_member(std::string_view path, std::string_view why) {
  throw ApiError(400, std::string(kUnsupportedMember),
                 why.empty() ? fmt::format("Tandem does not support {} yet.", path)
                             : fmt::format("Tandem does not support {} yet: {}", path, why));
}

}  // namespace tandem::service
