// CloudWatch of one region: metrics, what is put of them and what can be read.
//
// Not here: dashboards, anomaly detection, Metrics Insights and SEARCH, metric streams, Contributor
// Insights, metrics of other accounts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/task.h"
#include "service/environment.h"
#include "service/service.h"
#include "services/cloudwatch/api/operations.h"
#include "services/cloudwatch/store/series_store.h"

namespace tandem::cloudwatch {

class CloudWatchService final : public service::Service {
 public:
  explicit CloudWatchService(service::Environment environment);

  std::string_view name() const override { return "cloudwatch"; }
  const std::vector<service::Operation>& operations() const override { return operations_; }
  void start() override;
  Task<void> stop() override;

 private:
  const service::Environment& environment() const override { return environment_; }
  std::function<void()> forgetting() override;
  Task<void> forget_old();
  Task<void> publish();
  Task<void> collect();

  service::Environment environment_;
  SeriesStore series_;
  api::Scope scope_;
  std::vector<service::Operation> operations_;
  core::TaskGroup tasks_;
  std::int64_t since_s_ = 0;    ///< what is measured is of then, until it is collected
  std::vector<Datum> pending_;  ///< collected, and not written yet
};

}  // namespace tandem::cloudwatch
