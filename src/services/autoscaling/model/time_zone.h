// A time zone of the IANA database, as a machine's tzdata has it compiled (TZif, RFC 8536).
//
// GCC 12's library has no time zones, libc's are one for a whole process, and ICU's data is larger
// than Tandem. A file is a table and a rule for what comes after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/parsed.h"

namespace tandem::autoscaling {

class TimeZone {
 public:
  /// UTC.
  TimeZone() = default;
  /// Of a file's bytes: any bytes.
  static core::Parsed<TimeZone> parse(std::string_view bytes);

  /// Seconds to add to UTC for local time.
  std::int64_t offset_at(std::int64_t utc_s) const;
  /// Of a local time that comes twice the first; one that a clock put forward leaves out stands as
  /// far behind the change as it would have stood behind it without.
  std::int64_t to_utc(std::int64_t local_s) const;

 private:
  /// A day of the year on which clocks change, as POSIX writes it.
  struct Change {
    enum class Kind { kMonthWeekDay, kJulian, kDayOfYear } kind = Kind::kMonthWeekDay;
    int month = 0, week = 0, day = 0;
    std::int64_t time_s = 7200;  ///< local, behind the day's midnight
  };
  struct Rule {
    std::int64_t standard_s = 0;
    std::int64_t summer_s = 0;
    std::optional<Change> begin, end;  ///< both, or there is no summer time
  };
  friend class ZoneReader;
  friend class RuleReader;

  std::int64_t by_rule(std::int64_t utc_s) const;
  static std::int64_t moment_of(const Change& change, int year);

  std::vector<std::int64_t> changes_;  ///< UTC seconds, rising
  std::vector<std::int32_t> offsets_;  ///< from each of them on
  std::int32_t first_offset_ = 0;
  std::optional<Rule> rule_;  ///< after the last change
};

/// Whether a name is of the database's form, so that it is a file below its folder:
/// "America/New_York".
bool is_zone_name(std::string_view name);

}  // namespace tandem::autoscaling
