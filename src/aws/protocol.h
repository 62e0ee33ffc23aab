// AWS's protocols over the API models: json, rest-json, rest-xml and query, from both ends.
//
// Server: a request becomes a document (core rules in service/operation.h: timestamps are numbers,
// blobs base64, a blob or streaming payload travels raw beside the document), a reply becomes a
// response, an ApiError becomes the error of that service. Client: the inverse of each.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/api.h"
#include "aws/error.h"
#include "aws/model.h"
#include "aws/query_codec.h"
#include "aws/routes.h"
#include "aws/unknown.h"
#include "net/http.h"

namespace tandem::aws {

/// True for a payload member that travels as raw bytes beside the document.
bool is_raw_payload(const model::Member& payload);

struct Decoded {
  json::object input;
  std::string payload;
  UnknownNames unknown;  ///< what the request holds beside them
};
/// labels come from the route (REST), form from the body (query). Takes the body out of request
/// when it is a raw payload. Throws ApiError in the service's words.
Decoded decode_request(const model::Operation& operation, model::Protocol protocol,
                       net::HttpRequest& request, const PathLabels& labels, const FormFields& form);

/// In the service's own protocol.
inline Decoded decode_request(const model::Operation& operation, net::HttpRequest& request,
                              const PathLabels& labels, const FormFields& form) {
  return decode_request(operation, operation.service().protocol(), request, labels, form);
}

struct Outgoing {
  json::object output;
  std::string payload;
  int status = 0;  ///< 0: the model's
  net::Headers headers;
};
net::HttpResponse encode_response(const model::Operation& operation, model::Protocol protocol,
                                  Outgoing reply, std::string_view request_id);
inline net::HttpResponse encode_response(const model::Operation& operation, Outgoing reply,
                                         std::string_view request_id) {
  return encode_response(operation, operation.service().protocol(), std::move(reply), request_id);
}
/// A json service's response from body bytes that are ready: the data plane's way out.
net::HttpResponse json_response(const model::Service& service, std::string body,
                                std::string_view request_id);

/// rpc-v2-cbor's frame; without output it has no body.
net::HttpResponse cbor_response(std::string body);

/// Where an error is to be rendered.
struct ErrorPlace {
  std::optional<model::Service> service;  ///< nothing: the protocol alone is known
  model::Protocol protocol = model::Protocol::kJson;
  std::string_view request_id;
  std::string_view method = "POST";
  std::string_view resource;  ///< the path, for S3
};
net::HttpResponse encode_error(const ErrorPlace& place, const ApiError& error);
/// The request id in the headers the service answers with.
void add_request_id(const std::optional<model::Service>& service, std::string_view request_id,
                    net::Headers& headers);

/// Client side. Host, signature and region are the caller's to add.
net::HttpRequest encode_request(const model::Operation& operation, const json::object& input,
                                std::string payload);
/// Throws ApiError for an error response.
ApiResult decode_response(const model::Operation& operation, net::HttpResponse response);
ApiError decode_error(const model::Service& service, const net::HttpResponse& response);

/// The namespace on a service's XML documents.
std::string_view xml_namespace_of(const model::Service& service);
/// How AWS answers a request whose syntax is wrong, in the service's own code.
ApiError malformed_request(const model::Service& service, std::string_view why);

}  // namespace tandem::aws
