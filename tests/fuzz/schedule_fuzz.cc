// Schedules and time zones: any bytes end in a schedule or in a refusal, a schedule's next moment
// is behind the one it was asked for, and any bytes of a zone's file end in a zone whose offsets
// stay within bounds. The input is a schedule, a zero byte and a file; without the byte it is both.
//
// sources: src/core/bytes.cc src/core/check.cc src/core/text.cc
// sources: src/services/autoscaling/model/cron.cc src/services/autoscaling/model/schedule.cc
// sources: src/services/autoscaling/model/time_zone.cc
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "services/autoscaling/model/schedule.h"

namespace {

using namespace tandem::autoscaling;

constexpr std::int64_t kMoments[] = {-62'135'596'800, 0, 1'700'000'000, 4'000'000'000,
                                     253'402'300'799};

TimeZone zone_of(std::string_view bytes) {
  const auto read = TimeZone::parse(bytes);
  if (!read) return {};
  for (const std::int64_t moment : kMoments) {
    const std::int64_t offset = read.value().offset_at(moment);
    if (offset > 27 * 3600 || offset < -27 * 3600) std::abort();
    const std::int64_t local = read.value().to_utc(moment) - moment;
    if (local > 28 * 3600 || local < -28 * 3600) std::abort();
  }
  return read.value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\0');
  const std::string_view text = input.substr(0, end);
  const TimeZone zone = zone_of(end == input.npos ? input : input.substr(end + 1));
  (void)is_zone_name(text);
  const auto reading = Schedule::parse(text);
  if (!reading.schedule) return 0;
  std::int64_t at_ms = 1'780'000'000'000;
  for (int i = 0; i < 3; ++i) {
    const auto next =
        reading.schedule->next_ms(at_ms, at_ms, reading.schedule->interval_s() * 1000, zone);
    if (!next) break;
    if (*next <= at_ms) std::abort();
    at_ms = *next;
  }
  return 0;
}
