// What DescribeAlarmHistory tells of alarms (API reference, "AlarmHistoryItem"). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"
#include "services/cloudwatch/model/alarm.h"

namespace tandem::cloudwatch {

struct HistoryItem {
  std::string alarm;
  Alarm::Kind kind = Alarm::Kind::kMetric;
  std::int64_t time_ms = 0;
  std::string type;  ///< ConfigurationUpdate, StateUpdate, Action
  std::string summary;
  std::string data;

  json::object to_document() const;
  static HistoryItem from_document(const json::object& document);
};

enum class Configured { kCreated, kUpdated, kDeleted };
HistoryItem configuration_item(const std::string& name, const Alarm& alarm, Configured what,
                               std::int64_t now_ms);
HistoryItem state_item(const std::string& name, const Alarm& alarm, const AlarmStatus& from,
                       const AlarmStatus& to);
/// error: why it failed; nothing: it did not. published: what was sent, if anything.
HistoryItem action_item(const std::string& name, Alarm::Kind kind, std::string_view action,
                        const std::optional<std::string>& error, std::int64_t state_ms,
                        const std::string& published, std::int64_t now_ms);
HistoryItem suppressed_item(const std::string& name, Suppression::By by, std::int64_t now_ms);

}  // namespace tandem::cloudwatch
