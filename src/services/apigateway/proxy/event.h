// The event a function gets from a Lambda proxy integration (payload format 1.0), written straight
// to text.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "net/http.h"
#include "services/apigateway/proxy/view.h"

namespace tandem::apigateway {

struct EventInput {
  const net::HttpRequest& request;
  const CompiledStage& stage;
  const CompiledResource& resource;
  const PathParameters& parameters;
  std::string_view http_method;   ///< the method that was routed
  std::string_view path;          ///< without the stage on the default host, else whole
  std::string_view context_path;  ///< as the client sent it
  std::string_view host;
  std::string_view account;
  std::string_view request_id;
  std::string_view extended_request_id;
  std::string_view trace_id;
  std::string_view api_key;     ///< empty when the method needs none
  std::string_view api_key_id;  ///< beside api_key
  std::int64_t time_ms = 0;
  std::string_view authorizer_json;  ///< requestContext.authorizer; empty: none
};

std::string build_event(const EventInput& input);
/// X-Forwarded-For, with this client at the end of it, -Port and -Proto.
std::array<std::pair<std::string_view, std::string>, 3> forwarded_headers(
    const net::HttpRequest& request);
/// What a REQUEST authorizer is given: no body, and {} where the other has null.
std::string build_authorizer_event(const EventInput& input, std::string_view method_arn,
                                   std::string_view identity_source);
/// The event's requestContext alone, as JSON: what $context and context.x read, too.
std::string build_context(const EventInput& input);
/// Names and values of a query string, decoded, in order. ';' separates as '&' does.
std::vector<std::pair<std::string, std::string>> decode_query(std::string_view query);

/// "24/Nov/2026:06:31:00 +0000".
std::string request_time(std::int64_t epoch_ms);

/// Whether a Content-Type or Accept value is one of the API's binary media types, which are lower
/// case and may be "image/*" or "*/*". Only the first of several types counts, without parameters.
bool is_binary(std::string_view media_type, const std::vector<std::string>& binary_media_types);

}  // namespace tandem::apigateway
