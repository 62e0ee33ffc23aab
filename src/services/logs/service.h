// CloudWatch Logs of one region: log groups, streams and events.
//
// Not here: metric and subscription filters, Insights queries, exports, encryption.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "service/environment.h"
#include "service/service.h"
#include "services/logs/model/put_rules.h"
#include "services/logs/store/log_store.h"

namespace tandem::logs {

class LogsService final : public service::Service {
 public:
  explicit LogsService(service::Environment environment);

  std::string_view name() const override { return "logs"; }
  const std::vector<service::Operation>& operations() const override { return operations_; }

  /// For the region's other services: adds events, creating group and stream when they are
  /// missing, as Lambda does. Messages over the event limit are cut.
  void append(std::string_view group, std::string_view stream, std::vector<LogEvent> events);
  void append(std::string_view group, std::string_view stream, std::int64_t timestamp_ms,
              std::string message);
  bool has_group(std::string_view group) const { return logs_.group(group).has_value(); }

 private:
  const service::Environment& environment() const override { return environment_; }
  std::function<void()> forgetting() override;

  service::Environment environment_;
  LogStore logs_;
  std::vector<service::Operation> operations_;
};

}  // namespace tandem::logs
