#include "services/cloudwatch/service.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "core/log.h"
#include "service/table.h"

namespace tandem::cloudwatch {
namespace {

/// Values that are too old go within that time.
constexpr std::chrono::minutes kForgetting{10};
constexpr std::size_t kForgottenAtOnce = 100;
constexpr std::chrono::milliseconds kBetweenSlices{20};

/// Written at once, so that others have a turn.
constexpr std::ptrdiff_t kAtOnce = 100;
/// Kept while the store refuses.
constexpr std::ptrdiff_t kMostPending = 20'000;

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

std::vector<service::Operation> table(api::Scope& scope) {
  using service::row;
  return {
      row(scope, "PutMetricData", api::put_metric_data, {"Namespace", "MetricData"}),
      row(scope, "ListMetrics", api::list_metrics,
          {"Namespace", "MetricName", "Dimensions", "NextToken", "RecentlyActive",
           "IncludeLinkedAccounts=false"}),
      row(scope, "GetMetricStatistics", api::get_metric_statistics,
          {"Namespace", "MetricName", "Dimensions", "StartTime", "EndTime", "Period", "Statistics",
           "ExtendedStatistics", "Unit"}),
      row(scope, "GetMetricData", api::get_metric_data,
          {"MetricDataQueries", "StartTime", "EndTime", "NextToken", "ScanBy", "MaxDatapoints"}),
  };
}

}  // namespace

CloudWatchService::CloudWatchService(service::Environment environment)
    : environment_(std::move(environment)),
      // At another pace of the clock periods of a minute are shorter here (docs/clock.md).
      series_(environment_.store, environment_.config.clock_speed != 1.0),
      scope_{environment_, series_, [this] { return collect(); }},
      operations_(table(scope_)),
      tasks_(environment_.executor) {}

void CloudWatchService::start() {
  since_s_ = scope_.now_s();
  tasks_.spawn("cloudwatch: retention", forget_old());
  tasks_.spawn("cloudwatch: the services' metrics", publish());
}

/// At the end of each minute, as the clock's pace has it.
Task<void> CloudWatchService::publish() {
  using std::chrono::milliseconds;
  constexpr milliseconds kShortest{1'000};
  const milliseconds minute =
      std::max(kShortest, environment_.config.pace().of(milliseconds(60'000)));
  for (;;) {
    const std::int64_t now_ms = environment_.clock.now_ms();
    co_await core::sleep_for(milliseconds(minute.count() - now_ms % minute.count()));
    if (environment_.meters != nullptr) environment_.meters->sample();
    co_await collect();
  }
}

/// What services have measured becomes their metrics' values: of the period that ends, and when
/// somebody is about to read.
Task<void> CloudWatchService::collect() {
  if (environment_.meters == nullptr) co_return;
  const std::int64_t time_s = std::exchange(since_s_, scope_.now_s());
  environment_.meters->take([&](const core::Meter& meter, const core::Aggregate& values) {
    for (const core::Dimensions& dimensions : meter.under()) {
      pending_.push_back(datum_of(meter.kind(), dimensions, values, time_s));
    }
  });
  if (pending_.size() > kMostPending) {
    log::warning("cloudwatch: {} values could not be written and are dropped",
                 pending_.size() - kMostPending);
    pending_.erase(pending_.begin(), pending_.end() - kMostPending);
  }
  while (!pending_.empty()) {
    const auto end = pending_.begin() + std::min<std::ptrdiff_t>(kAtOnce, std::ssize(pending_));
    try {
      series_.add({pending_.begin(), end}, scope_.now_s());
    } catch (const store::StoreError&) {
      co_return;  // the node says why its store refuses; they are tried again
    }
    pending_.erase(pending_.begin(), end);
    if (!pending_.empty()) co_await asio::post(environment_.executor, asio::use_awaitable);
  }
}

Task<void> CloudWatchService::stop() { co_await tasks_.stop(); }

std::function<void()> CloudWatchService::forgetting() {
  return [this] {
    series_.forget();
    pending_.clear();
  };
}

Task<void> CloudWatchService::forget_old() {
  for (;;) {
    co_await core::sleep_for(kForgetting);
    std::string after;
    do {
      try {
        after = series_.forget_old(scope_.now_s(), after, kForgottenAtOnce);
      } catch (const store::StoreError& error) {
        log::warning("cloudwatch: old values stay for now: {}", error.what());
        after.clear();
      }
      co_await core::sleep_for(kBetweenSlices);
    } while (!after.empty());
  }
}

}  // namespace tandem::cloudwatch
