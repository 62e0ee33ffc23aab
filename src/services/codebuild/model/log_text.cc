#include "services/codebuild/model/log_text.h"

#include <chrono>
#include <fmt/format.h>

namespace tandem::codebuild {

std::string container_line(std::int64_t now_us, std::string_view text) {
  using namespace std::chrono;
  const sys_time<microseconds> now{microseconds(now_us)};
  const auto day = floor<days>(now);
  const year_month_day date(day);
  const hh_mm_ss time(now - day);
  return fmt::format(
      "[Container] {:04}/{:02}/{:02} {:02}:{:02}:{:02}.{:06} {}\n", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
      time.minutes().count(), time.seconds().count(), time.subseconds().count(), text);
}

}  // namespace tandem::codebuild
