#include "services/cloudwatch/model/alarm.h"

#include <utility>

#include "aws/arn.h"

namespace tandem::cloudwatch {
namespace {

std::string_view list_of(AlarmState state) {
  switch (state) {
    case AlarmState::kAlarm:
      return "AlarmActions";
    case AlarmState::kOk:
      return "OKActions";
    case AlarmState::kInsufficientData:
      break;
  }
  return "InsufficientDataActions";
}

double seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000; }

}  // namespace

std::optional<AlarmState> alarm_state_of(std::string_view word) {
  for (const auto state : {AlarmState::kOk, AlarmState::kAlarm, AlarmState::kInsufficientData}) {
    if (word == name_of(state)) return state;
  }
  return std::nullopt;
}

std::string alarm_arn(std::string_view region, std::string_view account, std::string_view name) {
  return aws::make_arn("cloudwatch", region, account, "alarm:" + std::string(name));
}

std::optional<std::string> alarm_name_of(std::string_view name_or_arn, std::string_view region,
                                         std::string_view account) {
  if (!name_or_arn.starts_with("arn:")) return std::string(name_or_arn);
  const std::string prefix = alarm_arn(region, account, "");
  if (!name_or_arn.starts_with(prefix) || name_or_arn.size() == prefix.size()) return std::nullopt;
  return std::string(name_or_arn.substr(prefix.size()));
}

const json::array& Alarm::actions(AlarmState state) const {
  static const json::array kNone;
  const json::array* list = json::find_array(config, list_of(state));
  return list == nullptr ? kNone : *list;
}

void Alarm::derive(const std::string& account) {
  rule.reset();
  expression.reset();
  if (!composite()) {
    rule = metric_rule_of(config, account);
    return;
  }
  auto parsed = AlarmRuleExpression::parse(json::string_or(config, "AlarmRule"));
  if (parsed) expression = std::move(parsed).value();
}

json::object Alarm::to_record() const {
  json::object record{{"kind", composite() ? "composite" : "metric"},
                      {"config", config},
                      {"configured_ms", configured_ms},
                      {"state", name_of(status.value)},
                      {"reason", status.reason},
                      {"updated_ms", status.updated_ms},
                      {"transitioned_ms", status.transitioned_ms}};
  if (!status.data.empty()) record["data"] = status.data;
  if (!tags.empty()) record["tags"] = tags;
  if (suppression.by() != Suppression::By::kNothing) {
    record["suppressed_by"] = name_of(suppression.by());
    record["held"] = suppression.held();
    record["suppressed_until_ms"] = suppression.due_ms().value_or(0);
  }
  return record;
}

Alarm Alarm::from_record(const json::object& record, const std::string& account) {
  Alarm alarm;
  alarm.kind = json::string_or(record, "kind") == "composite" ? Kind::kComposite : Kind::kMetric;
  if (const auto* config = json::find_object(record, "config")) alarm.config = *config;
  alarm.configured_ms = json::int_or(record, "configured_ms", 0);
  alarm.status.value =
      alarm_state_of(json::string_or(record, "state")).value_or(AlarmState::kInsufficientData);
  alarm.status.reason = json::string_or(record, "reason");
  alarm.status.data = json::string_or(record, "data");
  alarm.status.updated_ms = json::int_or(record, "updated_ms", 0);
  alarm.status.transitioned_ms = json::int_or(record, "transitioned_ms", 0);
  if (const auto* tags = json::find_object(record, "tags")) alarm.tags = *tags;
  alarm.suppression = Suppression::restored(
      suppression_of(json::string_or(record, "suppressed_by")),
      json::bool_or(record, "held", false), json::int_or(record, "suppressed_until_ms", 0));
  alarm.derive(account);
  return alarm;
}

json::object Alarm::described(std::string_view arn) const {
  json::object out = config;
  out["ActionsEnabled"] = actions_enabled();
  out["AlarmArn"] = arn;
  out["AlarmConfigurationUpdatedTimestamp"] = seconds(configured_ms);
  out["StateValue"] = name_of(status.value);
  out["StateReason"] = status.reason;
  if (!status.data.empty()) out["StateReasonData"] = status.data;
  out["StateUpdatedTimestamp"] = seconds(status.updated_ms);
  out["StateTransitionedTimestamp"] = seconds(status.transitioned_ms);
  // Lists are there though they are empty, whatever was given.
  for (const char* list : {"OKActions", "AlarmActions", "InsufficientDataActions"}) {
    if (!out.contains(list)) out[list] = json::array();
  }
  if (!composite()) {
    if (!out.contains("Dimensions")) out["Dimensions"] = json::array();
    return out;
  }
  if (suppression.by() != Suppression::By::kNothing) {
    const std::string by(name_of(suppression.by()));
    out["ActionsSuppressedBy"] = by;
    out["ActionsSuppressedReason"] = "Actions suppressed by " + by;
  }
  return out;
}

}  // namespace tandem::cloudwatch
