#include "services/cloudwatch/service.h"

#include <chrono>
#include <utility>

#include "core/log.h"
#include "service/table.h"

namespace tandem::cloudwatch {
namespace {

/// Values that are too old go within that time.
constexpr std::chrono::minutes kForgetting{10};
constexpr std::size_t kForgottenAtOnce = 100;
constexpr std::chrono::milliseconds kBetweenSlices{20};

void add_alarms(std::vector<service::Operation>& rows, api::AlarmScope& scope) {
  using service::row;
  // Not "EvaluationCriteria" and "EvaluationInterval", of PromQL, nor "ThresholdMetricId", of
  // anomaly detection.
  rows.push_back(row(scope, "PutMetricAlarm", api::put_metric_alarm,
                     {"AlarmName",
                      "AlarmDescription",
                      "ActionsEnabled",
                      "OKActions",
                      "AlarmActions",
                      "InsufficientDataActions",
                      "MetricName",
                      "Namespace",
                      "Statistic",
                      "ExtendedStatistic",
                      "Dimensions",
                      "Period",
                      "Unit",
                      "EvaluationPeriods",
                      "DatapointsToAlarm",
                      "Threshold",
                      "ComparisonOperator",
                      "TreatMissingData",
                      "EvaluateLowSampleCountPercentile",
                      "Metrics",
                      "Tags"}));
  rows.push_back(
      row(scope, "PutCompositeAlarm", api::put_composite_alarm,
          {"ActionsEnabled", "AlarmActions", "AlarmDescription", "AlarmName", "AlarmRule",
           "InsufficientDataActions", "OKActions", "Tags", "ActionsSuppressor",
           "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"}));
  rows.push_back(row(scope, "DeleteAlarms", api::delete_alarms, {"AlarmNames"}));
  rows.push_back(row(scope, "SetAlarmState", api::set_alarm_state,
                     {"AlarmName", "StateValue", "StateReason", "StateReasonData"}));
  rows.push_back(row(scope, "EnableAlarmActions", api::enable_alarm_actions, {"AlarmNames"}));
  rows.push_back(row(scope, "DisableAlarmActions", api::disable_alarm_actions, {"AlarmNames"}));
  rows.push_back(
      row(scope, "DescribeAlarms", api::describe_alarms,
          {"AlarmNames", "AlarmNamePrefix", "AlarmTypes", "ChildrenOfAlarmName",
           "ParentsOfAlarmName", "StateValue", "ActionPrefix", "MaxRecords", "NextToken"}));
  rows.push_back(row(scope, "DescribeAlarmsForMetric", api::describe_alarms_for_metric,
                     {"MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions",
                      "Period", "Unit"}));
  rows.push_back(row(scope, "DescribeAlarmHistory", api::describe_alarm_history,
                     {"AlarmName", "AlarmTypes", "HistoryItemType", "StartDate", "EndDate",
                      "MaxRecords", "NextToken", "ScanBy"}));
  rows.push_back(row(scope, "TagResource", api::tag_resource, {"ResourceARN", "Tags"}));
  rows.push_back(row(scope, "UntagResource", api::untag_resource, {"ResourceARN", "TagKeys"}));
  rows.push_back(row(scope, "ListTagsForResource", api::list_tags_for_resource, {"ResourceARN"}));
}

std::vector<service::Operation> table(api::Scope& scope, api::AlarmScope& alarms) {
  using service::row;
  std::vector<service::Operation> rows{
      row(scope, "PutMetricData", api::put_metric_data, {"Namespace", "MetricData"}),
      row(scope, "ListMetrics", api::list_metrics,
          {"Namespace", "MetricName", "Dimensions", "NextToken", "RecentlyActive",
           "IncludeLinkedAccounts=false"}),
      row(scope, "GetMetricStatistics", api::get_metric_statistics,
          {"Namespace", "MetricName", "Dimensions", "StartTime", "EndTime", "Period", "Statistics",
           "ExtendedStatistics", "Unit"}),
      row(scope, "GetMetricData", api::get_metric_data,
          {"MetricDataQueries", "StartTime", "EndTime", "NextToken", "ScanBy", "MaxDatapoints"}),
  };
  add_alarms(rows, alarms);
  return rows;
}

}  // namespace

CloudWatchService::CloudWatchService(service::Environment environment, CloudWatchPorts ports,
                                     AlarmStore::Bounds bounds)
    : environment_(std::move(environment)),
      // At another pace of the clock periods of a minute are shorter here (docs/clock.md).
      series_(environment_.store, environment_.config.clock_speed != 1.0),
      alarms_(environment_.store, environment_.account(), bounds),
      collector_(environment_, series_),
      engine_(environment_, ports, series_, collector_, alarms_),
      scope_{environment_, series_, collector_},
      alarm_scope_{environment_, alarms_, engine_,
                   ports.policies == nullptr ? Policies::kNotServed : Policies::kServed},
      operations_(table(scope_, alarm_scope_)),
      tasks_(environment_.executor) {}

void CloudWatchService::start() {
  tasks_.spawn("cloudwatch: retention", forget_old());
  tasks_.spawn("cloudwatch: the services' metrics", collector_.run());
  engine_.start();
}

Task<void> CloudWatchService::stop() {
  co_await engine_.stop();
  co_await tasks_.stop();
}

std::optional<AlarmState> CloudWatchService::alarm_state(std::string_view name) const {
  const Alarm* alarm = alarms_.find(name);
  if (alarm == nullptr) return std::nullopt;
  return alarm->status.value;
}

std::function<void()> CloudWatchService::forgetting() {
  return [this] {
    series_.forget();
    collector_.clear();
    engine_.clear();
  };
}

Task<void> CloudWatchService::forget_old() {
  for (;;) {
    co_await core::sleep_for(kForgetting);
    std::string after;
    do {
      try {
        after = series_.forget_old(scope_.now_s(), after, kForgottenAtOnce);
      } catch (const store::StoreError& error) {
        log::warning("cloudwatch: old values stay for now: {}", error.what());
        after.clear();
      }
      co_await core::sleep_for(kBetweenSlices);
    } while (!after.empty());
  }
}

}  // namespace tandem::cloudwatch
