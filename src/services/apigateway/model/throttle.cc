#include "services/apigateway/model/throttle.h"

#include <algorithm>
#include <chrono>

namespace tandem::apigateway {

bool TokenBucket::take(const RateLimit& limit, std::int64_t steady_ns) {
  if (tokens_ < 0) {
    tokens_ = limit.burst;
  } else {
    const double passed_s = static_cast<double>(steady_ns - refilled_ns_) * 1e-9;
    tokens_ = std::min(limit.burst, tokens_ + std::max(passed_s, 0.0) * limit.rate);
  }
  refilled_ns_ = steady_ns;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

std::optional<Period> parse_period(std::string_view text) {
  if (text == "DAY") return Period::kDay;
  if (text == "WEEK") return Period::kWeek;
  if (text == "MONTH") return Period::kMonth;
  return std::nullopt;
}

std::int64_t period_start(Period period, std::int64_t epoch_s) {
  const auto time = std::chrono::sys_seconds(std::chrono::seconds(epoch_s));
  const auto day = std::chrono::floor<std::chrono::days>(time);
  if (period == Period::kDay) return day.time_since_epoch().count();
  if (period == Period::kWeek) {
    const std::chrono::weekday weekday(day);
    return day.time_since_epoch().count() - static_cast<std::int64_t>(weekday.c_encoding());
  }
  const std::chrono::year_month_day date(day);
  const std::chrono::sys_days first = date.year() / date.month() / std::chrono::day(1);
  return first.time_since_epoch().count();
}

std::int64_t quota_left(const Quota& quota, QuotaUse& use, std::int64_t epoch_s) {
  const std::int64_t now = period_start(quota.period, epoch_s);
  if (use.period != now) use = {now, 0};
  const bool first = period_start(quota.period, quota.created_s) == now;
  const std::int64_t limit = quota.limit - (first ? quota.offset : 0);
  return std::max<std::int64_t>(limit - use.used, 0);
}

}  // namespace tandem::apigateway
