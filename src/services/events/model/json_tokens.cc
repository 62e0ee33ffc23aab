#include "services/events/model/json_tokens.h"

#include <fmt/format.h>

namespace tandem::events {
namespace {

/// Of the source that a complaint shows (Jackson's JsonLocation).
constexpr std::size_t kShown = 500;

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, unsigned code) {
  const auto add = [&out](unsigned byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xc0 | code >> 6);
    add(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    add(0xe0 | code >> 12);
    add(0x80 | (code >> 6 & 0x3f));
    add(0x80 | (code & 0x3f));
  } else {
    add(0xf0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3f));
    add(0x80 | (code >> 6 & 0x3f));
    add(0x80 | (code & 0x3f));
  }
}

}  // namespace

bool JsonTokens::is_scalar(Kind kind) {
  return kind == Kind::kString || kind == Kind::kNumber || kind == Kind::kTrue ||
         kind == Kind::kFalse || kind == Kind::kNull;
}

std::string JsonTokens::place(std::size_t offset) const {
  std::size_t line = 1, begin = 0;
  for (std::size_t i = 0; i < offset && i < text_.size(); ++i) {
    if (text_[i] != '\n') continue;
    ++line;
    begin = i + 1;
  }
  const std::string_view shown = text_.substr(0, kShown);
  const std::string cut = text_.size() > kShown
                              ? fmt::format("[truncated {} chars]", text_.size() - kShown)
                              : std::string();
  return fmt::format("[Source: (String)\"{}\"{}; line: {}, column: {}]", shown, cut, line,
                     offset - begin + 1);
}

void JsonTokens::fail_at(std::string_view message, std::size_t offset) const {
  throw PatternError(fmt::format("{}\n at {}", message, place(offset)));
}

void JsonTokens::fail(std::string_view message) const { fail_at(message, at_); }

void JsonTokens::fail_again(std::string_view message) const {
  throw PatternError(fmt::format("{}\n at {}\n at {}", message, place(at_), place(at_)));
}

void JsonTokens::unexpected(std::string_view wanted) {
  if (at_ >= text_.size()) {
    if (frames_.empty()) fail("Unexpected end-of-input");
    fail(fmt::format("Unexpected end-of-input: expected close marker for {} (start marker at {})",
                     frames_.back() == Frame::kObject ? "Object" : "Array", place(starts_.back())));
  }
  const char c = text_[at_];
  const auto code = static_cast<unsigned>(static_cast<unsigned char>(c));
  fail(fmt::format("Unexpected character ('{}' (code {})): {}", c, code, wanted));
}

void JsonTokens::skip_space() {
  while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
}

void JsonTokens::separator() {
  if (first_ || frames_.empty()) return;
  if (at_ >= text_.size() || text_[at_] != ',') {
    unexpected(fmt::format("was expecting comma to separate {} entries",
                           frames_.back() == Frame::kObject ? "Object" : "Array"));
  }
  ++at_;
  skip_space();
}

JsonTokens::Kind JsonTokens::close(Kind kind) {
  ++at_;
  frames_.pop_back();
  starts_.pop_back();
  first_ = false;
  return token_ = kind;
}

JsonTokens::Kind JsonTokens::next() {
  if (lazy_) read_string();
  if (value_begun_) {
    value_begun_ = false;
    token_ = value_;
    token_text_ = std::move(value_text_);
    lazy_ = token_ == Kind::kString;
    if (token_ == Kind::kStartObject || token_ == Kind::kStartArray) {
      frames_.push_back(token_ == Kind::kStartObject ? Frame::kObject : Frame::kArray);
      starts_.push_back(at_ - 1);
      first_ = true;
    }
    return token_;
  }
  token_text_.clear();
  skip_space();
  if (frames_.empty() && at_ >= text_.size()) return token_ = Kind::kEnd;
  const char c = at_ < text_.size() ? text_[at_] : '\0';
  if (!frames_.empty() && frames_.back() == Frame::kObject) {
    return c == '}' ? close(Kind::kEndObject) : name();
  }
  if (!frames_.empty() && c == ']') return close(Kind::kEndArray);
  separator();
  first_ = false;
  value_ = begin_value();
  value_begun_ = true;
  return next();
}

JsonTokens::Kind JsonTokens::name() {
  separator();
  if (at_ >= text_.size() || text_[at_] != '"') {
    unexpected("was expecting double-quote to start field name");
  }
  ++at_;
  read_string();
  skip_space();
  if (at_ >= text_.size() || text_[at_] != ':') {
    unexpected("was expecting a colon to separate field name and value");
  }
  ++at_;
  skip_space();
  first_ = false;
  std::string field = std::move(token_text_);
  value_ = begin_value();
  value_begun_ = true;
  token_text_ = std::move(field);
  return token_ = Kind::kName;
}

/// Of a text only the quote; the rest when it is wanted or passed over.
JsonTokens::Kind JsonTokens::begin_value() {
  value_text_.clear();
  if (at_ >= text_.size()) unexpected("");
  const char c = text_[at_];
  if (c == '"' || c == '{' || c == '[') {
    ++at_;
    return c == '"' ? Kind::kString : c == '{' ? Kind::kStartObject : Kind::kStartArray;
  }
  if (c == '-' || is_digit(c)) {
    read_number();
    return Kind::kNumber;
  }
  read_literal();
  return value_text_ == "true" ? Kind::kTrue : value_text_ == "false" ? Kind::kFalse : Kind::kNull;
}

void JsonTokens::read_literal() {
  constexpr std::string_view kWanted =
      "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or "
      "'false')";
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_word(text_[at_])) ++at_;
  value_text_ = text_.substr(begin, at_ - begin);
  if (value_text_.empty()) unexpected(kWanted);
  if (value_text_ == "true" || value_text_ == "false" || value_text_ == "null") return;
  fail(
      fmt::format("Unrecognized token '{}': was expecting (JSON String, Number, Array, Object or "
                  "token 'null', 'true' or 'false')",
                  value_text_));
}

void JsonTokens::read_number() {
  const std::size_t begin = at_;
  const auto digits = [this] {
    if (at_ >= text_.size() || !is_digit(text_[at_])) {
      unexpected("Decimal point not followed by a digit");
    }
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  };
  if (text_[at_] == '-') ++at_;
  const bool zero = at_ < text_.size() && text_[at_] == '0';
  digits();
  const std::size_t whole = at_ - begin - (text_[begin] == '-' ? 1 : 0);
  if (zero && whole > 1) fail("Invalid numeric value: Leading zeroes not allowed");
  if (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    digits();
  }
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    digits();
  }
  value_text_ = text_.substr(begin, at_ - begin);
}

/// From behind the opening quote to behind the closing one, into token_text_.
void JsonTokens::read_string() {
  lazy_ = false;
  token_text_.clear();
  while (true) {
    if (at_ >= text_.size()) {
      fail("Unexpected end-of-input: was expecting closing quote for a string value");
    }
    const char c = text_[at_++];
    if (c == '"') return;
    if (c == '\\') {
      read_escape(token_text_);
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x20) {
      fail(
          fmt::format("Illegal unquoted character ((CTRL-CHAR, code {})): has to be escaped using "
                      "backslash to be included in string value",
                      static_cast<int>(c)));
    }
    token_text_ += c;
  }
}

unsigned JsonTokens::hex_digits() {
  unsigned code = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) {
      fail("Unexpected character: expected a hex-digit for character escape sequence");
    }
    ++at_;
    code = code * 16 + static_cast<unsigned>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return code;
}

void JsonTokens::read_escape(std::string& out) {
  constexpr std::string_view kEscapes = "\"\\/bfnrt";
  constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
  const char c = at_ < text_.size() ? text_[at_] : '\0';
  if (c != 'u') {
    const std::size_t index = c == '\0' ? kEscapes.npos : kEscapes.find(c);
    if (index == kEscapes.npos) {
      fail(fmt::format("Unrecognized character escape '{}' (code {})", c, static_cast<int>(c)));
    }
    ++at_;
    out += kMeant[index];
    return;
  }
  ++at_;
  unsigned code = hex_digits();
  const bool high = code >= 0xd800 && code < 0xdc00;
  if (high && text_.substr(at_, 2) == "\\u") {
    at_ += 2;
    const unsigned low = hex_digits();
    const bool pair = low >= 0xdc00 && low < 0xe000;
    code = pair ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
  } else if (code >= 0xd800 && code < 0xe000) {
    code = 0xfffd;
  }
  append_utf8(out, code);
}

const std::string& JsonTokens::text() {
  if (lazy_) read_string();
  return token_text_;
}

void JsonTokens::expect_end() {
  skip_space();
  if (at_ < text_.size()) unexpected("expected nothing behind the pattern");
}

}  // namespace tandem::events
