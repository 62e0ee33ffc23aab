#include "service/service_errors.h"

#include <fmt/format.h>

#include "aws/dialect.h"
#include "service/operation.h"

namespace tandem::service {
namespace {

using aws::ApiError;
using aws::model::Protocol;

bool speaks_xml(const aws::model::Service& service) {
  return service.protocol() == Protocol::kQuery || service.protocol() == Protocol::kRestXml;
}

const aws::Dialect& dialect(const aws::model::Service& service) {
  return aws::dialect_of(service.name());
}

ApiError refuse(const aws::model::Service& service, std::string message) {
  const aws::Dialect& words = dialect(service);
  const std::string_view code =
      words.bad_parameter.empty() ? "ValidationException" : words.bad_parameter;
  return {words.refusal_status == 0 ? 400 : words.refusal_status, std::string(code),
          std::move(message)};
}

/// JSON services answer 400 to a bad signature; the REST and query ones 403.
int signature_status(const aws::model::Service& service) {
  return service.protocol() == Protocol::kJson ? 400 : 403;
}

/// Of a service with words of its own for signatures.
ApiError signature_error(const aws::Dialect& words, const ApiError& error) {
  const auto& message = error.message();
  if (message.starts_with("Signature expired") || message.starts_with("Signature not yet")) {
    return to_error(words.skewed);
  }
  if (error.code() == "InvalidSignatureException") return to_error(words.wrong_signature);
  return to_error(words.malformed_signature, message);
}

}  // namespace

ApiError unsupported_parameter(const aws::model::Operation& operation, std::string_view member) {
  return refuse(
      operation.service(),
      fmt::format("Tandem does not support the parameter {} of {} yet.", member, operation.name()));
}

ApiError unsupported_operation(const aws::model::Operation& operation) {
  const auto service = operation.service();
  return unsupported_operation(service, operation.name(), service.name());
}

ApiError unsupported_operation(const aws::model::Service& service, std::string_view operation,
                               std::string_view of) {
  // 400, because a client has to be told once: several SDKs repeat whatever is answered 5xx
  // (JavaScript v2 and Ruby do, 501 too), none what is answered 400 with a code it does not know.
  return {400, speaks_xml(service) ? "NotImplemented" : "NotImplementedException",
          fmt::format("Tandem does not support the operation {} of {} yet.", operation, of)};
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
  const aws::ErrorWords& own = dialect(service).unknown_operation;
  return own ? to_error(own) : ApiError(404, "UnknownOperationException", "");
}

ApiError missing_authentication(const aws::model::Service& service) {
  if (const auto& own = dialect(service).missing_authentication) return to_error(own);
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
  if (const auto& own = dialect(service).invalid_token) return to_error(own);
  return {signature_status(service),
          speaks_xml(service) ? "InvalidClientTokenId" : "UnrecognizedClientException",
          std::string(kText)};
}

ApiError dead_key(const aws::model::Service& service, std::string_view access_key_id) {
  const aws::ErrorWords& own = dialect(service).dead_key;
  if (!own) return invalid_token(service);
  // As in raster-foundry/raster-foundry #289.
  return to_error(own).with("AWSAccessKeyId", json::string(access_key_id));
}

ApiError expired_token(const aws::model::Service& service) {
  if (const auto& own = dialect(service).expired_token) return to_error(own);
  return {signature_status(service), speaks_xml(service) ? "ExpiredToken" : "ExpiredTokenException",
          "The security token included in the request is expired"};
}

ApiError internal_failure(const aws::model::Service& service) {
  if (const auto& own = dialect(service).internal) return to_error(own);
  return {500, "InternalFailure",
          "The request processing has failed because of an unknown error, exception or failure."};
}

// DynamoDB developer guide, "Error handling": 503 ServiceUnavailable "should be a temporary state";
// S3 API reference, "Error responses"; "Common errors" of the query services. Lambda, Logs and API
// Gateway model an exception of their own.
ApiError store_unavailable(const aws::model::Service& service, std::string message) {
  if (const auto& own = dialect(service).unavailable) return to_error(own, std::move(message));
  return {503, "ServiceUnavailable", std::move(message)};
}

ApiError in_service_words(const aws::model::Service& service, const ApiError& error) {
  const auto& code = error.code();
  if (code == kUnsupportedMember) return refuse(service, error.message());
  const bool signature = code == "InvalidSignatureException";
  if (!signature && code != "IncompleteSignatureException") return error;
  if (dialect(service).wrong_signature) return signature_error(dialect(service), error);
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
