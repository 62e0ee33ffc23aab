// ApiErrors to responses and back, in each service's own shape.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <pugixml.hpp>

#include "aws/cbor.h"
#include "aws/checksum.h"
#include "aws/dialect.h"
#include "aws/json_codec.h"
#include "aws/protocol.h"
#include "aws/rest_bindings.h"
#include "aws/shown.h"
#include "aws/spoken.h"
#include "aws/xml_codec.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

using model::Member;
using model::Protocol;
using model::Shape;

/// Errors may carry the namespace they are defined in: the service's own, or that of AWS's
/// framework.
std::string_view namespace_of(std::string_view own, std::string_view code) {
  static constexpr std::array<std::string_view, 11> kFramework = {
      "SerializationException",       "UnknownOperationException",
      "AccessDeniedException",        "MissingAuthenticationTokenException",
      "IncompleteSignatureException", "InvalidSignatureException",
      "UnrecognizedClientException",  "InternalFailure",
      "ServiceUnavailable",           "ExpiredTokenException",
      "NotImplementedException"};
  if (code == "ValidationException") return "com.amazon.coral.validate#";
  for (const auto known : kFramework) {
    if (known == code) return "com.amazon.coral.service#";
  }
  return own;
}

const Dialect& dialect_at(const ErrorPlace& place) {
  return dialect_of(place.service ? place.service->name() : std::string_view());
}

std::string type_of(const ErrorPlace& place, std::string_view code) {
  const std::string_view own = dialect_at(place).error_namespace;
  // What the query protocol calls by a code of its own is the framework's exception in the others.
  if (!dialect_at(place).also_speaks.empty() && code == dialect_at(place).constraint) {
    code = "ValidationException";
  }
  return std::string(own.empty() ? own : namespace_of(own, code)) + std::string(code);
}

std::optional<Shape> shape_of(const ErrorPlace& place, const ApiError& error) {
  if (!place.service) return std::nullopt;
  return place.service->error(error.code());
}

/// "message" or "Message", as the model's error shape spells it.
std::string_view message_key(const ErrorPlace& place, const ApiError& error) {
  if (const auto shape = shape_of(place, error)) {
    for (const Member member : shape->members()) {
      if (core::equals_ignoring_case(member.wire_name(), "message")) return member.wire_name();
    }
  }
  const Dialect& dialect = dialect_at(place);
  if (!dialect.message_member.empty()) return dialect.message_member;
  const bool capital = std::ranges::find(dialect.capital_message, std::string_view(error.code())) !=
                       dialect.capital_message.end();
  return capital ? "Message" : "message";
}

json::object json_members(const ErrorPlace& place, const ApiError& error) {
  const auto shape = shape_of(place, error);
  json::object body;
  if (!error.message().empty()) body[message_key(place, error)] = error.message();
  const auto members = shape ? encode_json(*shape, error.members()) : error.members();
  for (const auto& [key, value] : members) body[key] = value;
  return body;
}

/// Services may throw the shape's name ("NoSuchEntityException"); the wire has its code.
std::string wire_code(const ErrorPlace& place, const ApiError& error) {
  const auto shape = shape_of(place, error);
  return shape && !shape->error_code().empty() ? std::string(shape->error_code()) : error.code();
}

/// Services of the query protocol tell its code to SDKs that were made for it (Smithy, "AWS query
/// compatible trait").
void add_query_code(const ErrorPlace& place, const ApiError& error, net::Headers& headers) {
  if (!place.service || dialect_at(place).also_speaks.empty()) return;
  headers.set("x-amzn-query-error", fmt::format("{};{}", wire_code(place, error),
                                                error.status() >= 500 ? "Receiver" : "Sender"));
}

net::HttpResponse json_error(const ErrorPlace& place, const ApiError& error) {
  json::object body;
  body["__type"] = type_of(place, error.code());
  for (auto& [key, value] : json_members(place, error)) body[key] = value;
  net::HttpResponse response;
  const bool zero = place.service && speaks_json_1_0(*place.service);
  response.headers.set("Content-Type",
                       zero ? "application/x-amz-json-1.0" : "application/x-amz-json-1.1");
  response.body = json::to_text(body);
  if (dialect_at(place).checksummed) {
    response.headers.set("x-amz-crc32", fmt::format_int(crc32(response.body)).str());
  }
  add_query_code(place, error, response.headers);
  return response;
}

net::HttpResponse cbor_error(const ErrorPlace& place, const ApiError& error) {
  json::object body;
  body["__type"] = type_of(place, error.code());
  for (auto& [key, value] : json_members(place, error)) body[key] = value;
  net::HttpResponse response = cbor_response(encode_cbor(body));
  add_query_code(place, error, response.headers);
  return response;
}

net::HttpResponse rest_json_error(const ErrorPlace& place, const ApiError& error) {
  net::HttpResponse response;
  auto body = json_members(place, error);
  if (dialect_at(place).says_whose_fault && !body.contains("Type")) {
    body["Type"] = error.status() >= 500 ? "Service" : "User";
  }
  response.headers.set("Content-Type", "application/json");
  response.headers.set("x-amzn-ErrorType", error.code());
  if (const auto shape = shape_of(place, error)) {
    encode_headers(*shape, error.members(), response.headers);
  }
  response.body = json::to_text(body);
  return response;
}

std::string plain_error_body(const ErrorPlace& place, const ApiError& error) {
  std::string body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>";
  append_xml_element("Code", error.code(), body);
  append_xml_element("Message", error.message(), body);
  for (const auto& [key, value] : error.members()) {
    if (value.is_string()) {
      append_xml_element(std::string(key), json::to_std(value), body);
    } else if (value.is_number()) {
      append_xml_element(std::string(key), json::to_text(value), body);
    }
  }
  if (error.members().empty() && !place.resource.empty()) {
    append_xml_element("Resource", place.resource, body);
  }
  append_xml_element("RequestId", place.request_id, body);
  append_xml_element("HostId", fmt::format("{0}tandem+{0}=", place.request_id), body);
  return body + "</Error>";
}

/// Route 53 lists the faults of a change batch in its message: "[first, second]".
std::string message_of(const ApiError& error) {
  const auto* messages = json::find_array(error.members(), "messages");
  if (error.code() != "InvalidChangeBatch" || messages == nullptr) return error.message();
  std::string joined = "[";
  for (const auto& message : *messages) {
    if (!message.is_string()) continue;
    if (joined.size() > 1) joined += ", ";
    joined += json::view(message.get_string());
  }
  return joined + "]";
}

std::string xml_error_body(const ErrorPlace& place, const ApiError& error) {
  const bool rest = place.protocol == Protocol::kRestXml;
  std::string body = rest ? "<?xml version=\"1.0\"?>\n" : "";
  const auto space = place.service ? xml_namespace_of(*place.service) : std::string_view();
  body += "<ErrorResponse";
  if (!space.empty()) body += fmt::format(" xmlns=\"{}\"", space);
  body += "><Error>";
  append_xml_element("Type", error.status() >= 500 ? "Receiver" : "Sender", body);
  append_xml_element("Code", wire_code(place, error), body);
  append_xml_element("Message", message_of(error), body);
  body += "</Error>";
  append_xml_element("RequestId", place.request_id, body);
  return body + "</ErrorResponse>";
}

net::HttpResponse xml_error(const ErrorPlace& place, const ApiError& error) {
  net::HttpResponse response;
  const bool plain = dialect_at(place).plain_xml;
  response.headers.set("Content-Type", plain ? "application/xml" : "text/xml");
  response.body = plain ? plain_error_body(place, error) : xml_error_body(place, error);
  return response;
}

/// "ns#Code:uri" to "Code".
std::string bare_code(std::string_view type) {
  if (const auto hash = type.rfind('#'); hash != std::string_view::npos) {
    type.remove_prefix(hash + 1);
  }
  return std::string(type.substr(0, type.find(':')));
}

ApiError decode_json_error(const model::Service& service, const net::HttpResponse& response) {
  auto parsed = json::parse_text(response.body);
  json::object body;
  if (parsed && parsed.value().is_object()) body = parsed.value().as_object();
  std::string code = bare_code(response.headers.get_or("x-amzn-ErrorType"));
  if (code.empty()) code = bare_code(json::string_or(body, "__type"));
  if (code.empty()) code = json::string_or(body, "code", "InternalFailure");
  ApiError error(response.status, code,
                 json::string_or(body, "message", json::string_or(body, "Message")));
  for (const auto key : {"__type", "message", "Message"}) body.erase(key);
  const auto shape = service.error(code);
  if (shape) body = decode_json(*shape, std::move(body));
  for (auto& [key, value] : body) error = std::move(error).with(key, value);
  return error;
}

ApiError decode_xml_error(const model::Service& service, const net::HttpResponse& response) {
  pugi::xml_document document;
  document.load_buffer(response.body.data(), response.body.size());
  auto root = document.document_element();
  if (std::string_view(root.name()) == "InvalidChangeBatch") {
    json::array messages;
    std::string joined;
    for (const auto message : root.child("Messages").children("Message")) {
      messages.push_back(json::value(message.child_value()));
      joined += (joined.empty() ? "[" : ", ") + std::string(message.child_value());
    }
    return ApiError(response.status, "InvalidChangeBatch", joined + "]")
        .with("messages", std::move(messages));
  }
  const bool plain = dialect_of(service.name()).plain_xml;
  const auto node = root.child("Error") ? root.child("Error") : root;
  std::string code = node.child_value("Code");
  if (code.empty()) {
    // A HEAD's error has no body.
    code = response.status == 404 ? "404" : fmt::format("{}", response.status);
  }
  ApiError error(response.status, code, node.child_value("Message"));
  for (const auto child : node.children()) {
    const std::string_view name = child.name();
    if (name == "Code" || name == "Message" || name == "Type" || name.empty()) continue;
    if (plain && (name == "RequestId" || name == "HostId")) continue;
    error = std::move(error).with(name, child.child_value());
  }
  return error;
}

/// Ten violations, each of which shows what is wrong, fit in.
constexpr std::size_t kLongestMessage = 64 * 1024;

ApiError shortened(const ApiError& error) {
  ApiError result(error.status(), error.code(), shown(error.message(), kLongestMessage));
  for (const auto& [key, value] : error.members()) result = std::move(result).with(key, value);
  return result;
}

}  // namespace

net::HttpResponse encode_error(const ErrorPlace& place, const ApiError& error) {
  if (error.message().size() > kLongestMessage + kMostShown) {
    return encode_error(place, shortened(error));
  }
  net::HttpResponse response;
  switch (place.protocol) {
    case Protocol::kJson:
      response = json_error(place, error);
      break;
    case Protocol::kCbor:
      response = cbor_error(place, error);
      break;
    case Protocol::kRestJson:
      response = rest_json_error(place, error);
      break;
    default:
      response = xml_error(place, error);
  }
  response.status = error.status();
  add_request_id(place.service, place.request_id, response.headers);
  const bool bodyless = error.status() == 304 || error.status() == 204;
  if (place.method == "HEAD" || bodyless) response.body.clear();
  return response;
}

ApiError decode_error(const model::Service& service, const net::HttpResponse& response) {
  const bool json =
      service.protocol() == Protocol::kJson || service.protocol() == Protocol::kRestJson;
  return json ? decode_json_error(service, response) : decode_xml_error(service, response);
}

}  // namespace tandem::aws
