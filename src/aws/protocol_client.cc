// Documents to requests, responses to documents (client side).
#include <fmt/format.h>

#include "aws/json_codec.h"
#include "aws/protocol.h"
#include "aws/rest_bindings.h"
#include "aws/xml_codec.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

using model::Protocol;
using model::Shape;
using model::Type;

void set_structure_body(const model::Operation& operation, const Shape& shape,
                        const json::object& document, std::string_view root,
                        net::HttpRequest& request) {
  const auto service = operation.service();
  if (service.protocol() == Protocol::kRestJson) {
    request.headers.set("Content-Type", "application/json");
    request.body = json::to_text(encode_json(shape, document));
    return;
  }
  request.headers.set("Content-Type", "application/xml");
  encode_xml(shape, document, root, xml_namespace_of(service), {}, request.body);
}

void encode_rest(const model::Operation& operation, const Shape& input,
                 const json::object& document, std::string payload, net::HttpRequest& request) {
  encode_headers(input, document, request.headers);
  const auto member = input.payload();
  if (member && is_raw_payload(*member)) {
    request.body = std::move(payload);
  } else if (member && member->shape().is(Type::kStructure)) {
    const auto* body = json::find_object(document, member->name());
    if (body != nullptr) {
      set_structure_body(operation, member->shape(), *body, member->wire_name(), request);
    }
  } else if (member) {
    request.body = json::string_or(document, member->name());
  } else if (has_body_members(input)) {
    set_structure_body(operation, input, document,
                       operation.root_name().empty() ? input.name() : operation.root_name(),
                       request);
  }
}

json::object decode_body(const model::Operation& operation, const Shape& shape,
                         std::string_view body) {
  if (core::trim(body).empty()) return {};
  const auto protocol = operation.service().protocol();
  if (protocol == Protocol::kJson || protocol == Protocol::kRestJson) {
    return decode_json(shape, parse_json_body(body));
  }
  return decode_xml(shape, body, "", operation.result_wrapper());
}

void decode_rest_body(const model::Operation& operation, const Shape& output,
                      net::HttpResponse& response, ApiResult& result) {
  const auto payload = output.payload();
  if (payload && is_raw_payload(*payload)) {
    result.payload = std::move(response.body);
  } else if (payload && payload->shape().is(Type::kStructure)) {
    if (!core::trim(response.body).empty()) {
      result.output[payload->name()] = decode_body(operation, payload->shape(), response.body);
    }
  } else if (payload) {
    result.output[payload->name()] = json::string(response.body);
  } else if (operation.name() == "GetBucketLocation") {
    const auto close = response.body.rfind("</LocationConstraint>");
    const auto open = response.body.rfind('>', close);
    if (close != std::string::npos && open < close) {
      result.output["LocationConstraint"] = response.body.substr(open + 1, close - open - 1);
    }
  } else if (has_body_members(output)) {
    result.output = decode_body(operation, output, response.body);
  }
}

}  // namespace

net::HttpRequest encode_request(const model::Operation& operation, const json::object& input,
                                std::string payload) {
  const auto service = operation.service();
  const auto shape = operation.input();
  net::HttpRequest request;
  request.method = operation.method();
  request.target = "/";
  switch (service.protocol()) {
    case Protocol::kJson:
      request.headers.set("Content-Type",
                          fmt::format("application/x-amz-json-{}", service.json_version()));
      request.headers.set("X-Amz-Target",
                          fmt::format("{}.{}", service.target_prefix(), operation.name()));
      request.body = shape ? json::to_text(encode_json(*shape, input)) : "{}";
      break;
    case Protocol::kQuery: {
      FormFields fields = {{"Action", std::string(operation.name())},
                           {"Version", std::string(service.api_version())}};
      if (shape) {
        for (auto& field : encode_query(*shape, input)) fields.push_back(std::move(field));
      }
      request.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
      request.body = encode_form(fields);
      break;
    }
    default:
      request.target = encode_target(operation, input);
      if (shape) encode_rest(operation, *shape, input, std::move(payload), request);
  }
  return request;
}

ApiResult decode_response(const model::Operation& operation, net::HttpResponse response) {
  const auto service = operation.service();
  if (response.status >= 300) throw decode_error(service, response);
  ApiResult result;
  const auto output = operation.output();
  if (!output) return result;
  try {
    const bool rest =
        service.protocol() == Protocol::kRestJson || service.protocol() == Protocol::kRestXml;
    if (!rest) {
      result.output = decode_body(operation, *output, response.body);
    } else {
      decode_rest_body(operation, *output, response, result);
      decode_response_bindings(*output, response, result.output);
    }
  } catch (const XmlError& error) {
    throw ApiError(502, "InvalidResponse", error.message);
  } catch (const BindingError& error) {
    throw ApiError(502, "InvalidResponse",
                   fmt::format("Invalid value '{}' for {}", error.value, error.member));
  }
  return result;
}

}  // namespace tandem::aws
