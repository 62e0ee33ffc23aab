#include "aws/unserved.h"

#include <algorithm>
#include <fmt/format.h>

#include "aws/model.h"
#include "aws/protocol.h"
#include "aws/xml_codec.h"

namespace tandem::aws {
namespace {

/// How the answer's shape is known. AWS's own names for these protocols are in botocore's models
/// ("ec2") and in Smithy ("rpcv2Cbor").
enum class Spoken { kJson, kQuery, kEc2, kRestJson, kRestXml, kCbor };

constexpr std::string_view kSmithyProtocol = "Smithy-Protocol";
constexpr std::string_view kCborProtocol = "rpc-v2-cbor";

bool is_named(std::string_view service, std::string_view protocol) {
  return std::ranges::any_of(model::unusual_protocols(), [&](const auto& each) {
    return each.service == service && each.protocol == protocol;
  });
}

bool has_action(std::string_view query) {
  return query.starts_with("Action=") || query.find("&Action=") != std::string_view::npos;
}

Spoken spoken_in(const net::HttpRequest& request, std::string_view service) {
  if (request.headers.get_or(kSmithyProtocol) == kCborProtocol) return Spoken::kCbor;
  if (request.headers.contains("X-Amz-Target")) return Spoken::kJson;
  const auto type = request.headers.get_or("Content-Type");
  if (type.starts_with("application/x-www-form-urlencoded") || has_action(request.query())) {
    return is_named(service, "ec2") ? Spoken::kEc2 : Spoken::kQuery;
  }
  return is_named(service, "rest-xml") ? Spoken::kRestXml : Spoken::kRestJson;
}

/// Amazon EC2's API reference, "Troubleshooting API request errors".
net::HttpResponse ec2_error(std::string_view request_id, const ApiError& error) {
  net::HttpResponse response;
  response.status = error.status();
  response.headers.set("Content-Type", "text/xml;charset=UTF-8");
  response.headers.set("x-amzn-RequestId", request_id);
  response.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>";
  append_xml_element("Code", error.code(), response.body);
  append_xml_element("Message", error.message(), response.body);
  response.body += "</Error></Errors>";
  append_xml_element("RequestID", request_id, response.body);
  response.body += "</Response>";
  return response;
}

/// A text string of RFC 8949 (major type 3), its length in two bytes.
void append_cbor_text(std::string_view text, std::string& body) {
  constexpr char kTextOfTwoByteLength = '\x79';
  text = text.substr(0, UINT16_MAX);
  body += kTextOfTwoByteLength;
  body += static_cast<char>(text.size() >> 8);
  body += static_cast<char>(text.size());
  body += text;
}

/// Smithy RPC v2 CBOR protocol, "Operation error serialization".
net::HttpResponse cbor_error(std::string_view request_id, const ApiError& error) {
  constexpr char kMapOfTwo = '\xa2';
  net::HttpResponse response;
  response.status = error.status();
  response.headers.set(kSmithyProtocol, kCborProtocol);
  response.headers.set("Content-Type", "application/cbor");
  response.headers.set("x-amzn-RequestId", request_id);
  response.body += kMapOfTwo;
  append_cbor_text("__type", response.body);
  append_cbor_text("com.amazon.coral.service#" + error.code(), response.body);
  append_cbor_text("message", response.body);
  append_cbor_text(error.message(), response.body);
  return response;
}

}  // namespace

net::HttpResponse encode_unserved_error(const net::HttpRequest& request, std::string_view service,
                                        std::string_view request_id, const ApiError& error) {
  const std::string path = std::string(request.path());
  ErrorPlace place;
  place.request_id = request_id;
  place.method = request.method;
  place.resource = path;
  switch (spoken_in(request, service)) {
    case Spoken::kCbor:
      return cbor_error(request_id, error);
    case Spoken::kEc2:
      return ec2_error(request_id, error);
    case Spoken::kJson:
      place.protocol = model::Protocol::kJson;
      break;
    case Spoken::kQuery:
      place.protocol = model::Protocol::kQuery;
      break;
    case Spoken::kRestXml:
      place.protocol = model::Protocol::kRestXml;
      break;
    case Spoken::kRestJson:
      place.protocol = model::Protocol::kRestJson;
      break;
  }
  return encode_error(place, error);
}

}  // namespace tandem::aws
