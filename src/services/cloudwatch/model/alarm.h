// An alarm: what was configured, the state it is in, and what both lead to. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"
#include "services/cloudwatch/model/alarm_evaluation.h"
#include "services/cloudwatch/model/alarm_rule.h"
#include "services/cloudwatch/model/metric_rule.h"
#include "services/cloudwatch/model/suppression.h"

namespace tandem::cloudwatch {

struct AlarmStatus {
  AlarmState value = AlarmState::kInsufficientData;
  std::string reason;
  std::string data;  ///< StateReasonData; empty: none
  std::int64_t updated_ms = 0;
  std::int64_t transitioned_ms = 0;
};

struct Alarm {
  enum class Kind { kMetric, kComposite };
  Kind kind = Kind::kMetric;
  json::object config;  ///< members of PutMetricAlarm's or PutCompositeAlarm's input, without Tags
  std::int64_t configured_ms = 0;
  AlarmStatus status;
  json::object tags;
  Suppression suppression;

  // Out of config.
  std::optional<MetricRule> rule;                 ///< of kMetric
  std::optional<AlarmRuleExpression> expression;  ///< of kComposite

  bool composite() const { return kind == Kind::kComposite; }
  bool actions_enabled() const { return json::bool_or(config, "ActionsEnabled", true); }
  /// The list for a state: AlarmActions, OKActions, InsufficientDataActions.
  const json::array& actions(AlarmState state) const;
  /// Makes rule or expression anew.
  void derive(const std::string& account);

  /// For records. What damage leaves unreadable is as if it were absent.
  json::object to_record() const;
  static Alarm from_record(const json::object& record, const std::string& account);

  /// As DescribeAlarms has it.
  json::object described(std::string_view arn) const;
};

using Alarms = std::map<std::string, Alarm, std::less<>>;

std::optional<AlarmState> alarm_state_of(std::string_view word);
std::string alarm_arn(std::string_view region, std::string_view account, std::string_view name);
/// Of an ARN the name, when it is of an alarm here; of anything else that it is an ARN of, nothing;
/// of a name the name.
std::optional<std::string> alarm_name_of(std::string_view name_or_arn, std::string_view region,
                                         std::string_view account);

}  // namespace tandem::cloudwatch
