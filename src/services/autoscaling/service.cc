#include "services/autoscaling/service.h"

#include <fmt/format.h>
#include <utility>

#include "service/table.h"
#include "services/autoscaling/api/operations.h"
#include "services/autoscaling/engine/tracker.h"
#include "services/autoscaling/model/capacity_plan.h"

namespace tandem::autoscaling {
namespace {

/// RoleARN: for DynamoDB AWS takes the service's own role, whatever is given.
std::vector<service::Operation> table(api::Scope& s) {
  using service::row;
  return {
      row(s, "RegisterScalableTarget", api::register_scalable_target,
          {"ServiceNamespace", "ResourceId", "ScalableDimension", "MinCapacity", "MaxCapacity",
           "RoleARN", "SuspendedState", "Tags"}),
      row(s, "DeregisterScalableTarget", api::deregister_scalable_target,
          {"ServiceNamespace", "ResourceId", "ScalableDimension"}),
      row(s, "DescribeScalableTargets", api::describe_scalable_targets,
          {"ServiceNamespace", "ResourceIds", "ScalableDimension", "MaxResults", "NextToken"}),
      row(s, "PutScalingPolicy", api::put_scaling_policy,
          {"PolicyName", "ServiceNamespace", "ResourceId", "ScalableDimension", "PolicyType",
           "StepScalingPolicyConfiguration", "TargetTrackingScalingPolicyConfiguration"}),
      row(s, "DeleteScalingPolicy", api::delete_scaling_policy,
          {"PolicyName", "ServiceNamespace", "ResourceId", "ScalableDimension"}),
      row(s, "DescribeScalingPolicies", api::describe_scaling_policies,
          {"PolicyNames", "ServiceNamespace", "ResourceId", "ScalableDimension", "MaxResults",
           "NextToken"}),
      row(s, "PutScheduledAction", api::put_scheduled_action,
          {"ServiceNamespace", "Schedule", "Timezone", "ScheduledActionName", "ResourceId",
           "ScalableDimension", "StartTime", "EndTime", "ScalableTargetAction"}),
      row(s, "DeleteScheduledAction", api::delete_scheduled_action,
          {"ServiceNamespace", "ScheduledActionName", "ResourceId", "ScalableDimension"}),
      row(s, "DescribeScheduledActions", api::describe_scheduled_actions,
          {"ScheduledActionNames", "ServiceNamespace", "ResourceId", "ScalableDimension",
           "MaxResults", "NextToken"}),
      row(s, "DescribeScalingActivities", api::describe_scaling_activities,
          {"ServiceNamespace", "ResourceId", "ScalableDimension", "MaxResults", "NextToken",
           "IncludeNotScaledActivities"}),
      row(s, "TagResource", api::tag_resource, {"ResourceARN", "Tags"}),
      row(s, "UntagResource", api::untag_resource, {"ResourceARN", "TagKeys"}),
      row(s, "ListTagsForResource", api::list_tags_for_resource, {"ResourceARN"}),
  };
}

}  // namespace

struct AutoscalingService::State {
  State(service::Environment given, const AutoscalingPorts& ports)
      : environment(std::move(given)),
        records(environment.store),
        tables(ports.api, environment.region),
        alarms(environment, ports.api, tables, records),
        scaler(environment, tables, records, alarms),
        tracker(environment, tables, records, scaler, alarms),
        timetable(environment, ports.zones, records, scaler),
        scope{environment, ports, records, tables, alarms, scaler, timetable},
        operations(table(scope)) {}

  service::Environment environment;
  Records records;
  Tables tables;
  Alarms alarms;
  Scaler scaler;
  Tracker tracker;
  Timetable timetable;
  api::Scope scope;
  std::vector<service::Operation> operations;
};

AutoscalingService::AutoscalingService(service::Environment environment, AutoscalingPorts ports)
    : state_(std::make_unique<State>(std::move(environment), ports)) {}

AutoscalingService::~AutoscalingService() = default;

const std::vector<service::Operation>& AutoscalingService::operations() const {
  return state_->operations;
}

void AutoscalingService::start() {
  state_->alarms.start();
  state_->scaler.start();
  state_->timetable.start();
}

Task<void> AutoscalingService::stop() {
  co_await state_->timetable.stop();
  co_await state_->scaler.stop();
  co_await state_->alarms.stop();
}

bool AutoscalingService::scales_writes(std::string_view table) const {
  const std::string target =
      target_id(fmt::format("table/{}", table), "dynamodb:table:WriteCapacityUnits");
  return !state_->records.ids(Kind::kPolicy, owned_prefix(target)).empty();
}

Task<std::optional<std::string>> AutoscalingService::alarm_fired(std::string policy_arn,
                                                                 std::string alarm,
                                                                 std::string data) {
  return state_->tracker.alarm_fired(std::move(policy_arn), std::move(alarm), std::move(data));
}

const service::Environment& AutoscalingService::environment() const { return state_->environment; }

std::function<void()> AutoscalingService::forgetting() {
  return [this] { state_->records.clear(); };
}

json::object AutoscalingService::capacity_plan(const json::object& request) {
  return plan_document(plan_capacity(read_plan_request(request)));
}

}  // namespace tandem::autoscaling
