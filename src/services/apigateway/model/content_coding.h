// Compressed bodies of requests and answers: which coding a client means, what the setting may be.
// Developer guide: "Payload compression for REST APIs in API Gateway". Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "net/gzip.h"

namespace tandem::apigateway {

inline constexpr std::int64_t kLargestMinimumCompression = 10'485'760;

/// minimumCompressionSize. Throws BadRequestException when the size is out of its range.
std::int64_t check_minimum_compression(std::int64_t size);
/// The same as a patch has it: nothing, which turns compression off, for no text and an empty one.
std::optional<std::int64_t> read_minimum_compression(std::optional<std::string_view> text);

/// What Content-Encoding says of a body.
struct BodyCoding {
  enum class Kind { kPlain, kCoded, kUnsupported } kind = Kind::kPlain;
  net::ContentCoding coding = net::ContentCoding::kGzip;
};
BodyCoding body_coding(std::string_view content_encoding);

/// The coding that Accept-Encoding prefers (RFC 9110 §12.5.3), when it is one that API Gateway
/// serves: a less preferred one is not looked at, and neither are "*" and what is malformed.
std::optional<net::ContentCoding> preferred_coding(std::string_view accept_encoding);

}  // namespace tandem::apigateway
