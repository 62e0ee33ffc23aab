#include "services/apigateway/mapping/java_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <limits>

#include "core/text.h"

namespace tandem::apigateway::mapping {

namespace {

/// Of a well-formed sequence.
std::uint32_t code_point(std::string_view sequence) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(sequence[at]); };
  switch (sequence.size()) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1FU) << 6 | (byte(1) & 0x3FU);
    case 3:
      return (byte(0) & 0x0FU) << 12 | (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU);
    default:
      return (byte(0) & 0x07U) << 18 | (byte(1) & 0x3FU) << 12 | (byte(2) & 0x3FU) << 6 |
             (byte(3) & 0x3FU);
  }
}

void append_utf8(std::uint32_t point, std::string& out) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | point >> 18);
    out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

bool is_high(char16_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(char16_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

}  // namespace

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char each) { return static_cast<unsigned char>(each) < 0x80; });
}

std::u16string to_utf16(std::string_view text) {
  std::u16string made;
  made.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = core::utf8_sequence(text);
    const std::uint32_t point = length == 0 ? 0xFFFD : code_point(text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
    if (point < 0x10000) {
      made += static_cast<char16_t>(point);
    } else {
      made += static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10));
      made += static_cast<char16_t>(0xDC00 + ((point - 0x10000) & 0x3FF));
    }
  }
  return made;
}

std::string to_utf8(std::u16string_view text) {
  std::string made;
  made.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char16_t unit = text[at];
    if (is_high(unit) && at + 1 < text.size() && is_low(text[at + 1])) {
      append_utf8(0x10000U + ((unit - 0xD800U) << 10) + (text[at + 1] - 0xDC00U), made);
      ++at;
    } else if (is_high(unit) || is_low(unit)) {
      made += '?';
    } else {
      append_utf8(unit, made);
    }
  }
  return made;
}

std::size_t java_length(std::string_view text) {
  return is_ascii(text) ? text.size() : to_utf16(text).size();
}

std::string java_double(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  if (number == 0) return std::signbit(number) ? "-0.0" : "0.0";
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific);
  std::string_view shortest(buffer, static_cast<std::size_t>(end.ptr - buffer));
  const std::string sign = shortest.front() == '-' ? "-" : "";
  if (!sign.empty()) shortest.remove_prefix(1);
  const std::size_t mark = shortest.find('e');
  int exponent = 0;
  std::string_view power = shortest.substr(mark + 1);
  if (power.front() == '+') power.remove_prefix(1);
  std::from_chars(power.data(), power.data() + power.size(), exponent);
  std::string digits(1, shortest.front());
  if (mark > 2) digits += shortest.substr(2, mark - 2);
  // Double.toString(): plain between 10^-3 and 10^7, otherwise "d.dddEn".
  if (exponent < -3 || exponent >= 7) {
    return sign + digits.substr(0, 1) + "." + (digits.size() > 1 ? digits.substr(1) : "0") + "E" +
           std::to_string(exponent);
  }
  if (exponent < 0) {
    return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  }
  const std::size_t whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() < whole) digits.append(whole - digits.size(), '0');
  return sign + digits.substr(0, whole) + "." +
         (digits.size() > whole ? digits.substr(whole) : "0");
}

std::string escape_java_script(std::string_view text) {
  std::string made;
  made.reserve(text.size() + text.size() / 8);
  std::u16string wide;
  if (!is_ascii(text)) wide = to_utf16(text);
  const std::size_t length = wide.empty() ? text.size() : wide.size();
  for (std::size_t at = 0; at < length; ++at) {
    const auto unit =
        static_cast<std::uint32_t>(wide.empty() ? static_cast<unsigned char>(text[at]) : wide[at]);
    constexpr std::string_view kNamed = "\b\n\t\f\r'\"\\/";
    constexpr std::string_view kNames = "bntfr'\"\\/";
    const std::size_t named =
        unit < 0x80 ? kNamed.find(static_cast<char>(unit)) : std::string_view::npos;
    if (named != std::string_view::npos) {
      made += '\\';
      made += kNames[named];
    } else if (unit < 0x20 || unit > 0x7F) {
      made += fmt::format("\\u{:04X}", unit);
    } else {
      made += static_cast<char>(unit);
    }
  }
  return made;
}

void append_json_text(std::string_view text, std::string& out) {
  out += '"';
  for (const char each : text) {
    constexpr std::string_view kNamed = "\b\n\t\f\r\"\\";
    constexpr std::string_view kNames = "bntfr\"\\";
    const std::size_t named = kNamed.find(each);
    if (named != std::string_view::npos) {
      out += '\\';
      out += kNames[named];
    } else if (static_cast<unsigned char>(each) < 0x20) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(each));
    } else {
      out += each;
    }
  }
  out += '"';
}

}  // namespace tandem::apigateway::mapping
