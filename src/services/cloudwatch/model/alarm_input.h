// What PutMetricAlarm and PutCompositeAlarm are given, checked (API reference; the texts are those
// that AWS was seen to answer with). Pure.
#pragma once

#include <string>

#include "core/json.h"
#include "services/cloudwatch/model/alarm_action.h"
#include "services/cloudwatch/model/alarm_rule.h"

namespace tandem::cloudwatch {

/// What is stored of the input: its members without Tags. Throws ApiError.
struct AlarmPlace {
  std::string region;
  std::string account;
  Policies policies = Policies::kNotServed;
};
json::object read_metric_alarm(const json::object& input, const AlarmPlace& place);

struct CompositeInput {
  json::object config;
  AlarmRuleExpression expression;
};
/// Whether the alarms that it names exist is the caller's to see. Throws ApiError.
CompositeInput read_composite_alarm(const json::object& input, const AlarmPlace& place);

}  // namespace tandem::cloudwatch
