#include "services/apigateway/proxy/content.h"

#include "core/bytes.h"
#include "core/json.h"
#include "services/apigateway/proxy/json_writer.h"

namespace tandem::apigateway {
namespace {

Content as_text(std::string body) { return {valid_utf8(std::move(body)), false}; }

Content to_base64(std::string_view bytes) { return {core::base64_encode(bytes), false}; }

/// A function answers with JSON: its base64 comes in quotes.
std::optional<Content> from_base64(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  auto bytes = core::base64_decode(text);
  if (!bytes) return std::nullopt;
  return Content{std::move(*bytes), true};
}

}  // namespace

std::optional<Content> convert_request(std::string body, Media of, ContentHandling handling) {
  if (of == Media::kBinary) {
    if (handling == ContentHandling::kToText) return to_base64(body);
    return Content{std::move(body), true};
  }
  if (handling == ContentHandling::kToBinary) return from_base64(body);
  return as_text(std::move(body));
}

std::optional<Content> convert_response(std::string body, Media of, Media accepted,
                                        ContentHandling handling) {
  const bool wants_bytes = handling == ContentHandling::kToBinary ||
                           (handling == ContentHandling::kNone && accepted == Media::kBinary);
  if (of == Media::kText) {
    if (wants_bytes) return from_base64(body);
    return as_text(std::move(body));
  }
  if (!wants_bytes) return to_base64(body);
  return Content{std::move(body), true};
}

}  // namespace tandem::apigateway
