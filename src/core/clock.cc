#include "core/clock.h"

#include <array>
#include <chrono>
#include <ctime>
#include <fmt/format.h>

namespace tandem::core {
namespace {

std::tm utc(std::int64_t epoch_s) {
  const std::time_t time = epoch_s;
  std::tm parts{};
  gmtime_r(&time, &parts);
  return parts;
}

}  // namespace

std::int64_t SystemClock::now_us() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::int64_t SystemClock::steady_ns() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

std::string iso8601_ms(std::int64_t epoch_ms) {
  const std::tm t = utc(epoch_ms / 1000);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", t.tm_year + 1900, t.tm_mon + 1,
                     t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, epoch_ms % 1000);
}

std::string iso8601_s(std::int64_t epoch_s) {
  const std::tm t = utc(epoch_s);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", t.tm_year + 1900, t.tm_mon + 1,
                     t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

std::string http_date(std::int64_t epoch_s) {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::tm t = utc(epoch_s);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays.at(t.tm_wday), t.tm_mday,
                     kMonths.at(t.tm_mon), t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

}  // namespace tandem::core
