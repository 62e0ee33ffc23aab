#include "services/cloudwatch/service.h"

#include <chrono>
#include <utility>

#include "core/log.h"
#include "service/table.h"

namespace tandem::cloudwatch {
namespace {

/// Values that are too old go within that time.
constexpr std::chrono::minutes kForgetting{10};
constexpr std::size_t kForgottenAtOnce = 100;
constexpr std::chrono::milliseconds kBetweenSlices{20};

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
      scope_{environment_, series_},
      operations_(table(scope_)),
      tasks_(environment_.executor) {}

void CloudWatchService::start() { tasks_.spawn("cloudwatch: retention", forget_old()); }

Task<void> CloudWatchService::stop() { co_await tasks_.stop(); }

std::function<void()> CloudWatchService::forgetting() {
  return [this] { series_.forget(); };
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
