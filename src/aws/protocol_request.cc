// Requests to documents (server side).
#include <fmt/format.h>

#include "aws/json_codec.h"
#include "aws/protocol.h"
#include "aws/rest_bindings.h"
#include "aws/xml_codec.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

using model::Member;
using model::Protocol;
using model::Shape;
using model::Type;

json::object decode_body(const model::Operation& operation, const Shape& shape,
                         std::string_view body, std::string_view root_name) {
  if (operation.service().protocol() == Protocol::kRestJson) {
    return decode_json(shape, parse_json_body(body));
  }
  if (core::trim(body).empty()) return {};
  // Route 53 validates against its schema. S3's newer clients send what the model does not have.
  const bool schema = operation.service().name() == "route53";
  return decode_xml(shape, body, root_name, "",
                    schema ? UnknownElements::kRefused : UnknownElements::kIgnored);
}

/// The payload member's XML root is its locationName.
void decode_payload(const model::Operation& operation, const Member& payload,
                    net::HttpRequest& request, Decoded& decoded) {
  if (is_raw_payload(payload)) {
    decoded.payload = std::move(request.body);
  } else if (payload.shape().is(Type::kStructure)) {
    if (core::trim(request.body).empty()) return;
    decoded.input[payload.name()] =
        decode_body(operation, payload.shape(), request.body, payload.wire_name());
  } else if (!request.body.empty()) {
    decoded.input[payload.name()] = json::string(request.body);
  }
}

void decode_rest(const model::Operation& operation, const Shape& input, net::HttpRequest& request,
                 const PathLabels& labels, Decoded& decoded) {
  if (const auto payload = input.payload()) {
    decode_payload(operation, *payload, request, decoded);
  } else if (has_body_members(input)) {
    decoded.input = decode_body(operation, input, request.body, operation.root_name());
  }
  decode_bindings(operation, request, labels, decoded.input);
}

ApiError bad_binding(const model::Service& service, const BindingError& error) {
  const auto message =
      fmt::format("Invalid value '{}' for parameter {}", error.value, error.member);
  if (service.name() == "s3") return {400, "InvalidArgument", message};
  if (service.name() == "route53") return {400, "InvalidInput", message};
  if (service.name() == "apigateway") return {400, "BadRequestException", message};
  return {400, "ValidationException", message};
}

}  // namespace

bool is_raw_payload(const Member& payload) {
  return payload.streaming() || payload.shape().is(Type::kBlob);
}

std::string_view xml_namespace_of(const model::Service& service) {
  if (service.name() == "s3") return "http://s3.amazonaws.com/doc/2006-03-01/";
  if (service.name() == "route53") return "https://route53.amazonaws.com/doc/2013-04-01/";
  return service.xml_namespace();
}

ApiError malformed_request(const model::Service& service, std::string_view why) {
  if (service.name() == "s3") {
    return {400, "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published "
            "schema"};
  }
  if (service.name() == "route53") {
    return {400, "InvalidInput", fmt::format("Invalid XML ; {}", why)};
  }
  if (service.protocol() == Protocol::kQuery) return {400, "MalformedInput", std::string(why)};
  return {400, "SerializationException", std::string(why)};
}

Decoded decode_request(const model::Operation& operation, net::HttpRequest& request,
                       const PathLabels& labels, const FormFields& form) {
  Decoded decoded;
  const auto input = operation.input();
  if (!input) return decoded;
  const auto service = operation.service();
  try {
    switch (service.protocol()) {
      case Protocol::kJson:
        decoded.input = decode_json(*input, parse_json_body(request.body));
        break;
      case Protocol::kQuery:
        decoded.input = decode_query(*input, form);
        break;
      default:
        for (const auto& [label, value] : labels) {
          if (!core::is_utf8(value)) throw BindingError{label, core::percent_encode(value)};
        }
        decode_rest(operation, *input, request, labels, decoded);
    }
  } catch (const XmlError& error) {
    if (error.wrong_root && service.name() == "route53") {
      throw ApiError(400, "MalformedInput", error.message);
    }
    throw malformed_request(service, error.message);
  } catch (const BindingError& error) {
    throw bad_binding(service, error);
  }
  return decoded;
}

}  // namespace tandem::aws
