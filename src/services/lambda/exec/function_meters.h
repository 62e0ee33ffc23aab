// What CloudWatch is told of functions (Lambda Developer Guide, "Using CloudWatch metrics with
// Lambda", "Types of metrics for Lambda functions"): of the Region, a function, a function by the
// qualifier it was called with, and that by the version an alias led to.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/meters.h"
#include "services/lambda/exec/invocation.h"

namespace tandem::lambda {

class FunctionMeters {
 public:
  /// meters: null when nobody asks.
  explicit FunctionMeters(core::Meters* meters) : meters_(meters) {}

  /// The invocation was let in, and ended() comes later. reserved: its function has concurrency of
  /// its own.
  void began(const Invocation& invocation, bool reserved);
  /// Once; its result and duration are known.
  void ended(const Invocation& invocation);
  /// "Throttled requests count neither as Invocations nor as Errors."
  void throttled(const Invocation& invocation);

  void event_received(const std::string& function);
  /// An event is tried, so long after it was taken.
  void event_tried(const std::string& function, double age_ms);
  void event_dropped(const std::string& function);
  void destination_failed(const std::string& function);

 private:
  using MeterPtr = std::shared_ptr<core::Meter>;
  struct OfFunction {
    MeterPtr invocations, errors, throttles, duration;
  };
  struct Running {
    int all = 0;
    bool reserved = false;
    MeterPtr meter;
  };

  OfFunction& of(const Invocation& invocation);
  void record(const core::MeterKind& kind, const std::string& function, double value);
  MeterPtr make(const core::MeterKind& kind, std::vector<core::Dimensions> under);

  core::Meters* meters_;
  std::map<std::string, OfFunction> functions_;  ///< by called ARN and version
  std::map<std::string, Running> running_;       ///< by name, of those with something running
  int all_running_ = 0;
  int unreserved_running_ = 0;
  MeterPtr region_running_;
  MeterPtr region_unreserved_;
};

}  // namespace tandem::lambda
