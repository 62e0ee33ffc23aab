#include "services/autoscaling/model/schedule.h"

#include <algorithm>
#include <chrono>

#include "core/text.h"

namespace tandem::autoscaling {
namespace {

/// A hundred years: more is nothing that anybody waits for.
constexpr std::int64_t kLongestRate_s = 100LL * 365 * 86'400;

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

/// "yyyy-MM-ddTHH:mm:ss", as seconds of a clock that knows no zones.
std::optional<std::int64_t> local_time(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00";
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] != '0' && text[i] != kForm[i]) return std::nullopt;
  }
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const auto date = std::chrono::year(*year) / *month / *day;
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * 86'400LL + *hour * 3600 + *minute * 60 + *second;
}

}  // namespace

Schedule::Reading Schedule::read_at(std::string_view inner) {
  const auto local_s = local_time(inner);
  if (!local_s) return {std::nullopt, Refusal::kDateTime};
  return {Schedule(At{*local_s})};
}

/// rate(<number>\s?(minutes?|hours?|days?)), in AWS's own words.
Schedule::Reading Schedule::read_rate(std::string_view inner) {
  const std::size_t end = inner.find_first_not_of("0123456789");
  const auto number = core::parse_uint(inner.substr(0, end));
  if (!number || *number == 0 || end == std::string_view::npos) return {};
  std::string_view unit = inner.substr(end);
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  if (unit.ends_with('s')) unit.remove_suffix(1);
  const std::int64_t seconds = unit == "minute" ? 60
                               : unit == "hour" ? 3600
                               : unit == "day"  ? 86'400
                                                : 0;
  if (seconds == 0 || *number > static_cast<std::uint64_t>(kLongestRate_s / seconds)) return {};
  return {Schedule(Rate{static_cast<std::int64_t>(*number) * seconds})};
}

Schedule::Reading Schedule::parse(std::string_view text) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || !text.ends_with(')')) return {};
  const std::string_view form = text.substr(0, open);
  const std::string_view inner = text.substr(open + 1, text.size() - open - 2);
  if (form == "at") return read_at(inner);
  if (form == "rate") return read_rate(inner);
  if (form != "cron") return {};
  auto cron = Cron::parse(inner);
  if (!cron) return {};
  return {Schedule(*cron)};
}

std::optional<std::int64_t> Schedule::next_ms(std::int64_t after_ms, std::int64_t anchor_ms,
                                              std::int64_t interval_ms,
                                              const TimeZone& zone) const {
  if (const auto* at = std::get_if<At>(&form_)) {
    const std::int64_t at_ms = zone.to_utc(at->local_s) * 1000;
    if (at_ms <= after_ms) return std::nullopt;
    return at_ms;
  }
  if (is_rate()) {
    if (after_ms < anchor_ms) return anchor_ms;
    const std::int64_t interval = std::max<std::int64_t>(interval_ms, 1);
    return anchor_ms + ((after_ms - anchor_ms) / interval + 1) * interval;
  }
  const auto floored_s =
      std::chrono::floor<std::chrono::seconds>(std::chrono::milliseconds(after_ms));
  const auto next_s = std::get<Cron>(form_).next(floored_s.count(), zone);
  if (!next_s) return std::nullopt;
  return *next_s * 1000;
}

}  // namespace tandem::autoscaling
