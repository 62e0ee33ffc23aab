// CloudWatch of one region: metrics, what is put of them and what can be read, and the alarms that
// watch them.
//
// Not here: dashboards, anomaly detection, Metrics Insights and SEARCH, metric streams, Contributor
// Insights, metrics of other accounts.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/task.h"
#include "service/environment.h"
#include "service/service.h"
#include "services/cloudwatch/api/alarm_operations.h"
#include "services/cloudwatch/api/operations.h"
#include "services/cloudwatch/engine/alarm_engine.h"
#include "services/cloudwatch/ports.h"
#include "services/cloudwatch/store/alarm_store.h"
#include "services/cloudwatch/store/collector.h"
#include "services/cloudwatch/store/series_store.h"

namespace tandem::cloudwatch {

class CloudWatchService final : public service::Service {
 public:
  /// Borrows what ports refer to.
  CloudWatchService(service::Environment environment, CloudWatchPorts ports,
                    AlarmStore::Bounds bounds = {});

  std::string_view name() const override { return "cloudwatch"; }
  const std::vector<service::Operation>& operations() const override { return operations_; }
  void start() override;
  Task<void> stop() override;

  /// For the region's other services: the state an alarm is in; nothing when there is none.
  std::optional<AlarmState> alarm_state(std::string_view name) const;

 private:
  const service::Environment& environment() const override { return environment_; }
  std::function<void()> forgetting() override;
  Task<void> pause() override { return engine_.stop(); }
  void resume() override { engine_.start(); }
  Task<void> forget_old();

  service::Environment environment_;
  SeriesStore series_;
  AlarmStore alarms_;
  Collector collector_;
  AlarmEngine engine_;
  api::Scope scope_;
  api::AlarmScope alarm_scope_;
  std::vector<service::Operation> operations_;
  core::TaskGroup tasks_;
};

}  // namespace tandem::cloudwatch
