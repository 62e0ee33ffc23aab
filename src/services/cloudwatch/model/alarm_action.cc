#include "services/cloudwatch/model/alarm_action.h"

#include <array>
#include <fmt/format.h>
#include <utility>

#include "aws/arn.h"
#include "core/bytes.h"
#include "core/digest.h"
#include "service/operation.h"
#include "services/cloudwatch/errors.h"
#include "services/cloudwatch/model/alarm_text.h"

namespace tandem::cloudwatch {
namespace {

constexpr std::array<std::string_view, 3> kLists = {"OKActions", "AlarmActions",
                                                    "InsufficientDataActions"};

/// Of AWS's alarms, and not of Tandem's.
constexpr std::array<std::string_view, 7> kNotServed = {
    "sns", "automate", "swf", "ssm", "ssm-incidents", "aiops", "chatbot"};

bool is_function(const aws::Arn& arn) {
  return arn.service == "lambda" && arn.resource.starts_with("function:");
}
bool is_policy(const aws::Arn& arn) {
  return arn.service == "autoscaling" && arn.resource.starts_with("scalingPolicy:");
}

void check_action(std::string_view list, const std::string& text, std::string_view region,
                  Alarm::Kind kind, Policies policies) {
  const auto arn = aws::Arn::parse(text);
  if (!arn) throw errors::validation(fmt::format("Invalid arn syntax: {}", text));
  for (const std::string_view service : kNotServed) {
    if (arn->service == service) {
      service::refuse_member(list, fmt::format("actions of {}, such as {}", service, text));
    }
  }
  if (!is_function(*arn) && !is_policy(*arn)) {
    throw errors::validation(fmt::format("Unsupported AWS vendor {}", arn->service));
  }
  if (arn->region != region) {
    throw errors::validation(
        fmt::format("Invalid region {} specified. Only {} is supported.", arn->region, region));
  }
  if (kind == Alarm::Kind::kComposite && is_policy(*arn)) {
    throw errors::validation(
        fmt::format("Composite alarms do not support Auto Scaling actions: {}", text));
  }
  if (is_policy(*arn) && policies == Policies::kNotServed) {
    service::refuse_member(list, fmt::format("scaling policies, such as {}", text));
  }
}

/// A metric within an alarm's event has an id; the alarm's own never changes.
std::string id_of(const std::string& arn) {
  core::Digest digest(core::Digest::Algorithm::kSha256);
  digest.update(arn);
  const std::string hex = core::hex_encode(digest.finish());
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20, 12));
}

json::object metric_form(const json::object& metric) {
  json::object dimensions;
  if (const json::array* list = json::find_array(metric, "Dimensions")) {
    for (const json::value& each : *list) {
      if (const json::object* one = each.if_object()) {
        dimensions[json::string_or(*one, "Name")] = json::string_or(*one, "Value");
      }
    }
  }
  return {{"namespace", json::string_or(metric, "Namespace")},
          {"name", json::string_or(metric, "MetricName")},
          {"dimensions", std::move(dimensions)}};
}

json::object stat_form(const json::object& metric, const json::object& stat,
                       std::string_view statistic) {
  json::object form{{"metric", metric_form(metric)},
                    {"period", json::int_or(stat, "Period", 60)},
                    {"stat", statistic}};
  if (const auto unit = json::find_string(stat, "Unit")) form["unit"] = *unit;
  return form;
}

json::object query_form(const json::object& query) {
  json::object form{{"id", json::string_or(query, "Id")}};
  if (const auto* stat = json::find_object(query, "MetricStat")) {
    const json::object* metric = json::find_object(*stat, "Metric");
    form["metricStat"] = stat_form(metric == nullptr ? json::object() : *metric, *stat,
                                   json::string_or(*stat, "Stat"));
  }
  if (const auto text = json::find_string(query, "Expression")) form["expression"] = *text;
  if (const auto label = json::find_string(query, "Label")) form["label"] = *label;
  form["returnData"] = json::bool_or(query, "ReturnData", true);
  return form;
}

json::array metrics_form(const std::string& arn, const Alarm& alarm) {
  json::array metrics;
  if (const json::array* queries = json::find_array(alarm.config, "Metrics")) {
    for (const json::value& each : *queries) {
      if (const json::object* query = each.if_object()) metrics.emplace_back(query_form(*query));
    }
    return metrics;
  }
  std::string statistic = json::string_or(alarm.config, "Statistic");
  if (statistic.empty()) statistic = json::string_or(alarm.config, "ExtendedStatistic");
  metrics.emplace_back(
      json::object{{"id", id_of(arn)},
                   {"metricStat", stat_form(alarm.config, alarm.config, statistic)},
                   {"returnData", true}});
  return metrics;
}

json::object configuration_of(const std::string& arn, const Alarm& alarm) {
  json::object out;
  if (const auto text = json::find_string(alarm.config, "AlarmDescription")) {
    out["description"] = *text;
  }
  if (!alarm.composite()) {
    out["metrics"] = metrics_form(arn, alarm);
    return out;
  }
  out["alarmRule"] = json::string_or(alarm.config, "AlarmRule");
  constexpr std::pair<const char*, const char*> kMembers[] = {
      {"ActionsSuppressor", "actionsSuppressor"},
      {"ActionsSuppressorWaitPeriod", "actionsSuppressorWaitPeriod"},
      {"ActionsSuppressorExtensionPeriod", "actionsSuppressorExtensionPeriod"}};
  for (const auto& [member, name] : kMembers) {
    if (const json::value* value = json::find(alarm.config, member)) out[name] = *value;
  }
  return out;
}

json::object state_form(const AlarmStatus& status) {
  json::object form{{"value", name_of(status.value)}, {"reason", status.reason}};
  if (!status.data.empty()) form["reasonData"] = status.data;
  form["timestamp"] = data_time(status.updated_ms);
  return form;
}

}  // namespace

std::optional<ActionKind> action_kind(std::string_view text) {
  const auto arn = aws::Arn::parse(text);
  if (arn && is_function(*arn)) return ActionKind::kFunction;
  if (arn && is_policy(*arn)) return ActionKind::kScalingPolicy;
  return std::nullopt;
}

void check_actions(const json::object& input, std::string_view region, Alarm::Kind kind,
                   Policies policies) {
  for (const std::string_view list : kLists) {
    const json::array* actions = json::find_array(input, list);
    if (actions == nullptr) continue;
    for (const json::value& each : *actions) {
      check_action(list, json::to_std(each), region, kind, policies);
    }
  }
}

json::object function_event(const std::string& name, const std::string& arn,
                            std::string_view region, std::string_view account, const Alarm& alarm,
                            const AlarmStatus& now, const AlarmStatus& before) {
  json::object data{{"alarmName", name},
                    {"state", state_form(now)},
                    {"previousState", state_form(before)},
                    {"configuration", configuration_of(arn, alarm)}};
  return {{"source", "aws.cloudwatch"},        {"alarmArn", arn},  {"accountId", account},
          {"time", data_time(now.updated_ms)}, {"region", region}, {"alarmData", std::move(data)}};
}

}  // namespace tandem::cloudwatch
