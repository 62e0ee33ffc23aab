// Text that must be UTF-8, made of bytes that may be anything: documents on disk and on the wire
// take nothing else. is_utf8() is in core/text.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem::core {

/// The most of a well-formed text that fits into so many bytes, without a part of a character.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes);

/// What is no part of a well-formed character becomes U+FFFD.
std::string to_utf8(std::string text);

}  // namespace tandem::core
