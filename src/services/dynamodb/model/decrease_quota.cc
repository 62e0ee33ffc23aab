#include "services/dynamodb/model/decrease_quota.h"

#include <array>
#include <cmath>
#include <ctime>
#include <fmt/format.h>
#include <string>

namespace tandem::dynamodb {
namespace {

constexpr std::int64_t kFree = 4;

std::int64_t day_of(double now_s, core::Pace pace) {
  const std::chrono::duration<double> day = pace.of(std::chrono::milliseconds(86'400'000));
  return static_cast<std::int64_t>(std::floor(now_s / day.count()));
}

/// "Monday, October 10, 2022 at 1:00:19 PM Coordinated Universal Time", in no locale but this.
std::string long_time(double epoch_s) {
  constexpr std::array<std::string_view, 7> kDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                  "Thursday", "Friday", "Saturday"};
  constexpr std::array<std::string_view, 12> kMonths{
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  const auto time = static_cast<std::time_t>(epoch_s);
  std::tm parts{};
  gmtime_r(&time, &parts);
  return fmt::format("{}, {} {}, {} at {}:{:02}:{:02} {} Coordinated Universal Time",
                     kDays.at(static_cast<std::size_t>(parts.tm_wday)),
                     kMonths.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_mday,
                     parts.tm_year + 1900, (parts.tm_hour + 11) % 12 + 1, parts.tm_min,
                     parts.tm_sec, parts.tm_hour < 12 ? "AM" : "PM");
}

}  // namespace

std::int64_t decreases_today(const Decreases& decreases, double now_s, core::Pace pace) {
  return day_of(now_s, pace) == decreases.day ? decreases.count : 0;
}

std::optional<aws::ApiError> decrease_refusal(const Decreases& decreases, double now_s,
                                              core::Pace pace) {
  const std::int64_t today = decreases_today(decreases, now_s, pace);
  const std::chrono::duration<double> hour = pace.of(std::chrono::milliseconds(3'600'000));
  const double next_s = decreases.last_s + hour.count();
  if (today < kFree || now_s >= next_s) return std::nullopt;
  // As users have pasted it.
  return aws::ApiError(
      400, "LimitExceededException",
      fmt::format("Subscriber limit exceeded: Provisioned throughput decreases are limited within "
                  "a given UTC day. After the first 4 decreases, each subsequent decrease in the "
                  "same UTC day can be performed at most once every 3600 seconds. Number of "
                  "decreases today: {}. Last decrease at {}. Next decrease can be made at {}",
                  today, long_time(decreases.last_s), long_time(next_s)));
}

Decreases decreased(const Decreases& decreases, double now_s, core::Pace pace) {
  return {day_of(now_s, pace), decreases_today(decreases, now_s, pace) + 1, now_s};
}

}  // namespace tandem::dynamodb
