#include "services/autoscaling/engine/alarms.h"

#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "aws/arn.h"
#include "aws/error.h"
#include "core/ids.h"
#include "core/log.h"
#include "core/supervise.h"
#include "services/autoscaling/model/policy.h"

namespace tandem::autoscaling {
namespace {

/// Members of ours, which are not told.
constexpr std::string_view kStale = "stale";
constexpr std::string_view kComing = "coming";
constexpr std::string_view kCreatedBy = "created_by";
/// While CloudWatch does not answer.
constexpr std::chrono::milliseconds kRetry{2'000};
/// CloudWatch API Reference, DeleteAlarms.
constexpr std::size_t kAtOnce = 100;

void add_old(std::string name, Change& change) { change.put(Kind::kOldAlarm, std::move(name), {}); }

json::array new_names(const service::Environment& environment, const json::object& policy) {
  json::array names;
  for (const AlarmRole role : kAlarmRoles) {
    names.emplace_back(
        alarm_name(json::string_or(policy, "ResourceId"), role, core::uuid4(environment.random)));
  }
  return names;
}

/// While a policy is busy nobody else works on its alarms.
class Busy {
 public:
  Busy(std::set<std::string, std::less<>>& all, std::string policy)
      : all_(all), policy_(std::move(policy)) {
    all_.insert(policy_);
  }
  ~Busy() { all_.erase(policy_); }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  std::set<std::string, std::less<>>& all_;
  std::string policy_;
};

}  // namespace

void make_stale(json::object& policy) { policy[kStale] = json::int_or(policy, kStale, 0) + 1; }

void let_alarms_go(const json::object& policy, Change& change) {
  if (const json::array* alarms = json::find_array(policy, "Alarms")) {
    for (const json::value& each : *alarms) {
      add_old(json::string_or(each.as_object(), "AlarmName"), change);
    }
  }
  if (const json::array* coming = json::find_array(policy, kComing)) {
    for (const json::value& name : *coming) add_old(json::to_std(name), change);
  }
}

json::object shown_policy(json::object policy) {
  for (const std::string_view member : {kStale, kComing, kCreatedBy}) policy.erase(member);
  return policy;
}

Alarms::Alarms(const service::Environment& environment, aws::Api& api, Tables& tables,
               Records& records)
    : environment_(environment),
      api_(api),
      tables_(tables),
      records_(records),
      changed_(environment.executor, core::kNever) {}

void Alarms::start() {
  roots_ = std::make_unique<core::TaskGroup>(environment_.executor);
  core::supervise(*roots_, "alarms of scaling policies", [this] { return run(); });
}

Task<void> Alarms::stop() {
  if (roots_) co_await roots_->stop();
  busy_.clear();
}

void Alarms::wake() {
  woken_ = true;
  changed_.cancel();
}

Task<void> Alarms::run() {
  while (true) {
    woken_ = false;
    const bool all = co_await work();
    if (woken_) continue;
    if (all) {
      changed_.expires_at(core::kNever);
    } else {
      changed_.expires_after(kRetry);
    }
    boost::system::error_code ignored;
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

/// False when something is left to be done later.
Task<bool> Alarms::work() {
  std::vector<std::string> stale;
  for (const auto& [id, policy] : records_.all(Kind::kPolicy)) {
    if (policy.contains(kStale)) stale.push_back(id);
  }
  bool all = true;
  for (const std::string& policy : stale) {
    if (is_busy(policy)) continue;
    try {
      co_await renew(policy);
    } catch (const aws::ApiError& error) {
      log::warning("autoscaling: alarms of {} are not made anew yet: {}", policy, error.message());
      all = false;
    }
  }
  const bool swept = co_await sweep();
  co_return all&& swept;
}

Task<void> Alarms::renew(std::string policy) {
  const Busy busy(busy_, policy);
  const json::object* found = records_.find(Kind::kPolicy, policy);
  if (found == nullptr) co_return;
  json::object record = *found;
  // Changes of the capacity from here on are a reason to make them anew once more.
  const std::int64_t stale = json::int_or(record, kStale, 0);
  if (!record.contains(kComing)) {
    record[kComing] = new_names(environment_, record);
    records_.apply(std::move(Change().put(Kind::kPolicy, policy, record)));
  }
  const auto dimension = read_dimension(json::string_or(record, "ResourceId"),
                                        json::string_or(record, "ScalableDimension"));
  std::optional<TableCapacity> capacity;
  if (dimension) capacity = co_await tables_.find(*dimension);
  // A table billed by the request has none, and an alarm of nothing would always be on.
  const std::int64_t units = std::max<std::int64_t>(capacity ? capacity->units : 0, 1);
  const json::array names = record.at(kComing).as_array();
  co_await put_alarms(record, names, units);

  Change change;
  found = records_.find(Kind::kPolicy, policy);
  if (found == nullptr) {
    for (const json::value& name : names) add_old(json::to_std(name), change);
  } else {
    record = *found;
    record.erase(kComing);
    let_alarms_go(record, change);
    json::array alarms;
    for (const json::value& name : names) {
      const std::string arn = aws::make_arn("cloudwatch", environment_.region,
                                            environment_.account(), "alarm:" + json::to_std(name));
      alarms.push_back(json::object{{"AlarmName", name}, {"AlarmARN", arn}});
    }
    record["Alarms"] = std::move(alarms);
    if (json::int_or(record, kStale, 0) == stale) record.erase(kStale);
    change.put(Kind::kPolicy, policy, std::move(record));
  }
  records_.apply(std::move(change));
  wake();
}

Task<void> Alarms::put_alarms(json::object policy, json::array names, std::int64_t capacity) {
  const auto dimension = read_dimension(json::string_or(policy, "ResourceId"),
                                        json::string_or(policy, "ScalableDimension"));
  const json::object* configuration =
      json::find_object(policy, "TargetTrackingScalingPolicyConfiguration");
  if (!dimension || configuration == nullptr) co_return;
  const double target = json::find_number(*configuration, "TargetValue").value_or(0);
  const std::string action = fmt::format("{}:createdBy/{}", json::string_or(policy, "PolicyARN"),
                                         json::string_or(policy, kCreatedBy));
  for (std::size_t i = 0; i < kAlarmRoles.size() && i < names.size(); ++i) {
    aws::ApiCall call;
    call.region = environment_.region;
    call.service = "cloudwatch";
    call.operation = "PutMetricAlarm";
    call.input =
        alarm_input(*dimension, kAlarmRoles[i], json::to_std(names[i]), action, target, capacity);
    co_await api_.call(std::move(call));
  }
}

Task<bool> Alarms::sweep() {
  while (!records_.all(Kind::kOldAlarm).empty()) {
    json::array names;
    Change done;
    for (const auto& [name, record] : records_.all(Kind::kOldAlarm)) {
      if (names.size() == kAtOnce) break;
      names.emplace_back(name);
      done.erase(Kind::kOldAlarm, name);
    }
    aws::ApiCall call;
    call.region = environment_.region;
    call.service = "cloudwatch";
    call.operation = "DeleteAlarms";
    call.input["AlarmNames"] = std::move(names);
    bool answered = true;
    try {
      co_await api_.call(std::move(call));
    } catch (const aws::ApiError& error) {
      // What it does not have is deleted.
      answered = error.status() == 404 || error.code().find("NotFound") != std::string::npos;
      if (!answered) log::warning("autoscaling: old alarms are not deleted: {}", error.message());
    }
    if (!answered) co_return false;
    records_.apply(std::move(done));
  }
  co_return true;
}

}  // namespace tandem::autoscaling
