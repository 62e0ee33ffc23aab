#include "services/apigateway/mapping/mock_status.h"

#include <charconv>
#include <string>

namespace tandem::apigateway::mapping {

namespace {

/// Objects and lists within each other.
constexpr int kDepth = 64;

/// Reads JSON of the loose kind: bare words and either quote for keys and texts, commas that trail
/// or are doubled, "=" for ":" as the tool behind it has it not: only ":".
class LooseReader {
 public:
  explicit LooseReader(std::string_view in) : in_(in) {}

  std::optional<std::int64_t> status() {
    skip_blanks();
    if (!object(0)) return std::nullopt;
    skip_blanks();
    return at_ == in_.size() ? status_ : std::nullopt;
  }

 private:
  char peek() const { return at_ < in_.size() ? in_[at_] : '\0'; }

  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }
  void skip_commas() {
    skip_blanks();
    while (peek() == ',') {
      ++at_;
      skip_blanks();
    }
  }

  /// In quotes or bare; false when a quote does not end, or nothing is there.
  bool word(std::string& into, bool& quoted) {
    const char quote = peek();
    quoted = quote == '"' || quote == '\'';
    if (!quoted) {
      const std::size_t end = std::min(in_.find_first_of(",:{}[]\"'\t\n\r ", at_), in_.size());
      into = in_.substr(at_, end - at_);
      at_ = end;
      return !into.empty();
    }
    for (++at_; at_ < in_.size() && in_[at_] != quote; ++at_) {
      if (in_[at_] == '\\' && at_ + 1 < in_.size()) ++at_;
      into += in_[at_];
    }
    if (at_ == in_.size()) return false;
    ++at_;
    return true;
  }

  bool object(int depth) {
    if (peek() != '{' || depth > kDepth) return false;
    ++at_;
    while (true) {
      skip_commas();
      if (peek() == '}') break;
      std::string key;
      bool quoted = false;
      if (!word(key, quoted)) return false;
      skip_blanks();
      if (peek() != ':') return false;
      ++at_;
      skip_blanks();
      if (!value(depth, depth == 0 && key == "statusCode")) return false;
      skip_blanks();
      if (peek() != ',' && peek() != '}') return false;
    }
    ++at_;
    return true;
  }

  bool list(int depth) {
    if (depth > kDepth) return false;
    ++at_;
    while (true) {
      skip_commas();
      if (peek() == ']') break;
      if (!value(depth, false)) return false;
      skip_blanks();
      if (peek() != ',' && peek() != ']') return false;
    }
    ++at_;
    return true;
  }

  bool value(int depth, bool is_status) {
    if (is_status) status_.reset();
    if (peek() == '{') return object(depth + 1);
    if (peek() == '[') return list(depth + 1);
    std::string held;
    bool quoted = false;
    if (!word(held, quoted)) return false;
    // A bare text goes on to what ends it: {message: hello world}.
    while (!quoted && (peek() == ' ' || peek() == '\t')) {
      skip_blanks();
      std::string more;
      bool more_quoted = false;
      if (peek() == ',' || peek() == '}' || peek() == ']') break;
      if (peek() == '"' || peek() == '\'' || !word(more, more_quoted)) return false;
      held += ' ' + more;
    }
    if (!is_status || quoted) return true;
    std::int64_t number = 0;
    const auto read = std::from_chars(held.data(), held.data() + held.size(), number);
    if (read.ec == std::errc() && read.ptr == held.data() + held.size()) status_ = number;
    return true;
  }

  std::string_view in_;
  std::size_t at_ = 0;
  std::optional<std::int64_t> status_;
};

}  // namespace

std::optional<std::int64_t> mock_status(std::string_view rendered) {
  return LooseReader(rendered).status();
}

}  // namespace tandem::apigateway::mapping
