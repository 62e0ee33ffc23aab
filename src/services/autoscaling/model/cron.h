// Six-field cron expressions, as AWS's schedules have them (Application Auto Scaling User Guide,
// "Cron expressions"): minutes, hours, day of month, month, day of week, year.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

#include "services/autoscaling/model/time_zone.h"

namespace tandem::autoscaling {

class Cron {
 public:
  /// What stands within "cron(…)": any bytes. Nothing when it is none.
  static std::optional<Cron> parse(std::string_view text);

  /// The first moment after this one at which it is due; nothing when there is none. Epoch seconds.
  std::optional<std::int64_t> next(std::int64_t after_s, const TimeZone& zone) const;

 private:
  /// "L", "L-3", "LW", "15W".
  struct MonthDay {
    enum class Kind { kAny, kSet, kLast, kLastWeekday, kNearestWeekday } kind = Kind::kAny;
    int number = 0;  ///< days before the last; the day whose nearest weekday is meant
  };
  /// "6L", "6#3".
  struct WeekDay {
    enum class Kind { kAny, kSet, kLast, kNth } kind = Kind::kAny;
    int day = 0;  ///< 1: Sunday
    int nth = 0;
  };
  friend class CronReader;

  bool falls_on(int year, int month, int day) const;
  bool falls_on_month_day(int year, int month, int day) const;

  static constexpr int kFirstYear = 1970;
  static constexpr int kLastYear = 2199;
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;
  std::bitset<13> months_;
  std::bitset<8> week_days_;
  std::bitset<kLastYear - kFirstYear + 1> years_;
  MonthDay month_day_;
  WeekDay week_day_;
};

}  // namespace tandem::autoscaling
