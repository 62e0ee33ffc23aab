// DescribeAlarms, DescribeAlarmsForMetric, DescribeAlarmHistory.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "core/timer.h"
#include "services/cloudwatch/api/alarm_operations.h"
#include "services/cloudwatch/model/datum.h"

namespace tandem::cloudwatch::api {
namespace {

constexpr service::PageStyle kPages{.token = "NextToken",
                                    .next = "NextToken",
                                    .limit = "MaxRecords",
                                    .usual = 50,
                                    .most = 100,
                                    .invalid = errors::invalid_next_token};
constexpr service::PageStyle kHistoryPages{.token = "NextToken",
                                           .next = "NextToken",
                                           .limit = "MaxRecords",
                                           .usual = 100,
                                           .most = 100,
                                           .invalid = errors::invalid_next_token};

struct Filter {
  KindsAsked kinds;
  std::optional<std::set<std::string>> names;
  std::string prefix;
  std::optional<AlarmState> state;
  std::string action_prefix;

  bool takes(const std::string& name, const Alarm& alarm) const {
    if (!kinds.has(alarm.kind)) return false;
    if (names && !names->contains(name)) return false;
    if (!name.starts_with(prefix)) return false;
    if (state && alarm.status.value != *state) return false;
    return action_prefix.empty() || acts_on(alarm);
  }

 private:
  bool acts_on(const Alarm& alarm) const {
    for (const auto each : {AlarmState::kOk, AlarmState::kAlarm, AlarmState::kInsufficientData}) {
      for (const json::value& action : alarm.actions(each)) {
        if (json::view(action.as_string()).starts_with(action_prefix)) return true;
      }
    }
    return false;
  }
};

Filter filter_of(const json::object& input) {
  Filter filter;
  filter.kinds = kinds_of(input);
  filter.prefix = json::string_or(input, "AlarmNamePrefix");
  filter.action_prefix = json::string_or(input, "ActionPrefix");
  filter.state = alarm_state_of(json::string_or(input, "StateValue"));
  const json::array* names = json::find_array(input, "AlarmNames");
  if (names == nullptr || names->empty()) return filter;
  if (!filter.prefix.empty()) throw errors::both_given("AlarmNames", "AlarmNamePrefix");
  filter.names.emplace();
  for (const json::value& each : *names) filter.names->insert(json::to_std(each));
  return filter;
}

/// "specify this parameter and … only the … AlarmName, AlarmArn, StateValue … are returned" (API
/// reference, ChildrenOfAlarmName and ParentsOfAlarmName).
json::object brief(const AlarmScope& scope, const std::string& name, const Alarm& alarm,
                   bool with_state) {
  json::object out{{"AlarmName", name}, {"AlarmArn", scope.arn(name)}};
  if (with_state) {
    out["StateValue"] = name_of(alarm.status.value);
    out["StateUpdatedTimestamp"] = static_cast<double>(alarm.status.updated_ms) / 1000;
  }
  return out;
}

/// A page goes over both lists: alarms are in it in order of their names, whatever they are.
template <class Offer>
json::object in_two_lists(const json::object& input, Offer&& offer) {
  service::Page page(kPages, input, "MetricAlarms");
  std::forward<Offer>(offer)(page);
  json::object out = std::move(page).finish();
  json::array metric;
  json::array composite;
  for (json::value& each : out["MetricAlarms"].as_array()) {
    json::object& alarm = each.as_object();
    const bool is_composite = alarm.contains("composite");
    alarm.erase("composite");
    (is_composite ? composite : metric).emplace_back(std::move(alarm));
  }
  out["MetricAlarms"] = std::move(metric);
  out["CompositeAlarms"] = std::move(composite);
  return out;
}

json::object marked(const Alarm& alarm, json::object document) {
  if (alarm.composite()) document["composite"] = true;
  return document;
}

/// The relatives of an alarm, which no other filter may be combined with.
json::object describe_relatives(AlarmScope& scope, const json::object& input, bool children) {
  const char* member = children ? "ChildrenOfAlarmName" : "ParentsOfAlarmName";
  for (const char* other :
       {"AlarmNames", "AlarmNamePrefix", "StateValue", "ActionPrefix", "AlarmTypes",
        children ? "ParentsOfAlarmName" : "ChildrenOfAlarmName"}) {
    if (input.contains(other)) throw errors::both_given(member, other);
  }
  const std::string name = json::string_or(input, member);
  if (scope.alarms.find(name) == nullptr) throw errors::alarm_not_found();
  const AlarmGraph& graph = scope.engine.graph();
  const auto& relatives = children ? graph.children(name) : graph.parents(name);
  return in_two_lists(input, [&](service::Page& page) {
    for (const std::string& each : relatives) {
      const Alarm* alarm = scope.alarms.find(each);
      if (alarm == nullptr) continue;
      if (!page.add(each, [&] { return marked(*alarm, brief(scope, each, *alarm, children)); })) {
        return;
      }
    }
  });
}

std::int64_t milliseconds_or(const json::object& input, std::string_view member,
                             std::int64_t fallback) {
  const auto seconds = json::find_number(input, member);
  if (!seconds || !(std::abs(*seconds) < 1e12)) return fallback;
  return static_cast<std::int64_t>(*seconds * 1'000);
}

bool is_asked(const json::object& input, const HistoryItem& item) {
  const std::string type = json::string_or(input, "HistoryItemType");
  if (!type.empty() && item.type != type) return false;
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  return item.time_ms >= milliseconds_or(input, "StartDate", 0) &&
         item.time_ms <= milliseconds_or(input, "EndDate", kEnd);
}

json::object shown(const HistoryItem& item) {
  return {{"AlarmName", item.alarm},
          {"AlarmType", item.kind == Alarm::Kind::kComposite ? "CompositeAlarm" : "MetricAlarm"},
          {"Timestamp", static_cast<double>(item.time_ms) / 1000},
          {"HistoryItemType", item.type},
          {"HistorySummary", item.summary},
          {"HistoryData", item.data}};
}

}  // namespace

KindsAsked kinds_of(const json::object& input) {
  KindsAsked kinds;
  const json::array* given = json::find_array(input, "AlarmTypes");
  if (given == nullptr || given->empty()) return kinds;
  kinds.metric = false;
  for (const json::value& each : *given) {
    if (each == "MetricAlarm") kinds.metric = true;
    if (each == "CompositeAlarm") kinds.composite = true;
  }
  return kinds;
}

json::object describe_alarms(AlarmScope& scope, const json::object& input) {
  if (input.contains("ChildrenOfAlarmName")) return describe_relatives(scope, input, true);
  if (input.contains("ParentsOfAlarmName")) return describe_relatives(scope, input, false);
  const Filter filter = filter_of(input);
  return in_two_lists(input, [&](service::Page& page) {
    for (const auto& [name, alarm] : scope.alarms.all()) {
      if (!filter.takes(name, alarm)) continue;
      const auto render = [&, &known = name, &shown_alarm = alarm] {
        return marked(shown_alarm, shown_alarm.described(scope.arn(known)));
      };
      if (!page.add(name, render)) return;
    }
  });
}

/// "Retrieves the alarms for the specified metric. To filter the results, specify a statistic,
/// period, or unit." Alarms of metric math are not found by their metrics.
json::object describe_alarms_for_metric(AlarmScope& scope, const json::object& input) {
  const auto wanted = read_dimensions(input, "");
  json::array found;
  for (const auto& [name, alarm] : scope.alarms.all()) {
    if (!alarm.rule || alarm.config.contains("Metrics")) continue;
    const MetricRule& rule = *alarm.rule;
    if (rule.metric.name_space != json::string_or(input, "Namespace") ||
        rule.metric.name != json::string_or(input, "MetricName") ||
        rule.metric.dimensions != wanted) {
      continue;
    }
    const bool fits = [&] {
      for (const char* member : {"Statistic", "ExtendedStatistic", "Unit", "Period"}) {
        const json::value* asked = json::find(input, member);
        if (asked == nullptr) continue;
        const json::value* there = json::find(alarm.config, member);
        if (there == nullptr || *there != *asked) return false;
      }
      return true;
    }();
    if (fits) found.emplace_back(alarm.described(scope.arn(name)));
  }
  return {{"MetricAlarms", std::move(found)}};
}

/// In slices: of many items few may be what is asked for.
Task<service::Reply> describe_alarm_history(AlarmScope* scope, service::RequestContext*,
                                            json::object input) {
  constexpr std::chrono::milliseconds kTurn{2};
  constexpr std::size_t kItemsInATurn = 256;
  const std::string name = json::string_or(input, "AlarmName");
  const KindsAsked kinds = kinds_of(input);
  const bool forward = json::string_or(input, "ScanBy") == "TimestampAscending";
  const auto order = forward ? AlarmStore::Order::kOldestFirst : AlarmStore::Order::kNewestFirst;
  service::Page page(
      kHistoryPages, input, "AlarmHistoryItems",
      forward ? service::Page::Order::kAscending : service::Page::Order::kDescending);
  const auto executor = co_await asio::this_coro::executor;
  std::string after = page.after();
  for (bool more = true; more;) {
    more = false;
    std::size_t count = 0;
    const core::TimePoint turn = core::TimerClock::now();
    scope->alarms.each_item(
        name, after, order, [&](const std::string& place, const HistoryItem& item) {
          after = place;
          if (kinds.has(item.kind) && is_asked(input, item) &&
              !page.add(place, [&] { return shown(item); })) {
            return false;
          }
          more = ++count == kItemsInATurn || core::TimerClock::now() - turn >= kTurn;
          return !more;
        });
    if (more) co_await asio::post(executor, asio::use_awaitable);
  }
  co_return std::move(page).finish();
}

}  // namespace tandem::cloudwatch::api
