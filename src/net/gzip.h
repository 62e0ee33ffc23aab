// Compressed bodies: Content-Encoding gzip (RFC 1952) and deflate (RFC 1950), the data of log
// subscriptions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/parsed.h"

namespace tandem::net {

std::string gzip(std::string_view bytes);
/// What an error says of content beyond the limit.
inline constexpr std::string_view kContentTooLarge = "content is too large";
/// All members of the file, one after the other. More than limit bytes of content is an error,
/// found out without producing them.
core::Parsed<std::string> gunzip(std::string_view bytes, std::size_t limit);

/// RFC 9110 §8.4.1: what Content-Encoding calls gzip and deflate.
enum class ContentCoding { kGzip, kDeflate };
std::string compress(std::string_view bytes, ContentCoding coding);
/// As gunzip(); of deflate there is one stream and nothing behind it.
core::Parsed<std::string> decompress(std::string_view bytes, ContentCoding coding,
                                     std::size_t limit);

}  // namespace tandem::net
