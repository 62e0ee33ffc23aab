#include "services/cloudwatch/model/alarm_text.h"

#include <array>
#include <cmath>
#include <fmt/format.h>

#include "core/clock.h"

namespace tandem::cloudwatch {
namespace {

struct Civil {
  std::string year, month, day, time;  ///< "2026", "05", "01", "04:15:00"
  std::string milliseconds;            ///< "000"
};

Civil civil(std::int64_t epoch_ms) {
  const std::string iso = core::iso8601_ms(epoch_ms);  // 2026-05-01T04:15:00.000Z
  return {iso.substr(0, 4), iso.substr(5, 2), iso.substr(8, 2), iso.substr(11, 8),
          iso.substr(20, 3)};
}

constexpr std::array<std::string_view, 7> kDays = {"Thursday", "Friday",  "Saturday", "Sunday",
                                                   "Monday",   "Tuesday", "Wednesday"};
constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

}  // namespace

std::string number_text(double value) {
  const double size = std::abs(value);
  if (size != 0 && std::isfinite(value) && (size < 1e-3 || size >= 1e7)) {
    // The shortest digits that mean the value: "1.5e+08".
    std::string text = fmt::format("{:e}", value);
    for (int digits = 0; digits <= 17; ++digits) {
      text = fmt::format("{:.{}e}", value, digits);
      if (std::stod(text) == value) break;
    }
    const std::size_t e = text.find('e');
    std::string digits = text.substr(0, e);
    if (digits.find('.') == std::string::npos) digits += ".0";
    return fmt::format("{}E{}", digits, std::stoi(text.substr(e + 1)));
  }
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".ni") == std::string::npos) text += ".0";
  return text;
}

std::string json_text(const json::value& document) {
  if (document.is_double()) return number_text(document.get_double());
  std::string text;
  if (const json::array* list = document.if_array()) {
    for (const json::value& each : *list) text += (text.empty() ? "" : ",") + json_text(each);
    return "[" + text + "]";
  }
  if (const json::object* members = document.if_object()) {
    for (const auto& [key, value] : *members) {
      text += (text.empty() ? "" : ",") + json::to_text(json::string(key)) + ":" + json_text(value);
    }
    return "{" + text + "}";
  }
  return json::to_text(document);
}

std::string reason_time(std::int64_t epoch_ms) {
  const Civil at = civil(epoch_ms);
  return fmt::format("{}/{}/{} {}", at.day, at.month, at.year.substr(2), at.time);
}

std::string data_time(std::int64_t epoch_ms) {
  const Civil at = civil(epoch_ms);
  return fmt::format("{}-{}-{}T{}.{}+0000", at.year, at.month, at.day, at.time, at.milliseconds);
}

std::string long_time(std::int64_t epoch_ms) {
  const Civil at = civil(epoch_ms);
  const std::int64_t days = epoch_ms / 86'400'000;  // the epoch's first day was a Thursday
  return fmt::format("{} {} {}, {} {} UTC", kDays[static_cast<std::size_t>(days % 7)], at.day,
                     kMonths[static_cast<std::size_t>(std::stoi(at.month) - 1)], at.year, at.time);
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace tandem::cloudwatch
