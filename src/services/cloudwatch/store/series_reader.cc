#include "services/cloudwatch/store/series_reader.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "core/timer.h"

namespace tandem::cloudwatch {
namespace {

constexpr std::int64_t kMinute_s = 60;
constexpr std::int64_t kHour_s = 3'600;
constexpr std::int64_t kDay_s = 86'400;
/// Records that are read before others have a turn.
constexpr std::int64_t kSlice = 256;

std::int64_t rounded_down(std::int64_t time_s, std::int64_t grid_s) {
  const std::int64_t rest = time_s % grid_s;
  return time_s - (rest < 0 ? rest + grid_s : rest);
}

}  // namespace

std::int64_t rounded_start(std::int64_t start_s, std::int64_t period_s, std::int64_t now_s) {
  const std::int64_t age_s = now_s - start_s;
  if (age_s > 63 * kDay_s) return rounded_down(start_s, kHour_s);
  if (age_s > 15 * kDay_s) return rounded_down(start_s, 5 * kMinute_s);
  return rounded_down(start_s, std::min(period_s, kMinute_s));
}

std::optional<int> resolution_for(std::int64_t start_s, std::int64_t period_s, std::int64_t now_s) {
  const std::int64_t age_s = now_s - start_s;
  // Rounding may have put the start behind the border that what was asked for was before.
  const std::int64_t slack_s = kHour_s;
  std::optional<int> coarsest;
  for (const Retention& each : kRetentions) {
    if (age_s > each.kept_s + (each.resolution_s == 1 ? 0 : slack_s)) continue;
    if (period_s % each.resolution_s != 0) continue;
    // The finest that is kept so long, or a coarser one whose periods begin where these do.
    if (!coarsest || rounded_down(start_s, each.resolution_s) == start_s) {
      coarsest = each.resolution_s;
    }
    if (each.resolution_s == 1 && period_s < kMinute_s) break;
  }
  // Minutes are kept of all metrics, seconds of those that asked for it.
  if (coarsest == 1 && period_s >= kMinute_s) return std::nullopt;
  return coarsest;
}

Task<std::vector<Period>> read_series(const SeriesStore* store, const Metric* metric,
                                      std::string_view unit, std::int64_t period_s,
                                      std::int64_t start_s, std::int64_t end_s,
                                      std::int64_t now_s) {
  constexpr std::chrono::milliseconds kTurn{2};
  std::vector<Period> all;
  const auto resolution = resolution_for(start_s, period_s, now_s);
  if (!resolution) co_return all;
  const auto executor = co_await asio::this_coro::executor;
  core::TimePoint turn = core::TimerClock::now();
  const std::int64_t step_s =
      std::max<std::int64_t>(period_s, kSlice * *resolution / period_s * period_s);
  // Nothing is older than what is kept, and nothing newer than what is taken.
  const std::int64_t oldest_s = now_s - kRetentions.back().kept_s - kDay_s;
  if (start_s < oldest_s) start_s += (oldest_s - start_s) / period_s * period_s;
  end_s = std::min(end_s, now_s + kDay_s);
  for (std::int64_t from_s = start_s; from_s < end_s; from_s += step_s) {
    const std::int64_t to_s = std::min(end_s, from_s + step_s);
    for (Period& each : store->periods(*metric, unit, *resolution, from_s, to_s)) {
      const std::int64_t begin_s = start_s + (each.start_s - start_s) / period_s * period_s;
      if (all.empty() || all.back().start_s != begin_s) all.push_back({begin_s, {}});
      all.back().values.add(each.values);
    }
    if (core::TimerClock::now() - turn < kTurn) continue;
    co_await asio::post(executor, asio::use_awaitable);
    turn = core::TimerClock::now();
  }
  co_return all;
}

}  // namespace tandem::cloudwatch
