#include "aws/scalar.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <fmt/format.h>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

using model::TimestampFormat;
using model::Type;

constexpr double kLatest = 253402300800.0;  // the year 10000

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<double> from_civil(int year, int month, int day, int hour, int minute, int second) {
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(year), std::chrono::month(unsigned(month)),
                            std::chrono::day(unsigned(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const auto days = sys_days(date).time_since_epoch().count();
  return static_cast<double>(days) * 86400.0 + hour * 3600 + minute * 60 + second;
}

/// "Z", "+hh:mm" or "-hhmm" to seconds east of UTC.
std::optional<int> parse_zone(std::string_view zone) {
  if (zone.empty() || zone == "Z" || zone == "z") return 0;
  const auto hours = digits(zone, 1, 2);
  const auto minutes = digits(zone, zone.size() == 6 ? 4 : 3, 2);
  if ((zone[0] != '+' && zone[0] != '-') || !hours || !minutes) return std::nullopt;
  if (zone.size() != 5 && !(zone.size() == 6 && zone[3] == ':')) return std::nullopt;
  const int east = *hours * 3600 + *minutes * 60;
  return zone[0] == '-' ? -east : east;
}

/// ISO 8601 as AWS takes it: a date, or date and time with optional fraction and zone.
std::optional<double> parse_iso8601(std::string_view text) {
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 5, 2);
  const auto day = digits(text, 8, 2);
  if (!year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
  if (text.size() == 10) return from_civil(*year, *month, *day, 0, 0, 0);
  const auto hour = digits(text, 11, 2);
  const auto minute = digits(text, 14, 2);
  const auto second = digits(text, 17, 2);
  if (!hour || !minute || !second || (text[10] != 'T' && text[10] != ' ')) return std::nullopt;
  if (text[13] != ':' || text[16] != ':') return std::nullopt;
  auto rest = text.substr(19);
  double fraction = 0;
  if (!rest.empty() && rest[0] == '.') {
    double unit = 0.1;
    rest.remove_prefix(1);
    while (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') {
      fraction += unit * (rest[0] - '0');
      unit /= 10;
      rest.remove_prefix(1);
    }
  }
  const auto east = parse_zone(rest);
  const auto base = from_civil(*year, *month, *day, *hour, *minute, *second);
  if (!base || !east) return std::nullopt;
  return *base - *east + std::round(fraction * 1e6) / 1e6;
}

/// RFC 9110 §5.6.7, the preferred form: "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<double> parse_http_date(std::string_view text) {
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto comma = text.find(", ");
  if (comma == std::string_view::npos || comma > 9) return std::nullopt;
  text.remove_prefix(comma + 2);
  if (text.size() != 24) return std::nullopt;
  const auto month = kMonths.find(text.substr(3, 3));
  const auto day = digits(text, 0, 2);
  const auto year = digits(text, 7, 4);
  const auto hour = digits(text, 12, 2);
  const auto minute = digits(text, 15, 2);
  const auto second = digits(text, 18, 2);
  if (month == std::string_view::npos || month % 3 != 0 || !day || !year || !hour || !minute ||
      !second || text.substr(20) != " GMT") {
    return std::nullopt;
  }
  return from_civil(*year, int(month / 3) + 1, *day, *hour, *minute, *second);
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<json::value> parse_integer(std::string_view text, Type type) {
  const auto number = core::parse_int(text);
  if (!number) return std::nullopt;
  if (type == Type::kInteger && (*number < INT32_MIN || *number > INT32_MAX)) return std::nullopt;
  return json::value(*number);
}

std::string format_number(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) {
    return fmt::format("{}", static_cast<std::int64_t>(value));
  }
  return fmt::format("{}", value);
}

}  // namespace

std::optional<double> parse_timestamp(std::string_view text, TimestampFormat format) {
  std::optional<double> seconds;
  const bool any = format == TimestampFormat::kDefault;
  if (any || format == TimestampFormat::kIso8601) seconds = parse_iso8601(text);
  if (!seconds && (any || format == TimestampFormat::kRfc822)) seconds = parse_http_date(text);
  if (!seconds && (any || format == TimestampFormat::kUnix)) seconds = parse_number(text);
  if (seconds && std::abs(*seconds) >= kLatest) return std::nullopt;
  return seconds;
}

std::string format_timestamp(double epoch_seconds, TimestampFormat format, Fraction fraction) {
  if (!(std::abs(epoch_seconds) < kLatest)) epoch_seconds = 0;
  const auto whole = static_cast<std::int64_t>(std::floor(epoch_seconds));
  switch (format) {
    case TimestampFormat::kRfc822:
      return core::http_date(whole);
    case TimestampFormat::kUnix:
      return format_number(epoch_seconds);
    default:
      if (fraction == Fraction::kNone) return core::iso8601_s(whole);
      return core::iso8601_ms(static_cast<std::int64_t>(std::llround(epoch_seconds * 1000)));
  }
}

std::optional<json::value> parse_scalar(const model::Member& member, std::string_view text) {
  const auto type = member.shape().type();
  switch (type) {
    case Type::kString:
      return json::value(json::string_view(text.data(), text.size()));
    case Type::kBlob:
      if (!core::base64_decode(text)) return std::nullopt;
      return json::value(json::string_view(text.data(), text.size()));
    case Type::kBoolean:
      if (core::equals_ignoring_case(text, "true")) return json::value(true);
      if (core::equals_ignoring_case(text, "false")) return json::value(false);
      return std::nullopt;
    case Type::kInteger:
    case Type::kLong:
      return parse_integer(text, type);
    case Type::kFloat:
    case Type::kDouble:
      if (const auto number = parse_number(text)) return json::value(*number);
      return std::nullopt;
    case Type::kTimestamp:
      // A client may send another form than the model names; AWS takes all three.
      if (const auto seconds = parse_timestamp(text, TimestampFormat::kDefault)) {
        return json::value(*seconds);
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::string format_scalar(const model::Member& member, const json::value& value,
                          TimestampFormat fallback, Fraction fraction) {
  if (value.is_string()) return json::to_std(value);
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  if (!value.is_number()) return {};
  if (member.shape().is(Type::kTimestamp)) {
    auto format = member.timestamp_format();
    if (format == TimestampFormat::kDefault) format = fallback;
    return format_timestamp(value.to_number<double>(), format, fraction);
  }
  if (value.is_double()) return format_number(value.get_double());
  if (value.is_uint64()) return fmt::format("{}", value.get_uint64());
  return fmt::format("{}", value.get_int64());
}

}  // namespace tandem::aws
