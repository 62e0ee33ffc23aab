#include "services/apigateway/proxy/json_writer.h"

#include <cstdint>

#include "core/text.h"

namespace tandem::apigateway {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

void append_escape(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 15];
  }
}

bool is_special(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

void append_valid(std::string& out, std::string_view text) {
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_special(text[i])) continue;
    out += text.substr(start, i - start);
    append_escape(out, text[i]);
    start = i + 1;
  }
  out += text.substr(start);
}

/// Length of the longest well-formed sequence at the start; 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (core::is_utf8(text.substr(0, length))) return length;
  }
  return 0;
}

std::string repaired(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 16);
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    result += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

bool is_ascii(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

}  // namespace

std::string valid_utf8(std::string text) {
  return is_ascii(text) || core::is_utf8(text) ? std::move(text) : repaired(text);
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  if (is_ascii(text) || core::is_utf8(text)) {
    append_valid(out, text);
  } else {
    append_valid(out, repaired(text));
  }
  out += '"';
}

}  // namespace tandem::apigateway
