#include "core/utf8.h"

#include <algorithm>

#include "core/text.h"

namespace tandem::core {

std::string_view utf8_prefix(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  // RFC 3629 §3: what continues a character is 10xxxxxx.
  constexpr unsigned kMask = 0xC0;
  constexpr unsigned kContinues = 0x80;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & kMask) == kContinues) --bytes;
  return text.substr(0, bytes);
}

std::string to_utf8(std::string text) {
  if (is_utf8(text)) return text;
  constexpr std::size_t kSpare = 16;
  std::string clean;
  clean.reserve(text.size() + kSpare);
  for (std::string_view left = text; !left.empty();) {
    const std::size_t length = utf8_sequence(left);
    if (length == 0) {
      clean += "\xef\xbf\xbd";  // U+FFFD
    } else {
      clean += left.substr(0, length);
    }
    left.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return clean;
}

}  // namespace tandem::core
