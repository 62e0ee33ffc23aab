// Requests to documents (server side).
#include <fmt/format.h>

#include "aws/cbor.h"
#include "aws/dialect.h"
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
                         std::string_view body, std::string_view root_name, UnknownNames& unknown) {
  if (operation.service().protocol() == Protocol::kRestJson) {
    return decode_json(shape, parse_json_body(body), &unknown);
  }
  if (core::trim(body).empty()) return {};
  const bool schema = dialect_of(operation.service().name()).schema;
  return decode_xml(shape, body, root_name, "",
                    schema ? UnknownElements::kRefused : UnknownElements::kLeftOut, &unknown);
}

/// The payload member's XML root is its locationName.
void decode_payload(const model::Operation& operation, const Member& payload,
                    net::HttpRequest& request, Decoded& decoded) {
  if (is_raw_payload(payload)) {
    decoded.payload = std::move(request.body);
  } else if (payload.shape().is(Type::kStructure)) {
    if (core::trim(request.body).empty()) return;
    decoded.input[payload.name()] =
        decode_body(operation, payload.shape(), request.body, payload.wire_name(), decoded.unknown);
  } else if (!request.body.empty()) {
    decoded.input[payload.name()] = json::string(request.body);
  }
}

void decode_rest(const model::Operation& operation, const Shape& input, net::HttpRequest& request,
                 const PathLabels& labels, Decoded& decoded) {
  if (const auto payload = input.payload()) {
    decode_payload(operation, *payload, request, decoded);
  } else if (has_body_members(input)) {
    decoded.input =
        decode_body(operation, input, request.body, operation.root_name(), decoded.unknown);
  }
  decode_bindings(operation, request, labels, decoded.input, decoded.unknown);
}

json::object parse_cbor_body(std::string_view body) {
  if (body.empty()) return {};
  try {
    json::value value = decode_cbor(body);
    if (value.is_object()) return std::move(value.get_object());
  } catch (const CborError& error) {
    throw ApiError(400, "SerializationException", error.what());
  }
  throw ApiError(400, "SerializationException", "The body is no map.");
}

ApiError bad_binding(const model::Service& service, const BindingError& error) {
  const auto message =
      fmt::format("Invalid value '{}' for parameter {}", error.value, error.member);
  const std::string_view code = dialect_of(service.name()).binding;
  return {400, std::string(code.empty() ? "ValidationException" : code), message};
}

}  // namespace

bool is_raw_payload(const Member& payload) {
  return payload.streaming() || payload.shape().is(Type::kBlob);
}

std::string_view xml_namespace_of(const model::Service& service) {
  const std::string_view own = dialect_of(service.name()).xml_namespace;
  return own.empty() ? service.xml_namespace() : own;
}

ApiError malformed_request(const model::Service& service, std::string_view why) {
  const Dialect& dialect = dialect_of(service.name());
  if (dialect.malformed) return to_error(dialect.malformed);
  if (dialect.schema) {
    return {400, std::string(dialect.constraint), fmt::format("Invalid XML ; {}", why)};
  }
  if (service.protocol() == Protocol::kQuery) return {400, "MalformedInput", std::string(why)};
  return {400, "SerializationException", std::string(why)};
}

Decoded decode_request(const model::Operation& operation, Protocol protocol,
                       net::HttpRequest& request, const PathLabels& labels,
                       const FormFields& form) {
  Decoded decoded;
  const auto input = operation.input();
  if (!input) return decoded;
  const auto service = operation.service();
  try {
    switch (protocol) {
      case Protocol::kCbor:
        decoded.input = decode_json(*input, parse_cbor_body(request.body), &decoded.unknown);
        break;
      case Protocol::kJson:
        decoded.input = decode_json(*input, parse_json_body(request.body), &decoded.unknown);
        break;
      case Protocol::kQuery:
        decoded.input = decode_query(*input, form, &decoded.unknown);
        break;
      default:
        for (const auto& [label, value] : labels) {
          if (!core::is_utf8(value)) throw BindingError{label, core::percent_encode(value)};
        }
        decode_rest(operation, *input, request, labels, decoded);
    }
  } catch (const XmlError& error) {
    if (error.wrong_root && dialect_of(service.name()).schema) {
      throw ApiError(400, "MalformedInput", error.message);
    }
    throw malformed_request(service, error.message);
  } catch (const BindingError& error) {
    throw bad_binding(service, error);
  }
  return decoded;
}

}  // namespace tandem::aws
