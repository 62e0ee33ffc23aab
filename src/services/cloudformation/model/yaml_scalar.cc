#include <charconv>
#include <cmath>

#include "core/text.h"
#include "services/cloudformation/model/yaml.h"

namespace tandem::cloudformation {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  // YAML 1.1 accepts lower, capitalised and upper case only ("tRUE" is a string).
  const std::string lower = core::to_lower(text);
  for (const std::string_view word : words) {
    if (lower != word) continue;
    std::string capitalised(word);
    capitalised[0] = static_cast<char>(capitalised[0] - 'a' + 'A');
    return text == word || text == capitalised || text == core::to_upper(word);
  }
  return false;
}

std::optional<std::int64_t> integer(std::string_view text, int base) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// YAML 1.1 integers: decimal, octal with a leading 0 and hexadecimal.
std::optional<std::int64_t> parse_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  std::string_view digits = text;
  if (negative || text.starts_with('+')) digits.remove_prefix(1);
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return std::nullopt;
  int base = 10;
  if (digits.starts_with("0x")) {
    base = 16;
    digits.remove_prefix(2);
  } else if (digits.size() > 1 && digits[0] == '0') {
    base = 8;
  }
  if (digits.empty() || digits[0] == '-' || digits[0] == '+') return std::nullopt;
  const auto magnitude = integer(digits, base);
  if (!magnitude) return std::nullopt;
  return negative ? -*magnitude : *magnitude;
}

std::optional<double> parse_float(std::string_view text) {
  std::size_t digits = 0;
  bool point = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      ++digits;
    } else if (c == '.') {
      if (point) return std::nullopt;
      point = true;
    } else if (c != '+' && c != '-' && c != 'e' && c != 'E') {
      return std::nullopt;
    }
  }
  // "1e3" without a point is a string in YAML 1.1.
  if (digits == 0 || !point) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

json::value typed_scalar(std::string_view text) {
  if (text.empty() || text == "~" || is_one_of(text, {"null"})) return nullptr;
  if (is_one_of(text, {"true", "yes", "on"})) return true;
  if (is_one_of(text, {"false", "no", "off"})) return false;
  if (const auto number = parse_integer(text)) return *number;
  if (const auto number = parse_float(text)) return *number;
  return json::string(text);
}

}  // namespace tandem::cloudformation
