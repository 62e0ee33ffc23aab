#include "services/cloudwatch/model/alarm_history.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "core/utf8.h"
#include "services/cloudwatch/model/alarm_action.h"
#include "services/cloudwatch/model/alarm_text.h"

namespace tandem::cloudwatch {
namespace {

/// Of the API model.
constexpr std::size_t kLongestSummary = 255;
constexpr std::size_t kLongestData = 4'095;

std::string cut(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  text.resize(most);
  return text;
}

/// JSON that is cut is none any more: what is largest goes, and is said to have gone.
std::string bounded(json::object document) {
  std::string text = json_text(document);
  while (text.size() > kLongestData) {
    json::object* in = &document;
    std::string largest;
    std::size_t size = 0;
    for (json::object* each : {&document}) {
      for (auto& [key, value] : *each) {
        if (value.is_object()) in = &value.get_object();
      }
    }
    for (const auto& [key, value] : *in) {
      const std::size_t here = json_text(value).size();
      if (here > size) {
        size = here;
        largest = std::string(key);
      }
    }
    if (size <= 16) break;
    (*in)[largest] = "(too long)";
    text = json_text(document);
  }
  return cut(std::move(text), kLongestData);
}

/// "OKActions" is "okactions" there, "AlarmName" "alarmName", as seen.
std::string bean_name(std::string_view member) {
  if (member == "OKActions") return "okactions";
  std::string name(member);
  name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
  return name;
}

json::value bean_of(const json::value& value) {
  if (const json::object* members = value.if_object()) {
    json::object out;
    for (const auto& [key, each] : *members) out[bean_name(key)] = bean_of(each);
    return out;
  }
  if (const json::array* list = value.if_array()) {
    json::array out;
    for (const json::value& each : *list) out.emplace_back(bean_of(each));
    return out;
  }
  return value;
}

json::object state_of(const AlarmStatus& status) {
  json::object state{{"stateValue", name_of(status.value)}, {"stateReason", status.reason}};
  if (status.data.empty()) return state;
  auto parsed = json::parse_text(status.data);
  state["stateReasonData"] =
      parsed ? std::move(parsed).value() : json::value(json::string(status.data));
  return state;
}

}  // namespace

json::object HistoryItem::to_document() const {
  return {{"alarm", alarm},     {"composite", kind == Alarm::Kind::kComposite},
          {"time_ms", time_ms}, {"type", type},
          {"summary", summary}, {"data", data}};
}

HistoryItem HistoryItem::from_document(const json::object& document) {
  HistoryItem item;
  item.alarm = json::string_or(document, "alarm");
  item.kind =
      json::bool_or(document, "composite", false) ? Alarm::Kind::kComposite : Alarm::Kind::kMetric;
  item.time_ms = json::int_or(document, "time_ms", 0);
  item.type = json::string_or(document, "type");
  item.summary = json::string_or(document, "summary");
  item.data = json::string_or(document, "data");
  return item;
}

HistoryItem configuration_item(const std::string& name, const Alarm& alarm, Configured what,
                               std::int64_t now_ms) {
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"created", "Create"}, {"updated", "Update"}, {"deleted", "Delete"}};
  const auto& [past, type] = kWords[static_cast<std::size_t>(what)];
  json::object bean = bean_of(alarm.described("")).as_object();
  for (const char* member :
       {"alarmArn", "alarmConfigurationUpdatedTimestamp", "stateReason", "stateReasonData",
        "stateUpdatedTimestamp", "stateTransitionedTimestamp"}) {
    bean.erase(member);
  }
  json::object data{{"version", "1.0"}, {"type", type}};
  data[std::string(past) + "Alarm"] = std::move(bean);
  return {name,
          alarm.kind,
          now_ms,
          "ConfigurationUpdate",
          cut(fmt::format("Alarm \"{}\" {}", name, past), kLongestSummary),
          bounded(std::move(data))};
}

HistoryItem state_item(const std::string& name, const Alarm& alarm, const AlarmStatus& from,
                       const AlarmStatus& to) {
  json::object data{{"version", "1.0"}, {"oldState", state_of(from)}, {"newState", state_of(to)}};
  for (const char* side : {"oldState", "newState"}) {
    // Two reasons with their data may be more than an item takes: the older data goes first.
    if (json_text(data).size() > kLongestData) data[side].as_object().erase("stateReasonData");
  }
  return {name,
          alarm.kind,
          to.updated_ms,
          "StateUpdate",
          fmt::format("Alarm updated from {} to {}", name_of(from.value), name_of(to.value)),
          bounded(std::move(data))};
}

HistoryItem action_item(const std::string& name, Alarm::Kind kind, std::string_view action,
                        const std::optional<std::string>& error, std::int64_t state_ms,
                        const std::string& published, std::int64_t now_ms) {
  const bool scaling = action_kind(action) == ActionKind::kScalingPolicy;
  std::string summary = fmt::format("Successfully executed action {}", action);
  if (error && scaling) summary = fmt::format("Failed to execute AutoScaling action: {}", *error);
  if (error && !scaling) {
    summary = fmt::format("Failed to execute action {}. Received error: \"{}\"", action, *error);
  }
  json::object data{{"actionState", error ? "Failed" : "Succeeded"},
                    {"stateUpdateTimestamp", state_ms},
                    {"notificationResource", action}};
  data["publishedMessage"] =
      published.empty() ? json::value(nullptr) : json::value(json::string(published));
  data["error"] = error ? json::value(json::string(*error)) : json::value(nullptr);
  return {name,
          kind,
          now_ms,
          "Action",
          cut(std::move(summary), kLongestSummary),
          bounded(std::move(data))};
}

HistoryItem suppressed_item(const std::string& name, Suppression::By by, std::int64_t now_ms) {
  const std::string summary = fmt::format("Actions suppressed by {}", name_of(by));
  return {name,
          Alarm::Kind::kComposite,
          now_ms,
          "Action",
          summary,
          json_text(json::object{{"actionsSuppressedBy", name_of(by)},
                                 {"actionsSuppressedReason", summary}})};
}

}  // namespace tandem::cloudwatch
