// Application Auto Scaling of one region: the capacity of DynamoDB's tables.
//
// Not here: what other services scale, predictive scaling.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/environment.h"
#include "service/service.h"
#include "services/autoscaling/ports.h"

namespace tandem::autoscaling {

class AutoscalingService final : public service::Service {
 public:
  /// Borrows what ports refer to.
  AutoscalingService(service::Environment environment, AutoscalingPorts ports);
  ~AutoscalingService() override;

  std::string_view name() const override { return "application-autoscaling"; }
  const std::vector<service::Operation>& operations() const override;
  /// Goes on with what was under way when the process ended.
  void start() override;
  Task<void> stop() override;

  /// For DynamoDB: whether a policy follows the load of the table's writes.
  bool scales_writes(std::string_view table) const;

  /// For `tandem capacity`: what regions need, from their loads (model/capacity_plan.h). Throws
  /// std::invalid_argument.
  static json::object capacity_plan(const json::object& request);

  /// For CloudWatch: an alarm with a scaling policy as its action went over into ALARM, or a minute
  /// of AWS's time has passed in it. policy_arn: as the alarm has it, ":createdBy/<uuid>" may be at
  /// its end; data: the evaluation's StateReasonData. Returns why it could not be executed. Throws
  /// StoreError.
  Task<std::optional<std::string>> alarm_fired(std::string policy_arn, std::string alarm,
                                               std::string data);

 private:
  const service::Environment& environment() const override;
  std::function<void()> forgetting() override;
  Task<void> pause() override { return stop(); }
  void resume() override { start(); }

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::autoscaling
