#include "services/logs/model/filter_pattern.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

#include "core/text.h"

namespace tandem::logs {
namespace {

bool is_term_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

/// Reads the phrase that starts at text[at] == '"'; at moves past the closing quote.
core::Parsed<std::string> read_phrase(std::string_view text, std::size_t& at) {
  std::string phrase;
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') {
      ++at;
      return phrase;
    }
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    phrase += text[at];
  }
  return core::ParseError{"Invalid filter pattern: unclosed quotation mark", at};
}

core::Parsed<std::string> read_term(std::string_view text, std::size_t& at) {
  const std::size_t begin = at;
  while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) == 0) ++at;
  const std::string_view term = text.substr(begin, at - begin);
  if (term.empty() || !std::all_of(term.begin(), term.end(), is_term_character)) {
    return core::ParseError{fmt::format("Invalid character(s) in term '{}'", term), begin};
  }
  return std::string(term);
}

bool contains(std::string_view message, const std::string& part) {
  return core::find_text(message, part) != std::string_view::npos;
}

}  // namespace

core::Parsed<FilterPattern> FilterPattern::parse(std::string_view text) {
  text = core::trim(text);
  FilterPattern pattern;
  if (text.empty()) return pattern;
  const auto refused = [](std::string_view kind) {
    return core::ParseError{fmt::format("{} filter patterns are not supported", kind), 0};
  };
  if (text.front() == '{') return refused("JSON");
  if (text.front() == '[') return refused("Space-delimited");

  for (std::size_t at = 0; at < text.size();) {
    if (std::isspace(static_cast<unsigned char>(text[at])) != 0) {
      ++at;
      continue;
    }
    if (text[at] == '%') return refused("Regular expression");
    auto* list = &pattern.required_;
    if (text[at] == '?') list = &pattern.any_;
    if (text[at] == '-') list = &pattern.excluded_;
    if (list != &pattern.required_) ++at;
    const bool quoted = at < text.size() && text[at] == '"';
    auto part = quoted ? read_phrase(text, at) : read_term(text, at);
    if (!part) return part.error();
    list->push_back(std::move(part).value());
  }
  // The user guide: "?" cannot be combined with other terms, and what such a pattern matches is
  // not what it says. Refusing is the honest answer.
  if (!pattern.any_.empty() && !(pattern.required_.empty() && pattern.excluded_.empty())) {
    return core::ParseError{"Invalid filter pattern: ?terms cannot be combined with other terms",
                            0};
  }
  return pattern;
}

bool FilterPattern::matches(std::string_view message) const {
  const auto in = [&](const std::string& part) { return contains(message, part); };
  return std::all_of(required_.begin(), required_.end(), in) &&
         std::none_of(excluded_.begin(), excluded_.end(), in) &&
         (any_.empty() || std::any_of(any_.begin(), any_.end(), in));
}

}  // namespace tandem::logs
