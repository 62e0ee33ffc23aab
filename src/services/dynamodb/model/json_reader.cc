#include "services/dynamodb/model/json_reader.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/decimal.h"
#include "core/text.h"

namespace tandem::dynamodb {
namespace {

/// True for the bytes that end the plain part of a string: quote, backslash and controls.
constexpr std::array<bool, 256> make_specials() {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < 0x20; ++i) table[i] = true;
  table['"'] = true;
  table['\\'] = true;
  return table;
}
constexpr std::array<bool, 256> kSpecial = make_specials();

bool is_special(char c) { return kSpecial[static_cast<unsigned char>(c)]; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Most bodies are; this looks at eight bytes at a time.
bool is_ascii(std::string_view text) {
  std::uint64_t bits = 0;
  std::size_t at = 0;
  for (; at + sizeof bits <= text.size(); at += sizeof bits) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    bits |= word;
  }
  for (; at < text.size(); ++at) bits |= static_cast<unsigned char>(text[at]);
  return (bits & 0x8080808080808080U) == 0;
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

/// Length of the JSON number at the start of text; 0 when there is none (RFC 8259 §6).
std::size_t number_length(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - start;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const std::size_t first = at;
  const std::size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[first] == '0')) return 0;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return 0;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return 0;
  }
  return at;
}

/// How AWS names a token that stands where a scalar of another type belongs.
std::string_view token_name(JsonReader::Kind kind, std::string_view number) {
  switch (kind) {
    case JsonReader::Kind::kTrue:
      return "TRUE_VALUE";
    case JsonReader::Kind::kFalse:
      return "FALSE_VALUE";
    case JsonReader::Kind::kString:
      return "STRING_VALUE";
    default:
      return number.find_first_of(".eE") == std::string_view::npos ? "NUMBER_VALUE"
                                                                   : "DECIMAL_VALUE";
  }
}

[[noreturn]] void refuse(JsonReader& reader, Expected expected) {
  const auto kind = reader.peek();
  if (kind == JsonReader::Kind::kObject) {
    throw serialization_error("Start of structure or map found where not expected");
  }
  if (kind == JsonReader::Kind::kArray) {
    throw serialization_error("Unrecognized collection type " + std::string(expected.collection));
  }
  const std::string_view number =
      kind == JsonReader::Kind::kNumber ? reader.raw_number() : std::string_view();
  throw serialization_error(std::string(token_name(kind, number)) + " cannot be converted to " +
                            std::string(expected.scalar));
}

}  // namespace

aws::ApiError malformed_json() { return {400, "SerializationException", ""}; }
aws::ApiError serialization_error(std::string message) {
  return {400, "SerializationException", std::move(message)};
}

JsonReader::JsonReader(std::string_view text, Trust trust) : text_(text) {
  if (trust == Trust::kUntrusted && !is_ascii(text) && !core::is_utf8(text)) {
    throw malformed_json();
  }
}

void JsonReader::skip_space() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
    ++at_;
  }
}

char JsonReader::next_char() {
  skip_space();
  if (at_ >= text_.size()) throw malformed_json();
  return text_[at_];
}

void JsonReader::expect(char c) {
  if (next_char() != c) throw malformed_json();
  ++at_;
}

void JsonReader::enter(char open) {
  expect(open);
  if (++depth_ > kMaxDepth) throw malformed_json();
}

bool JsonReader::leave_empty(char close) {
  if (next_char() != close) return false;
  ++at_;
  --depth_;
  return true;
}

bool JsonReader::more(char close) {
  const char c = next_char();
  ++at_;
  if (c == ',') return true;
  if (c != close) throw malformed_json();
  --depth_;
  return false;
}

JsonReader::Kind JsonReader::peek() {
  switch (next_char()) {
    case '{':
      return Kind::kObject;
    case '[':
      return Kind::kArray;
    case '"':
      return Kind::kString;
    case 't':
      return Kind::kTrue;
    case 'f':
      return Kind::kFalse;
    case 'n':
      return Kind::kNull;
    default:
      return Kind::kNumber;
  }
}

std::string_view JsonReader::raw_string(std::string& storage) {
  expect('"');
  const std::size_t start = at_;
  while (at_ < text_.size() && !is_special(text_[at_])) ++at_;
  if (at_ >= text_.size()) throw malformed_json();
  if (text_[at_] == '"') return text_.substr(start, at_++ - start);

  storage.assign(text_, start, at_ - start);
  while (true) {
    if (at_ >= text_.size()) throw malformed_json();
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return storage;
    }
    if (c == '\\') {
      unescape(storage);
    } else if (is_special(c)) {
      throw malformed_json();
    } else {
      const std::size_t run = at_;
      while (at_ < text_.size() && !is_special(text_[at_])) ++at_;
      storage.append(text_, run, at_ - run);
    }
  }
}

std::uint32_t JsonReader::hex4() {
  if (text_.size() - at_ < 4) throw malformed_json();
  std::uint32_t code = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = text_[at_++];
    code <<= 4;
    if (is_digit(c)) {
      code |= static_cast<std::uint32_t>(c - '0');
    } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
      code |= static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
    } else {
      throw malformed_json();
    }
  }
  return code;
}

void JsonReader::unescape(std::string& out) {
  ++at_;
  if (at_ >= text_.size()) throw malformed_json();
  static constexpr std::string_view kNames = "\"\\/bfnrt";
  static constexpr std::string_view kBytes = "\"\\/\b\f\n\r\t";
  const char name = text_[at_++];
  if (name != 'u') {
    const std::size_t which = kNames.find(name);
    if (which == std::string_view::npos) throw malformed_json();
    out += kBytes[which];
    return;
  }
  std::uint32_t code = hex4();
  if (code >= 0xd800 && code < 0xdc00) {
    if (text_.substr(at_, 2) != "\\u") throw malformed_json();
    at_ += 2;
    const std::uint32_t low = hex4();
    if (low < 0xdc00 || low > 0xdfff) throw malformed_json();
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  } else if (code >= 0xdc00 && code <= 0xdfff) {
    throw malformed_json();
  }
  append_utf8(out, code);
}

std::string_view JsonReader::raw_number() {
  skip_space();
  const std::size_t length = number_length(text_.substr(at_));
  if (length == 0) throw malformed_json();
  at_ += length;
  return text_.substr(at_ - length, length);
}

void JsonReader::literal(Kind kind) {
  const std::string_view word = kind == Kind::kTrue    ? "true"
                                : kind == Kind::kFalse ? "false"
                                                       : "null";
  skip_space();
  if (text_.substr(at_, word.size()) != word) throw malformed_json();
  at_ += word.size();
}

void JsonReader::skip() {
  std::string storage;
  switch (const Kind kind = peek()) {
    case Kind::kObject:
      return object([this](std::string_view) { skip(); });
    case Kind::kArray:
      return array([this] { skip(); });
    case Kind::kString:
      raw_string(storage);
      return;
    case Kind::kNumber:
      raw_number();
      return;
    default:
      return literal(kind);
  }
}

bool JsonReader::take_null() {
  if (peek() != Kind::kNull) return false;
  literal(Kind::kNull);
  return true;
}

std::string JsonReader::string(Expected expected) {
  if (peek() != Kind::kString) refuse(*this, expected);
  std::string storage;
  const std::string_view text = raw_string(storage);
  return text.data() == storage.data() ? std::move(storage) : std::string(text);
}

std::int64_t JsonReader::integer(Expected expected) {
  if (peek() != Kind::kNumber) refuse(*this, expected);
  const std::string_view written = raw_number();
  if (const auto value = core::parse_int(written)) return *value;
  // The service truncates fractions: 1.9 is 1.
  const std::string plain = core::Decimal::parse(written).value.text();
  const auto value = core::parse_int(std::string_view(plain).substr(0, plain.find('.')));
  return value ? *value : written.front() == '-' ? INT64_MIN : INT64_MAX;
}

bool JsonReader::boolean() {
  const Kind kind = peek();
  if (kind == Kind::kString) throw serialization_error("Unexpected token received from parser");
  if (kind != Kind::kTrue && kind != Kind::kFalse) refuse(*this, kExpectBoolean);
  literal(kind);
  return kind == Kind::kTrue;
}

void JsonReader::require_object(std::string_view collection) {
  const Kind kind = peek();
  if (kind == Kind::kArray) {
    throw serialization_error("Unrecognized collection type " + std::string(collection));
  }
  if (kind != Kind::kObject) throw serialization_error("Unexpected field type");
}

void JsonReader::require_array() {
  const Kind kind = peek();
  if (kind == Kind::kObject) {
    throw serialization_error("Start of structure or map found where not expected");
  }
  if (kind != Kind::kArray) throw serialization_error("Unexpected field type");
}

void JsonReader::finish() {
  skip_space();
  if (at_ != text_.size()) throw malformed_json();
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!is_special(c)) continue;
    out.append(text, start, i - start);
    start = i + 1;
    static constexpr std::string_view kBytes = "\"\\\b\f\n\r\t";
    static constexpr std::string_view kNames = "\"\\bfnrt";
    if (const std::size_t which = kBytes.find(c); which != std::string_view::npos) {
      out += '\\';
      out += kNames[which];
    } else {
      static constexpr std::string_view kHex = "0123456789abcdef";
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 0xf];
    }
  }
  out.append(text, start);
  out += '"';
}

}  // namespace tandem::dynamodb
