#include "services/cloudwatch/store/collector.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <iterator>
#include <utility>

#include "core/log.h"

namespace tandem::cloudwatch {
namespace {

using std::chrono::milliseconds;

/// Written at once, so that others have a turn.
constexpr std::ptrdiff_t kAtOnce = 100;
/// Kept while the store refuses.
constexpr std::ptrdiff_t kMostPending = 20'000;

std::int64_t minute_here_ms(core::Pace pace) {
  return std::max(milliseconds(1'000), pace.of(milliseconds(60'000))).count();
}

Datum datum_of(const core::MeterKind& kind, const core::Dimensions& dimensions,
               const core::Aggregate& values, std::int64_t time_s) {
  Datum datum;
  datum.metric.name_space = kind.name_space;
  datum.metric.name = kind.metric;
  for (const auto& [name, value] : dimensions) datum.metric.dimensions.emplace_back(name, value);
  std::sort(datum.metric.dimensions.begin(), datum.metric.dimensions.end());
  datum.unit = kind.unit;
  datum.time_s = time_s;
  datum.values = values;
  return datum;
}

}  // namespace

Collector::Collector(const service::Environment& environment, SeriesStore& series)
    : environment_(environment),
      series_(series),
      minute_ms_(minute_here_ms(environment.config.pace())),
      since_s_(environment.clock.now_s()),
      sampled_(environment.clock.now_ms() / minute_ms_) {}

Task<void> Collector::run() {
  for (;;) {
    const std::int64_t now_ms = environment_.clock.now_ms();
    co_await core::sleep_for(milliseconds(minute_ms_ - now_ms % minute_ms_));
    co_await collect();
  }
}

Task<void> Collector::collect() {
  if (environment_.meters == nullptr) co_return;
  take();
  while (write_some()) co_await asio::post(environment_.executor, asio::use_awaitable);
}

void Collector::take() {
  const std::int64_t minute = environment_.clock.now_ms() / minute_ms_;
  if (std::exchange(sampled_, minute) != minute) environment_.meters->sample();
  const std::int64_t time_s = std::exchange(since_s_, environment_.clock.now_s());
  environment_.meters->take([&](const core::Meter& meter, const core::Aggregate& values) {
    for (const core::Dimensions& dimensions : meter.under()) {
      pending_.push_back(datum_of(meter.kind(), dimensions, values, time_s));
    }
  });
  const std::ptrdiff_t too_many = std::ssize(pending_) - kMostPending;
  if (too_many <= 0) return;
  log::warning("cloudwatch: {} values could not be written and are dropped", too_many);
  pending_.erase(pending_.begin(), pending_.begin() + too_many);
}

/// Whether there is more to be written now.
bool Collector::write_some() {
  if (pending_.empty()) return false;
  const auto end = pending_.begin() + std::min(kAtOnce, std::ssize(pending_));
  try {
    series_.add({pending_.begin(), end}, environment_.clock.now_s());
  } catch (const store::StoreError&) {
    return false;  // the node says why its store refuses
  }
  pending_.erase(pending_.begin(), end);
  return !pending_.empty();
}

}  // namespace tandem::cloudwatch
