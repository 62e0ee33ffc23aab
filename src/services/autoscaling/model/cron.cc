#include "services/autoscaling/model/cron.h"

#include <array>
#include <chrono>
#include <span>
#include <vector>

#include "core/text.h"

namespace tandem::autoscaling {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kDays = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

int last_day(int year, int month) {
  using namespace std::chrono;
  const auto last_of = std::chrono::year(year) / month / last;
  return static_cast<int>(static_cast<unsigned>(last_of.day()));
}

/// 1: Sunday.
int week_day(int year, int month, int day) {
  using namespace std::chrono;
  const weekday found(sys_days(std::chrono::year(year) / month / day));
  return static_cast<int>(found.c_encoding()) + 1;
}

/// Of the same month: a Saturday's is the Friday before it, a Sunday's the Monday after it, unless
/// that were another month's.
int nearest_weekday(int year, int month, int day) {
  const int last = last_day(year, month);
  const int on = week_day(year, month, day);
  if (on == 7) return day > 1 ? day - 1 : day + 2;
  if (on == 1) return day < last ? day + 1 : day - 2;
  return day;
}

}  // namespace

class CronReader {
 public:
  std::optional<Cron> read(std::string_view text) {
    std::vector<std::string_view> fields;
    for (const std::string_view field : core::split(text, ' ')) {
      if (!field.empty()) fields.push_back(field);
    }
    if (fields.size() != 6) return std::nullopt;
    // "You can't specify the Day-of-month and Day-of-week fields in the same cron expression."
    if ((fields[2] == "?") == (fields[4] == "?")) return std::nullopt;
    Cron& c = cron_;
    const bool good = set(fields[0], c.minutes_, 0, 59) && set(fields[1], c.hours_, 0, 23) &&
                      month_day(fields[2]) && set(fields[3], c.months_, 1, 12, kMonths) &&
                      week_day(fields[4]) &&
                      set(fields[5], c.years_, 1970, Cron::kLastYear, {}, Cron::kFirstYear);
    if (!good) return std::nullopt;
    return cron_;
  }

 private:
  using Names = std::span<const std::string_view>;

  static std::optional<int> value(std::string_view text, int least, int most, Names names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (core::equals_ignoring_case(text, names[i])) return least + static_cast<int>(i);
    }
    const auto number = text.size() <= 4 ? core::parse_uint(text) : std::nullopt;
    if (!number || *number < static_cast<std::uint64_t>(least) ||
        *number > static_cast<std::uint64_t>(most)) {
      return std::nullopt;
    }
    return static_cast<int>(*number);
  }

  /// "*", "5", "1-5", "FRI-MON", "0/15", "*/15", "1-30/5", and lists of them.
  template <class Set>
  static bool set(std::string_view field, Set& into, int least, int most, Names names = {},
                  int zero = 0) {
    for (const std::string_view part : core::split(field, ',')) {
      const std::size_t slash = part.find('/');
      const std::string_view range = part.substr(0, slash);
      int step = 1;
      if (slash != std::string_view::npos) {
        const auto given = value(part.substr(slash + 1), 1, most, {});
        if (!given) return false;
        step = *given;
      }
      const std::size_t dash = range.find('-');
      int from = least;
      int to = most;
      if (range != "*") {
        const auto first = value(range.substr(0, dash), least, most, names);
        if (!first) return false;
        from = *first;
        if (dash != std::string_view::npos) {
          const auto second = value(range.substr(dash + 1), least, most, names);
          if (!second) return false;
          to = *second;
        } else if (slash == std::string_view::npos) {
          to = from;
        }
      }
      const int size = most - least + 1;
      // A range may go over the end: FRI-MON. Years do not come round.
      if (to < from && zero != 0) return false;
      const int length = (to - from + size) % size;
      for (int i = 0; i <= length; i += step) {
        into.set(static_cast<std::size_t>(least + (from - least + i) % size - zero));
      }
    }
    return true;
  }

  bool month_day(std::string_view field) {
    using Kind = Cron::MonthDay::Kind;
    Cron::MonthDay& day = cron_.month_day_;
    if (field == "?") return true;
    if (field == "LW") {
      day.kind = Kind::kLastWeekday;
      return true;
    }
    if (field.starts_with('L')) {
      day.kind = Kind::kLast;
      if (field == "L") return true;
      if (field[1] != '-') return false;
      const auto before = value(field.substr(2), 0, 30, {});
      day.number = before.value_or(0);
      return before.has_value();
    }
    if (field.ends_with('W')) {
      day.kind = Kind::kNearestWeekday;
      const auto near = value(field.substr(0, field.size() - 1), 1, 31, {});
      day.number = near.value_or(0);
      return near.has_value();
    }
    day.kind = Kind::kSet;
    return set(field, cron_.days_, 1, 31);
  }

  bool week_day(std::string_view field) {
    using Kind = Cron::WeekDay::Kind;
    Cron::WeekDay& day = cron_.week_day_;
    if (field == "?") return true;
    // "L" alone is the last day of the week.
    if (field == "L") field = "7";
    const std::size_t hash = field.find('#');
    const bool last = field.ends_with('L');
    if (hash == std::string_view::npos && !last) {
      day.kind = Kind::kSet;
      return set(field, cron_.week_days_, 1, 7, kDays);
    }
    day.kind = last ? Kind::kLast : Kind::kNth;
    const auto on = value(field.substr(0, last ? field.size() - 1 : hash), 1, 7, kDays);
    const auto nth = last ? std::optional(1) : value(field.substr(hash + 1), 1, 5, {});
    if (!on || !nth) return false;
    day.day = *on;
    day.nth = *nth;
    return true;
  }

  Cron cron_;
};

std::optional<Cron> Cron::parse(std::string_view text) { return CronReader().read(text); }

bool Cron::falls_on_month_day(int year, int month, int day) const {
  switch (month_day_.kind) {
    case MonthDay::Kind::kAny:
      return true;
    case MonthDay::Kind::kSet:
      return days_.test(static_cast<std::size_t>(day));
    case MonthDay::Kind::kLast:
      return day == last_day(year, month) - month_day_.number;
    case MonthDay::Kind::kLastWeekday:
      return day == nearest_weekday(year, month, last_day(year, month));
    case MonthDay::Kind::kNearestWeekday:
      return month_day_.number <= last_day(year, month) &&
             day == nearest_weekday(year, month, month_day_.number);
  }
  return false;
}

bool Cron::falls_on(int year, int month, int day) const {
  if (!falls_on_month_day(year, month, day)) return false;
  const int on = week_day(year, month, day);
  switch (week_day_.kind) {
    case WeekDay::Kind::kAny:
      return true;
    case WeekDay::Kind::kSet:
      return week_days_.test(static_cast<std::size_t>(on));
    case WeekDay::Kind::kLast:
      return on == week_day_.day && day + 7 > last_day(year, month);
    case WeekDay::Kind::kNth:
      return on == week_day_.day && (day - 1) / 7 + 1 == week_day_.nth;
  }
  return false;
}

std::optional<std::int64_t> Cron::next(std::int64_t after_s, const TimeZone& zone) const {
  using namespace std::chrono;
  const std::int64_t local_s = after_s + zone.offset_at(after_s);
  // A day earlier: clocks that are put back repeat what was left out of no day.
  auto today = floor<std::chrono::days>(sys_seconds(seconds(local_s))) - std::chrono::days(1);
  while (true) {
    const year_month_day date(today);
    const int year = static_cast<int>(date.year());
    const auto month = static_cast<unsigned>(date.month());
    if (year > kLastYear) return std::nullopt;
    const bool in_year =
        year >= kFirstYear && years_.test(static_cast<std::size_t>(year - kFirstYear));
    if (!in_year) {
      today = sys_days(std::chrono::year(std::max(year, kFirstYear - 1) + 1) / 1 / 1);
      continue;
    }
    if (!months_.test(month)) {
      today = sys_days((date.year() / date.month() / last)) + std::chrono::days(1);
      continue;
    }
    const auto day = static_cast<int>(static_cast<unsigned>(date.day()));
    if (falls_on(year, static_cast<int>(month), day)) {
      // A time left out by a clock that was put forward stands behind later ones of its day.
      const std::int64_t midnight_s = today.time_since_epoch().count() * kDay;
      std::optional<std::int64_t> first_s;
      for (std::size_t minute = 0; minute < 24 * 60; ++minute) {
        if (!hours_.test(minute / 60) || !minutes_.test(minute % 60)) continue;
        const std::int64_t at_s = zone.to_utc(midnight_s + static_cast<std::int64_t>(minute) * 60);
        if (at_s > after_s && at_s < first_s.value_or(INT64_MAX)) first_s = at_s;
      }
      if (first_s) return first_s;
    }
    today += std::chrono::days(1);
  }
}

}  // namespace tandem::autoscaling
