// What a function may answer to a proxy integration, and the HTTP response made of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/parsed.h"
#include "net/http.h"

namespace tandem::apigateway {

struct ProxyResult {
  int status = 200;
  net::Headers headers;  ///< those of multiValueHeaders first
  std::string body;
  bool base64 = false;
};

/// Accepts an object of isBase64Encoded, statusCode, headers, multiValueHeaders, body and nothing
/// else (cookies are tolerated); everything else is AWS's "Malformed Lambda proxy response".
core::Parsed<ProxyResult> parse_proxy_result(std::string_view payload);

/// Applies the header rules (drops, x-amzn-Remapped-…, the default Content-Type) and decodes a
/// base64 body when the client or the content asks for bytes. accept is the request's Accept.
core::Parsed<net::HttpResponse> make_response(ProxyResult result, std::string_view accept,
                                              const std::vector<std::string>& binary_media_types);

}  // namespace tandem::apigateway
