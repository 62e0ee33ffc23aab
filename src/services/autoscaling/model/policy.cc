#include "services/autoscaling/model/policy.h"

#include <fmt/format.h>

#include "service/operation.h"
#include "services/autoscaling/errors.h"

namespace tandem::autoscaling {
namespace {

constexpr double kLeastTarget = 10;
constexpr double kMostTarget = 90;
constexpr std::string_view kCreatedBy = ":createdBy/";

/// As Java prints a double: at least one digit behind the point.
std::string number_text(double number) {
  std::string text = fmt::format("{}", number);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string_view name_of(AlarmRole role) {
  switch (role) {
    case AlarmRole::kHigh:
      return "AlarmHigh";
    case AlarmRole::kLow:
      return "AlarmLow";
    case AlarmRole::kProvisionedHigh:
      return "ProvisionedCapacityHigh";
    case AlarmRole::kProvisionedLow:
      return "ProvisionedCapacityLow";
  }
  return "";
}

void check_cooldown(const json::object& configuration, std::string_view member) {
  if (json::int_or(configuration, member, 0) >= 0) return;
  throw errors::validation(fmt::format("{} must be greater than or equal to 0", member));
}

json::object dimension_form(std::string_view name, std::string_view value) {
  return {{"Name", name}, {"Value", value}};
}

}  // namespace

void check_tracking(const json::object* configuration, const Dimension& dimension,
                    std::string_view scalable_dimension) {
  if (configuration == nullptr) {
    throw errors::validation("TargetTrackingScaling policy configuration must be specified");
  }
  if (configuration->contains("CustomizedMetricSpecification")) {
    throw errors::validation(
        fmt::format("Scalable dimension {} does not support CustomizedMetricSpecification.",
                    scalable_dimension));
  }
  const json::object* metric = json::find_object(*configuration, "PredefinedMetricSpecification");
  if (metric == nullptr) {
    throw errors::validation(
        "PredefinedMetricSpecification or CustomizedMetricSpecification must be set for target "
        "tracking scaling.");
  }
  const std::string type = json::string_or(*metric, "PredefinedMetricType");
  if (type != fmt::format("DynamoDB{}CapacityUtilization", dimension.name())) {
    throw errors::validation(
        fmt::format("Scalable dimension {} does not support predefined metric type {}.",
                    scalable_dimension, type));
  }
  if (metric->contains("ResourceLabel")) {
    throw errors::validation(
        fmt::format("Resource label is not supported for predefined metric type {}.", type));
  }
  const double target = json::find_number(*configuration, "TargetValue").value_or(0);
  if (!(target >= kLeastTarget && target <= kMostTarget)) {
    throw errors::validation(fmt::format(
        "For predefined metric type {}, target value must be between '{}' and '{}', "
        "but was '{}'.",
        type, number_text(kLeastTarget), number_text(kMostTarget), number_text(target)));
  }
  check_cooldown(*configuration, "ScaleOutCooldown");
  check_cooldown(*configuration, "ScaleInCooldown");
}

/// "The default value is 0 … for DynamoDB" (API Reference,
/// TargetTrackingScalingPolicyConfiguration).
Tracking tracking_of(const json::object& configuration, core::Pace pace) {
  const auto cooldown = [&](std::string_view member) {
    const std::chrono::seconds on_aws(json::int_or(configuration, member, 0));
    return pace.of(std::chrono::duration_cast<std::chrono::milliseconds>(on_aws)).count();
  };
  return {.target_percent = json::find_number(configuration, "TargetValue").value_or(kMostTarget),
          .out_cooldown_ms = cooldown("ScaleOutCooldown"),
          .in_cooldown_ms = cooldown("ScaleInCooldown"),
          .scales_in = !json::bool_or(configuration, "DisableScaleIn", false)};
}

std::string alarm_name(std::string_view resource, AlarmRole role, std::string_view uuid) {
  return fmt::format("TargetTracking-{}-{}-{}", resource, name_of(role), uuid);
}

/// Two minutes above the target, fifteen below twenty points less, and fifteen in which the
/// capacity is another than the thresholds stand for, since somebody changed it by hand.
json::object alarm_input(const Dimension& dimension, AlarmRole role, std::string_view name,
                         std::string_view action, double target_percent, std::int64_t capacity) {
  const bool high = role == AlarmRole::kHigh || role == AlarmRole::kProvisionedHigh;
  const bool consumed = role == AlarmRole::kHigh || role == AlarmRole::kLow;
  json::array dimensions;
  dimensions.push_back(dimension_form("TableName", dimension.table));
  if (!dimension.index.empty()) {
    dimensions.push_back(dimension_form("GlobalSecondaryIndexName", dimension.index));
  }
  double threshold = static_cast<double>(capacity);
  if (role == AlarmRole::kHigh) threshold = high_threshold(target_percent, capacity);
  if (role == AlarmRole::kLow) threshold = low_threshold(target_percent, capacity);
  json::object input{
      {"AlarmName", name},
      {"AlarmDescription",
       fmt::format("DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {}.", action)},
      {"ActionsEnabled", true},
      {"Namespace", "AWS/DynamoDB"},
      {"MetricName",
       fmt::format("{}{}CapacityUnits", consumed ? "Consumed" : "Provisioned", dimension.name())},
      {"Statistic", consumed ? "Sum" : "Average"},
      {"Period", consumed ? 60 : 300},
      {"EvaluationPeriods", role == AlarmRole::kHigh  ? 2
                            : role == AlarmRole::kLow ? 15
                                                      : 3},
      {"ComparisonOperator", high ? "GreaterThanThreshold" : "LessThanThreshold"},
      {"Threshold", threshold}};
  input["AlarmActions"] = json::array{json::value(action)};
  input["Dimensions"] = std::move(dimensions);
  return input;
}

std::string_view policy_of_action(std::string_view action) {
  return action.substr(0, action.find(kCreatedBy));
}

}  // namespace tandem::autoscaling
