#include "services/autoscaling/model/time_zone.h"

#include <algorithm>
#include <chrono>

#include "core/text.h"

namespace tandem::autoscaling {
namespace {

constexpr std::int64_t kDay = 86'400;
/// tzdata's largest is below 4 kB; a table of this many changes is none.
constexpr std::size_t kMostChanges = 4'096;
/// RFC 8536 §3.2: more than a day and a bit from UTC is no zone.
constexpr std::int64_t kMostOffset = 26 * 3600;

std::int64_t days_of(int year, int month, int day) {
  using namespace std::chrono;
  const sys_days days{std::chrono::year(year) / month / day};
  return days.time_since_epoch().count();
}

int year_of(std::int64_t local_s) {
  using namespace std::chrono;
  const auto days = floor<std::chrono::days>(sys_seconds(seconds(local_s)));
  return static_cast<int>(year_month_day(days).year());
}

core::ParseError wrong(std::string_view why, std::size_t at) { return {std::string(why), at}; }

}  // namespace

/// The rule behind the table: "EST5EDT,M3.2.0,M11.1.0" (POSIX.1-2017, Base Definitions 8.3, with
/// RFC 8536's hours from -167 to 167).
class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_(text) {}

  std::optional<TimeZone::Rule> read() {
    TimeZone::Rule rule;
    const auto standard = name() ? offset() : std::nullopt;
    if (!standard) return std::nullopt;
    rule.standard_s = -*standard;
    if (text_.empty()) return rule;
    if (!name()) return std::nullopt;
    rule.summer_s = rule.standard_s + 3600;
    if (!text_.starts_with(',')) {
      const auto summer = offset();
      if (!summer) return std::nullopt;
      rule.summer_s = -*summer;
    }
    rule.begin = change();
    rule.end = rule.begin ? change() : std::nullopt;
    if (!rule.end || !text_.empty()) return std::nullopt;
    return rule;
  }

 private:
  bool take(char wanted) {
    if (!text_.starts_with(wanted)) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool name() {
    if (take('<')) {
      const std::size_t end = text_.find('>');
      if (end == std::string_view::npos) return false;
      text_.remove_prefix(end + 1);
      return true;
    }
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto end = std::find_if_not(text_.begin(), text_.end(), letter);
    const auto length = static_cast<std::size_t>(end - text_.begin());
    text_.remove_prefix(length);
    return length >= 3;
  }

  std::optional<int> number(int most) {
    int value = 0;
    std::size_t digits = 0;
    while (digits < text_.size() && digits < 3 && text_[digits] >= '0' && text_[digits] <= '9') {
      value = value * 10 + (text_[digits++] - '0');
    }
    text_.remove_prefix(digits);
    if (digits == 0 || value > most) return std::nullopt;
    return value;
  }

  /// "[+-]hh[:mm[:ss]]"
  std::optional<std::int64_t> offset(int most_hours = 24) {
    const bool negative = take('-');
    if (!negative) take('+');
    const auto hours = number(most_hours);
    if (!hours) return std::nullopt;
    std::int64_t seconds = *hours * 3600LL;
    for (const int unit : {60, 1}) {
      if (!take(':')) break;
      const auto part = number(59);
      if (!part) return std::nullopt;
      seconds += *part * unit;
    }
    return negative ? -seconds : seconds;
  }

  std::optional<TimeZone::Change> change() {
    using Kind = TimeZone::Change::Kind;
    if (!take(',')) return std::nullopt;
    TimeZone::Change made;
    std::optional<int> day;
    if (take('M')) {
      const auto month = number(12);
      const auto week = month && take('.') ? number(5) : std::nullopt;
      day = week && take('.') ? number(6) : std::nullopt;
      if (!day || *month == 0 || *week == 0) return std::nullopt;
      made.month = *month;
      made.week = *week;
    } else {
      made.kind = take('J') ? Kind::kJulian : Kind::kDayOfYear;
      day = number(365);
      if (!day || (made.kind == Kind::kJulian && *day == 0)) return std::nullopt;
    }
    made.day = *day;
    if (!take('/')) return made;
    const auto time = offset(167);
    if (!time) return std::nullopt;
    made.time_s = *time;
    return made;
  }

  std::string_view text_;
};

/// RFC 8536 §3: a header and block for 32-bit times, the same again for 64-bit ones, and the rule
/// between two newlines.
class ZoneReader {
 public:
  explicit ZoneReader(std::string_view bytes) : bytes_(bytes) {}

  core::Parsed<TimeZone> read() {
    Header header;
    if (!read_header(header)) return wrong("not a time zone", 0);
    if (header.version < '2') return wrong("a time zone of 32 bits", 4);
    const std::uint64_t first = size_of(header, 4);
    if (first > bytes_.size() - at_) return wrong("it ends within its first block", at_);
    at_ += static_cast<std::size_t>(first);
    if (!read_header(header)) return wrong("no second header", at_);
    if (header.types == 0 || header.types > 256 || header.times > kMostChanges) {
      return wrong("numbers out of bounds", at_);
    }
    if (size_of(header, 8) > bytes_.size() - at_) return wrong("it ends within its block", at_);
    return read_block(header);
  }

 private:
  struct Header {
    char version = 0;
    std::uint32_t utc_flags = 0, standard_flags = 0, leaps = 0, times = 0, types = 0, letters = 0;
  };

  std::uint64_t number(std::size_t at, std::size_t size) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = value << 8 | static_cast<unsigned char>(bytes_[at + i]);
    }
    return value;
  }

  bool read_header(Header& header) {
    constexpr std::size_t kHeader = 44;
    if (bytes_.size() - at_ < kHeader || bytes_.substr(at_, 4) != "TZif") return false;
    header.version = bytes_[at_ + 4];
    std::uint32_t* const counts[] = {&header.utc_flags, &header.standard_flags, &header.leaps,
                                     &header.times,     &header.types,          &header.letters};
    for (std::size_t i = 0; i < 6; ++i) {
      *counts[i] = static_cast<std::uint32_t>(number(at_ + 20 + 4 * i, 4));
    }
    at_ += kHeader;
    return true;
  }

  static std::uint64_t size_of(const Header& header, std::uint64_t time) {
    return header.times * (time + 1) + header.types * 6ULL + header.letters +
           header.leaps * (time + 4) + header.standard_flags + header.utc_flags;
  }

  core::Parsed<TimeZone> read_block(const Header& header) {
    TimeZone zone;
    const std::size_t kinds = at_ + 8UL * header.times;
    const std::size_t types = kinds + header.times;
    std::vector<std::int32_t> offsets;
    for (std::size_t i = 0; i < header.types; ++i) {
      offsets.push_back(static_cast<std::int32_t>(number(types + 6 * i, 4)));
      if (std::abs(static_cast<std::int64_t>(offsets.back())) > kMostOffset) {
        return wrong("an offset out of bounds", types + 6 * i);
      }
    }
    zone.first_offset_ = offsets.front();
    for (std::size_t i = 0; i < header.times; ++i) {
      const auto time = static_cast<std::int64_t>(number(at_ + 8 * i, 8));
      const auto kind = static_cast<std::size_t>(number(kinds + i, 1));
      if (kind >= offsets.size()) return wrong("a change to nothing", kinds + i);
      if (!zone.changes_.empty() && time <= zone.changes_.back()) {
        return wrong("changes out of order", at_ + 8 * i);
      }
      zone.changes_.push_back(time);
      zone.offsets_.push_back(offsets[kind]);
    }
    at_ += static_cast<std::size_t>(size_of(header, 8));
    const std::string_view rest = bytes_.substr(at_);
    const std::size_t end = rest.find('\n', 1);
    if (!rest.starts_with('\n') || end == std::string_view::npos) {
      return wrong("no rule behind its block", at_);
    }
    if (end == 1) return zone;  // none: the last change is the last
    zone.rule_ = RuleReader(rest.substr(1, end - 1)).read();
    if (!zone.rule_) return wrong("a rule that is none", at_ + 1);
    return zone;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

core::Parsed<TimeZone> TimeZone::parse(std::string_view bytes) { return ZoneReader(bytes).read(); }

/// Local time of a change, as seconds of a clock that knows no zones.
std::int64_t TimeZone::moment_of(const Change& change, int year) {
  using namespace std::chrono;
  std::int64_t day = days_of(year, 1, 1);
  switch (change.kind) {
    case Change::Kind::kDayOfYear:
      day += change.day;
      break;
    case Change::Kind::kJulian:
      // February 29 is never counted.
      day += change.day - 1;
      if (change.day >= 60 && std::chrono::year(year).is_leap()) ++day;
      break;
    case Change::Kind::kMonthWeekDay: {
      const auto month = std::chrono::year(year) / change.month;
      const weekday wanted(static_cast<unsigned>(change.day));
      const sys_days found = change.week == 5
                                 ? sys_days(month / wanted[last])
                                 : sys_days(month / wanted[static_cast<unsigned>(change.week)]);
      day = found.time_since_epoch().count();
      break;
    }
  }
  return day * kDay + change.time_s;
}

std::int64_t TimeZone::by_rule(std::int64_t utc_s) const {
  if (!rule_->begin) return rule_->standard_s;
  const int year = year_of(utc_s + rule_->standard_s);
  const std::int64_t begin = moment_of(*rule_->begin, year) - rule_->standard_s;
  const std::int64_t end = moment_of(*rule_->end, year) - rule_->summer_s;
  const bool summer = begin < end ? utc_s >= begin && utc_s < end : utc_s >= begin || utc_s < end;
  return summer ? rule_->summer_s : rule_->standard_s;
}

std::int64_t TimeZone::offset_at(std::int64_t utc_s) const {
  const auto next = std::upper_bound(changes_.begin(), changes_.end(), utc_s);
  if (next == changes_.end() && rule_) return by_rule(utc_s);
  if (next == changes_.begin()) return first_offset_;
  return offsets_[static_cast<std::size_t>(next - changes_.begin()) - 1];
}

std::int64_t TimeZone::to_utc(std::int64_t local_s) const {
  const std::int64_t before = offset_at(local_s - kDay);
  if (offset_at(local_s - before) == before) return local_s - before;
  const std::int64_t after = offset_at(local_s + kDay);
  if (offset_at(local_s - after) == after) return local_s - after;
  return local_s - before;
}

bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 64) return false;
  for (const std::string_view part : core::split(name, '/')) {
    if (part.empty() || part.front() == '.' || part.front() == '-') return false;
    const bool plain = std::all_of(part.begin(), part.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-' || c == '+';
    });
    if (!plain) return false;
  }
  return true;
}

}  // namespace tandem::autoscaling
