// Replies to responses (server side).
#include <fmt/format.h>

#include "aws/cbor.h"
#include "aws/checksum.h"
#include "aws/dialect.h"
#include "aws/json_codec.h"
#include "aws/protocol.h"
#include "aws/rest_bindings.h"
#include "aws/spoken.h"
#include "aws/xml_codec.h"

namespace tandem::aws {
namespace {

using model::Member;
using model::Protocol;
using model::Shape;
using model::Type;

std::string_view root_of(const model::Operation& operation, const Shape& output) {
  for (const auto& [name, root] : dialect_of(operation.service().name()).roots) {
    if (name == operation.name()) return root;
  }
  return output.name();
}

XmlStyle style_of(const model::Service& service) {
  const bool whole = dialect_of(service.name()).whole_seconds;
  return {whole ? Fraction::kNone : Fraction::kMilliseconds};
}

std::string xml_declaration(const model::Service& service) {
  return dialect_of(service.name()).plain_xml ? "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                              : "<?xml version=\"1.0\"?>\n";
}

std::string query_body(const model::Operation& operation, const json::object& output,
                       std::string_view request_id) {
  const auto service = operation.service();
  std::string body = fmt::format("<{}Response xmlns=\"", operation.name());
  append_xml_escaped(service.xml_namespace(), body);
  body += "\">";
  const auto shape = operation.output();
  if (!operation.result_wrapper().empty() && shape) {
    encode_xml(*shape, output, operation.result_wrapper(), "", style_of(service), body);
  }
  body += "<ResponseMetadata>";
  append_xml_element("RequestId", request_id, body);
  body += fmt::format("</ResponseMetadata></{}Response>", operation.name());
  return body;
}

/// Body and its content type for rest-json and rest-xml.
void rest_body(const model::Operation& operation, const Shape& output, Outgoing& reply,
               net::HttpResponse& response) {
  const auto service = operation.service();
  const bool xml = service.protocol() == Protocol::kRestXml;
  const auto payload = output.payload();
  if (payload && !payload->shape().is(Type::kStructure)) {
    response.body = is_raw_payload(*payload) ? std::move(reply.payload)
                                             : json::string_or(reply.output, payload->name());
    if (!xml) response.headers.set("Content-Type", "application/json");
    return;
  }
  const json::object* document = &reply.output;
  Shape shape = output;
  auto root = root_of(operation, output);
  if (payload) {
    document = json::find_object(reply.output, payload->name());
    if (document == nullptr) return;
    shape = payload->shape();
    root = payload->wire_name();
  } else if (!has_body_members(output)) {
    return;
  }
  if (!xml) {
    response.headers.set("Content-Type", "application/json");
    response.body = json::to_text(encode_json(shape, *document));
    return;
  }
  response.headers.set("Content-Type",
                       dialect_of(service.name()).plain_xml ? "application/xml" : "text/xml");
  response.body = xml_declaration(service);
  if (operation.name() == "GetBucketLocation") {
    // The one document whose value is the root's own text.
    response.body += fmt::format("<LocationConstraint xmlns=\"{}\">", xml_namespace_of(service));
    append_xml_escaped(json::string_or(reply.output, "LocationConstraint"), response.body);
    response.body += "</LocationConstraint>";
    return;
  }
  encode_xml(shape, *document, root, xml_namespace_of(service), style_of(service), response.body);
}

}  // namespace

net::HttpResponse cbor_response(std::string body) {
  net::HttpResponse response;
  response.headers.add("Smithy-Protocol", "rpc-v2-cbor");
  if (!body.empty()) response.headers.add("Content-Type", "application/cbor");
  response.body = std::move(body);
  return response;
}

void add_request_id(const std::optional<model::Service>& service, std::string_view request_id,
                    net::Headers& headers) {
  if (service && dialect_of(service->name()).plain_xml) {
    headers.set("x-amz-request-id", request_id);
    // The extended id is opaque to clients; any base64-like text will do.
    headers.set("x-amz-id-2", fmt::format("{}tandem+{}=", request_id, request_id));
    return;
  }
  headers.set("x-amzn-RequestId", request_id);
}

net::HttpResponse json_response(const model::Service& service, std::string body,
                                std::string_view request_id) {
  net::HttpResponse response;
  const bool zero = speaks_json_1_0(service);
  response.headers.add("Content-Type",
                       zero ? "application/x-amz-json-1.0" : "application/x-amz-json-1.1");
  response.headers.add("x-amzn-RequestId", request_id);
  if (dialect_of(service.name()).checksummed) {
    response.headers.add("x-amz-crc32", fmt::format_int(crc32(body)).str());
  }
  response.body = std::move(body);
  return response;
}

net::HttpResponse encode_response(const model::Operation& operation, Protocol protocol,
                                  Outgoing reply, std::string_view request_id) {
  const auto service = operation.service();
  const auto output = operation.output();
  net::HttpResponse response;
  int status = operation.status();
  switch (protocol) {
    case Protocol::kCbor:
      response = cbor_response(output ? encode_cbor(*output, reply.output) : std::string());
      break;
    case Protocol::kJson:
      response = json_response(
          service, output ? json::to_text(encode_json(*output, reply.output)) : std::string(),
          request_id);
      break;
    case Protocol::kQuery:
      response.headers.set("Content-Type", "text/xml");
      response.body = query_body(operation, reply.output, request_id);
      break;
    default:
      if (output) {
        if (const int given = encode_headers(*output, reply.output, response.headers)) {
          status = given;
        }
        // Set first, so that an output member such as S3's ContentType has the last word.
        const auto content_type = response.headers.get("Content-Type");
        const std::string kept(content_type.value_or(""));
        rest_body(operation, *output, reply, response);
        if (!kept.empty()) response.headers.set("Content-Type", kept);
      }
  }
  response.status = reply.status != 0 ? reply.status : status;
  add_request_id(service, request_id, response.headers);
  for (const auto& [name, value] : reply.headers) response.headers.set(name, value);
  return response;
}

}  // namespace tandem::aws
