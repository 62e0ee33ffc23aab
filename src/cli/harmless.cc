#include "cli/harmless.h"

#include <cstdint>
#include <fmt/format.h>

#include "core/text.h"

namespace tandem::cli {
namespace {

struct Character {
  std::size_t length = 0;  ///< bytes; 0: the first one is no UTF-8
  std::uint32_t code = 0;
};

/// The character that bytes, which are not empty, begin with.
Character first_of(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes.front());
  if (lead < 0x80) return {1, lead};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  const std::string_view character = bytes.substr(0, length);
  if (character.size() != length || !core::is_utf8(character)) return {};
  std::uint32_t code = lead & (0xFFU >> (length + 1));
  for (const char c : character.substr(1))
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3F);
  return {length, code};
}

/// Unicode Technical Report 36, "Bidirectional Text Spoofing", and the separators that some
/// terminals take for line ends.
bool turns_text(std::uint32_t code) {
  return code == 0x061C || code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

bool acts(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || turns_text(code);
}

/// Copies bytes; escape(out, character, byte) writes what stands for one that acts or is no UTF-8.
template <class Keep, class Escape>
std::string replace(std::string_view bytes, Keep keep, Escape escape) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const Character character = first_of(bytes);
    const std::size_t length = character.length == 0 ? 1 : character.length;
    const bool plain = character.length != 0 && (!acts(character.code) || keep(character.code));
    if (plain) {
      out.append(bytes.substr(0, length));
    } else {
      escape(out, character, static_cast<unsigned char>(bytes.front()));
    }
    bytes.remove_prefix(length);
  }
  return out;
}

}  // namespace

std::string harmless(std::string_view bytes, Lines lines) {
  return replace(
      bytes,
      [lines](std::uint32_t code) {
        return lines == Lines::kKeep && (code == '\n' || code == '\t');
      },
      [](std::string& out, const Character& character, unsigned char byte) {
        if (character.length == 0) {
          out += fmt::format("\\x{:02x}", byte);
        } else if (character.code < 0x100) {
          out += fmt::format("\\x{:02x}", character.code);
        } else {
          out += fmt::format("\\u{:04x}", character.code);
        }
      });
}

std::string harmless_json(std::string_view text) {
  // Outside of strings JSON has no such characters; within them the serialiser has escaped C0.
  return replace(
      text, [](std::uint32_t code) { return code < 0x20; },
      [](std::string& out, const Character& character, unsigned char) {
        out += fmt::format("\\u{:04x}", character.length == 0 ? 0xFFFD : character.code);
      });
}

}  // namespace tandem::cli
