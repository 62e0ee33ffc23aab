#include "services/autoscaling/model/schedule.h"

#include <chrono>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"

namespace tandem::autoscaling {
namespace {

/// A file as tzdata compiles it.
std::string zone_bytes(std::string_view rule,
                       const std::vector<std::pair<std::int64_t, int>>& changes,
                       const std::vector<std::int32_t>& offsets) {
  const auto number = [](std::int64_t value, int size) {
    std::string bytes;
    for (int i = size - 1; i >= 0; --i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
    return bytes;
  };
  const auto header = [&](std::size_t times, std::size_t types, std::size_t letters) {
    return "TZif2" + std::string(15, '\0') + number(0, 4) + number(0, 4) + number(0, 4) +
           number(static_cast<std::int64_t>(times), 4) +
           number(static_cast<std::int64_t>(types), 4) +
           number(static_cast<std::int64_t>(letters), 4);
  };
  std::string bytes = header(0, 1, 4) + std::string(6, '\0') + std::string("XXX\0", 4);
  bytes += header(changes.size(), offsets.size(), 4);
  for (const auto& [time, kind] : changes) bytes += number(time, 8);
  for (const auto& [time, kind] : changes) bytes += number(kind, 1);
  for (const std::int32_t offset : offsets) bytes += number(offset, 4) + std::string(2, '\0');
  return bytes + std::string("XXX\0", 4) + "\n" + std::string(rule) + "\n";
}

TimeZone zone(std::string_view rule, const std::vector<std::pair<std::int64_t, int>>& changes = {},
              const std::vector<std::int32_t>& offsets = {0}) {
  auto read = TimeZone::parse(zone_bytes(rule, changes, offsets));
  EXPECT_TRUE(read.ok()) << rule;
  return read.ok() ? read.value() : TimeZone();
}

TimeZone new_york() { return zone("EST5EDT,M3.2.0,M11.1.0"); }

std::int64_t utc(int year, int month, int day, int hour = 0, int minute = 0) {
  const std::chrono::sys_days days{std::chrono::year(year) / month / day};
  return days.time_since_epoch().count() * 86'400LL + hour * 3600 + minute * 60;
}

/// The next three moments, in UTC.
std::string next(std::string_view text, std::int64_t from_s, const TimeZone& in = {},
                 int count = 3) {
  const auto reading = Schedule::parse(text);
  if (!reading.schedule) return "none";
  std::string found;
  std::int64_t at_ms = from_s * 1000;
  for (int i = 0; i < count; ++i) {
    const auto next_ms =
        reading.schedule->next_ms(at_ms, from_s * 1000, reading.schedule->interval_s() * 1000, in);
    if (!next_ms) return found + "end";
    at_ms = *next_ms;
    found += core::iso8601_s(at_ms / 1000).substr(0, 16) + " ";
  }
  return found;
}

TEST(TimeZone, ChangesByItsTableAndThenByItsRule) {
  const auto made = zone("EST5EDT,M3.2.0,M11.1.0", {{utc(2020, 1, 1), 1}}, {3600, -18'000});
  EXPECT_EQ(made.offset_at(utc(2019, 12, 31)), 3600);
  EXPECT_EQ(made.offset_at(utc(2026, 1, 15)), -5 * 3600);
  EXPECT_EQ(made.offset_at(utc(2026, 7, 15)), -4 * 3600);
  // 2026-03-08 02:00 EST and 2026-11-01 02:00 EDT.
  EXPECT_EQ(made.offset_at(utc(2026, 3, 8, 6, 59)), -5 * 3600);
  EXPECT_EQ(made.offset_at(utc(2026, 3, 8, 7)), -4 * 3600);
  EXPECT_EQ(made.offset_at(utc(2026, 11, 1, 5, 59)), -4 * 3600);
  EXPECT_EQ(made.offset_at(utc(2026, 11, 1, 6)), -5 * 3600);
}

TEST(TimeZone, KnowsAllFormsOfRules) {
  // Summer over the turn of the year, half an hour, names in brackets, other kinds of days.
  const auto sydney = zone("AEST-10AEDT,M10.1.0,M4.1.0/3");
  EXPECT_EQ(sydney.offset_at(utc(2026, 1, 1)), 11 * 3600);
  EXPECT_EQ(sydney.offset_at(utc(2026, 7, 1)), 10 * 3600);
  const auto lord_howe = zone("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");
  EXPECT_EQ(lord_howe.offset_at(utc(2026, 1, 1)), 11 * 3600);
  EXPECT_EQ(lord_howe.offset_at(utc(2026, 7, 1)), 10 * 3600 + 1800);
  const auto dublin = zone("IST-1GMT0,M10.5.0,M3.5.0/1");
  EXPECT_EQ(dublin.offset_at(utc(2026, 1, 1)), 0);
  EXPECT_EQ(dublin.offset_at(utc(2026, 7, 1)), 3600);
  const auto julian = zone("XXX0YYY,J60/0,300");
  EXPECT_EQ(julian.offset_at(utc(2024, 2, 29, 23)), 0);
  EXPECT_EQ(julian.offset_at(utc(2024, 3, 1)), 3600);
  EXPECT_EQ(zone("<+0545>-5:45").offset_at(0), 5 * 3600 + 45 * 60);
}

TEST(TimeZone, RefusesWhatIsNone) {
  const std::string good = zone_bytes("EST5", {{1, 0}, {2, 0}}, {0});
  EXPECT_TRUE(TimeZone::parse(good).ok());
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(TimeZone::parse(std::string_view(good).substr(0, length)).ok()) << length;
  }
  for (const char* rule : {"E5", "EST", "EST5EDT", "EST5EDT,M13.1.0,M1.1.0", "EST5EDT,M1.1.0",
                           "EST5EDT,M1.6.0,M2.1.0", "EST25", "EST5EDT,J0,J3", "<EST5", "EST5:61"}) {
    EXPECT_FALSE(TimeZone::parse(zone_bytes(rule, {}, {0})).ok()) << rule;
  }
  EXPECT_FALSE(TimeZone::parse(zone_bytes("EST5", {{2, 0}, {1, 0}}, {0})).ok());
  EXPECT_FALSE(TimeZone::parse(zone_bytes("EST5", {{1, 3}}, {0})).ok());
}

TEST(TimeZone, NamesAreFilesBelowTheirFolder) {
  for (const char* name : {"UTC", "America/New_York", "Etc/GMT+5", "America/Argentina/Ushuaia"}) {
    EXPECT_TRUE(is_zone_name(name)) << name;
  }
  for (const char* name : {"", "/etc/passwd", "../x", "a/../b", "a//b", "a b", "a\n", ".x"}) {
    EXPECT_FALSE(is_zone_name(name)) << name;
  }
}

TEST(Schedule, AtIsOnce) {
  EXPECT_EQ(next("at(2026-11-30T10:00:00)", utc(2026, 11, 30)), "2026-11-30T10:00 end");
  EXPECT_EQ(next("at(2026-11-30T10:00:00)", utc(2026, 11, 30), new_york()), "2026-11-30T15:00 end");
  EXPECT_EQ(next("at(2026-11-30T10:00:00)", utc(2026, 12, 1)), "end");
  using Refusal = Schedule::Refusal;
  for (const char* text :
       {"at()", "at(2026-13-30T10:00:00)", "at(2026-11-31T10:00:00)", "at(2026-11-30T24:00:00)",
        "at(2026-11-30 10:00:00)", "at(2026-11-30)", "at(2026-11-30T10:00:00Z)"}) {
    EXPECT_FALSE(Schedule::parse(text).schedule) << text;
    EXPECT_EQ(Schedule::parse(text).refusal, Refusal::kDateTime) << text;
  }
}

TEST(Schedule, RatesCountFromTheirAnchor) {
  const std::int64_t from = utc(2026, 1, 1);
  EXPECT_EQ(next("rate(5 minutes)", from), "2026-01-01T00:05 2026-01-01T00:10 2026-01-01T00:15 ");
  EXPECT_EQ(next("rate(1 day)", from), "2026-01-02T00:00 2026-01-03T00:00 2026-01-04T00:00 ");
  EXPECT_EQ(next("rate(2hours)", from), "2026-01-01T02:00 2026-01-01T04:00 2026-01-01T06:00 ");
  const auto reading = Schedule::parse("rate(1 minute)");
  // At a pace of sixty, and before the anchor.
  EXPECT_EQ(reading.schedule->next_ms(5'500, 0, 1'000, {}), 6'000);
  EXPECT_EQ(reading.schedule->next_ms(5, 700, 1'000, {}), 700);
  for (const char* text :
       {"rate()", "rate(0 minutes)", "rate(5)", "rate(5 weeks)", "rate(-1 day)", "rate(5  minutes)",
        "rate(99999999999999999999 days)", "rate(4000000000 days)", "rate(5 minutess)",
        "every(5 minutes)", "rate", "rate(5 minutes", "5 minutes", ""}) {
    EXPECT_FALSE(Schedule::parse(text).schedule) << text;
  }
}

TEST(Schedule, CronHasAwsForms) {
  const std::int64_t from = utc(2026, 11, 30, 12);  // a Monday
  struct Row {
    const char* text;
    const char* found;
  };
  const Row rows[] = {
      {"cron(0 10 * * ? *)", "2026-12-01T10:00 2026-12-02T10:00 2026-12-03T10:00 "},
      {"cron(15 12 ? * MON-FRI *)", "2026-11-30T12:15 2026-12-01T12:15 2026-12-02T12:15 "},
      {"cron(0/30 12 * * ? *)", "2026-11-30T12:30 2026-12-01T12:00 2026-12-01T12:30 "},
      {"cron(0 8 1 * ? *)", "2026-12-01T08:00 2027-01-01T08:00 2027-02-01T08:00 "},
      {"cron(0 0 L * ? *)", "2026-12-31T00:00 2027-01-31T00:00 2027-02-28T00:00 "},
      {"cron(0 0 L-3 * ? *)", "2026-12-28T00:00 2027-01-28T00:00 2027-02-25T00:00 "},
      // January 31 and February 28 of 2027 are Sundays.
      {"cron(0 0 LW * ? *)", "2026-12-31T00:00 2027-01-29T00:00 2027-02-26T00:00 "},
      // December 12 is a Saturday, January 12 and February 12 are weekdays.
      {"cron(0 0 12W * ? *)", "2026-12-11T00:00 2027-01-12T00:00 2027-02-12T00:00 "},
      // The first of May and of August 2027: a Saturday and a Sunday.
      {"cron(0 0 1W 5,8 ? 2027)", "2027-05-03T00:00 2027-08-02T00:00 end"},
      {"cron(0 0 ? * 6#3 *)", "2026-12-18T00:00 2027-01-15T00:00 2027-02-19T00:00 "},
      {"cron(0 0 ? * FRIL *)", "2026-12-25T00:00 2027-01-29T00:00 2027-02-26T00:00 "},
      {"cron(0 0 ? * L *)", "2026-12-05T00:00 2026-12-12T00:00 2026-12-19T00:00 "},
      {"cron(0 0 ? * SAT-SUN *)", "2026-12-05T00:00 2026-12-06T00:00 2026-12-12T00:00 "},
      {"cron(0 0 29 FEB ? *)", "2028-02-29T00:00 2032-02-29T00:00 2036-02-29T00:00 "},
      {"cron(0 0 30 2 ? *)", "end"},
      {"cron(59 23 31 12 ? 2026-2027)", "2026-12-31T23:59 2027-12-31T23:59 end"},
      {"cron(0 0 1 1 ? 1970)", "end"},
      {"cron(0 22-1/3 * * ? *)", "2026-11-30T22:00 2026-12-01T01:00 2026-12-01T22:00 "},
  };
  for (const Row& row : rows) EXPECT_EQ(next(row.text, from), row.found) << row.text;
  for (const char* text : {"cron()",
                           "cron(0 10 * * *)",
                           "cron(0 10 * * ? * *)",
                           "cron(0 10 * * * *)",
                           "cron(0 10 ? * ? *)",
                           "cron(60 10 * * ? *)",
                           "cron(0 24 * * ? *)",
                           "cron(0 0 0 * ? *)",
                           "cron(0 0 32 * ? *)",
                           "cron(0 0 * 13 ? *)",
                           "cron(0 0 ? * 8 *)",
                           "cron(0 0 ? * 6#6 *)",
                           "cron(0 0 * * ? 1969)",
                           "cron(0 0 * * ? 2200)",
                           "cron(0/0 0 * * ? *)",
                           "cron(,0 0 * * ? *)",
                           "cron(0 0 L-31 * ? *)",
                           "cron(0 0 W * ? *)",
                           "cron(0 0 ? * XYZ *)",
                           "cron(0 0 ? * 2027-1 *)",
                           "cron(0 0 * * ? 2030-2027)",
                           "cron(a b c d e f)"}) {
    EXPECT_FALSE(Schedule::parse(text).schedule) << text;
  }
}

TEST(Schedule, ClocksAreFollowedIntoSummerAndBack) {
  // In New York 02:30 is left out on March 8 and comes twice on November 1.
  EXPECT_EQ(next("cron(30 2 * * ? *)", utc(2026, 3, 7), new_york()),
            "2026-03-07T07:30 2026-03-08T07:30 2026-03-09T06:30 ");
  EXPECT_EQ(next("cron(30 1 * * ? *)", utc(2026, 10, 31, 12), new_york()),
            "2026-11-01T05:30 2026-11-02T06:30 2026-11-03T06:30 ");
  EXPECT_EQ(next("cron(0,30 2-3 * * ? *)", utc(2026, 3, 8, 6), new_york(), 4),
            "2026-03-08T07:00 2026-03-08T07:30 2026-03-09T06:00 2026-03-09T06:30 ");
  EXPECT_EQ(next("cron(0 20 * * ? *)", utc(2026, 7, 1), new_york()),
            "2026-07-02T00:00 2026-07-03T00:00 2026-07-04T00:00 ");
}

}  // namespace
}  // namespace tandem::autoscaling
