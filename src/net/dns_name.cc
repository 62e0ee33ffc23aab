#include "net/dns_name.h"

#include <cstring>

#include "core/check.h"

namespace tandem::net::dns {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// One character of a label in text, escapes resolved. Moves at past it; nothing when malformed.
std::optional<char> unescape(std::string_view text, std::size_t& at) {
  if (text[at] != '\\') return text[at++];
  if (at + 1 >= text.size()) return std::nullopt;
  if (!is_digit(text[at + 1])) {
    at += 2;
    return text[at - 1];
  }
  if (at + 3 >= text.size() || !is_digit(text[at + 2]) || !is_digit(text[at + 3])) {
    return std::nullopt;
  }
  const int code = (text[at + 1] - '0') * 100 + (text[at + 2] - '0') * 10 + (text[at + 3] - '0');
  at += 4;
  if (code > 255) return std::nullopt;
  return static_cast<char>(code);
}

}  // namespace

bool NameBuffer::append(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabelBytes) return false;
  if (size_ + 1 + label.size() + 1 > kMaxNameBytes) return false;
  bytes_[size_++] = static_cast<char>(label.size());
  for (const char c : label) bytes_[size_++] = lower(c);
  return true;
}

bool NameBuffer::close() {
  if (size_ + 1 > kMaxNameBytes) return false;
  bytes_[size_++] = 0;
  return true;
}

void NameBuffer::assign(std::string_view wire) {
  CHECK(wire.size() <= kMaxNameBytes);
  std::memcpy(bytes_.data(), wire.data(), wire.size());
  size_ = wire.size();
}

std::optional<std::size_t> read_name(std::span<const std::byte> message, std::size_t offset,
                                     NameBuffer& name) {
  name.clear();
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(message.data());
  std::optional<std::size_t> after;
  std::size_t run_start = offset;
  for (std::size_t at = offset; at < message.size();) {
    const std::uint8_t length = bytes[at];
    if (length == 0) {
      if (!name.close()) return std::nullopt;
      return after ? *after : at + 1;
    }
    if ((length & 0xC0) == 0xC0) {
      if (at + 1 >= message.size()) return std::nullopt;
      const std::size_t target = (length & 0x3Fu) << 8 | bytes[at + 1];
      if (target < kHeaderBytes || target >= run_start) return std::nullopt;
      if (!after) after = at + 2;
      at = run_start = target;
      continue;
    }
    // 0x40 and 0x80 are the label types that were reserved and given up (RFC 6891 §5).
    if ((length & 0xC0) != 0 || at + 1 + length > message.size()) return std::nullopt;
    if (!name.append({reinterpret_cast<const char*>(bytes + at + 1), length})) return std::nullopt;
    at += 1 + std::size_t{length};
  }
  return std::nullopt;
}

std::optional<std::string> name_from_text(std::string_view text) {
  NameBuffer name;
  if (text != ".") {
    if (text.empty()) return std::nullopt;
    std::string label;
    for (std::size_t at = 0; at < text.size();) {
      if (text[at] == '.') {
        if (!name.append(label)) return std::nullopt;
        label.clear();
        ++at;
        continue;
      }
      const auto c = unescape(text, at);
      if (!c || label.size() == kMaxLabelBytes) return std::nullopt;
      label += *c;
    }
    if (!label.empty() && !name.append(label)) return std::nullopt;
  }
  if (!name.close()) return std::nullopt;
  return std::string(name.view());
}

std::string name_to_text(std::string_view wire) {
  if (is_root(wire)) return ".";
  std::string text;
  for (std::string_view rest = wire; !is_root(rest); rest = parent(rest)) {
    for (const char c : rest.substr(1, static_cast<std::uint8_t>(rest[0]))) {
      const auto code = static_cast<std::uint8_t>(c);
      if (code <= ' ' || code >= 127) {
        text += '\\';
        text += static_cast<char>('0' + code / 100);
        text += static_cast<char>('0' + code / 10 % 10);
        text += static_cast<char>('0' + code % 10);
      } else {
        if (c == '.' || c == '\\' || c == '"' || c == ';' || c == '@' || c == '$') text += '\\';
        text += c;
      }
    }
    text += '.';
  }
  return text;
}

bool is_wire_name(std::string_view wire) {
  if (wire.empty() || wire.size() > kMaxNameBytes) return false;
  std::size_t at = 0;
  while (at < wire.size() && wire[at] != 0) {
    const auto length = static_cast<std::uint8_t>(wire[at]);
    if (length > kMaxLabelBytes) return false;
    at += 1 + std::size_t{length};
  }
  return at + 1 == wire.size();
}

bool lies_within(std::string_view name, std::string_view zone) {
  while (name.size() > zone.size()) name = parent(name);
  return name == zone;
}

}  // namespace tandem::net::dns
