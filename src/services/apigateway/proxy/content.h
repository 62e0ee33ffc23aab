// Bodies as text and as bytes (API Gateway developer guide, "Content type conversions in API
// Gateway"). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/apigateway/proxy/integration.h"

namespace tandem::apigateway {

struct Content {
  std::string body;
  bool bytes = false;  ///< not text: no template can take it
};

enum class Media { kText, kBinary };

/// of: what the body's Content-Type says it is. Nothing when the body is not the base64 it has to
/// be.
std::optional<Content> convert_request(std::string body, Media of, ContentHandling handling);
/// accepted: what the client's Accept says it wants.
std::optional<Content> convert_response(std::string body, Media of, Media accepted,
                                        ContentHandling handling);

}  // namespace tandem::apigateway
