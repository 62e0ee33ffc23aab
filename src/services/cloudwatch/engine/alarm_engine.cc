#include "services/cloudwatch/engine/alarm_engine.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "core/supervise.h"
#include "services/cloudwatch/model/alarm_action.h"

namespace tandem::cloudwatch {
namespace {

constexpr std::int64_t kMinute_s = 60;
/// The loop is given back after that long, or that many alarms.
constexpr std::chrono::milliseconds kTurn{2};
constexpr std::size_t kAlarmsInATurn = 32;
/// "CloudWatch preserves the alarm history for 14 days".
constexpr std::chrono::hours kHistoryKept{14 * 24};
constexpr std::chrono::hours kForgetEvery{1};
constexpr std::size_t kForgottenAtOnce = 500;

std::vector<std::optional<bool>> breaching(const MetricRule& rule,
                                           const std::vector<AlarmPoint>& points) {
  std::vector<std::optional<bool>> all;
  all.reserve(points.size());
  for (const AlarmPoint& each : points) {
    all.push_back(each.value ? std::optional(breaches(rule.comparison, *each.value, rule.threshold))
                             : std::nullopt);
  }
  return all;
}

}  // namespace

AlarmEngine::AlarmEngine(const service::Environment& environment, CloudWatchPorts ports,
                         const SeriesStore& series, Collector& collector, AlarmStore& store)
    : environment_(environment),
      series_(series),
      collector_(collector),
      store_(store),
      runner_(environment, ports, store),
      graph_(environment.region, environment.account()),
      changed_(environment.executor, core::kNever) {
  for (const auto& [name, alarm] : store_.all()) {
    graph_.put(name, alarm);
    if (alarm.rule) schedule(name, 0);
    if (alarm.suppression.due_ms()) waiting_.insert(name);
  }
}

void AlarmEngine::start() {
  roots_ = std::make_unique<core::TaskGroup>(environment_.executor);
  core::supervise(*roots_, "alarms", [this] { return run(); });
  runner_.start();
}

Task<void> AlarmEngine::stop() {
  if (roots_) co_await roots_->stop();
  roots_.reset();
  co_await runner_.stop();
}

void AlarmEngine::clear() {
  store_.clear();
  graph_.clear();
  due_.clear();
  schedule_.clear();
  waiting_.clear();
  owed_.clear();
}

void AlarmEngine::wake() {
  woken_ = true;
  changed_.cancel();
}

Task<void> AlarmEngine::run() {
  // A change of a child may have been stored, and the process killed before its parents looked.
  std::vector<std::string> composites;
  for (const auto& [name, alarm] : store_.all()) {
    if (alarm.composite()) composites.push_back(name);
  }
  for (const std::string& name : composites) {
    if (look(name, "", "was updated")) look_from(name);
  }
  while (true) {
    woken_ = false;
    const std::chrono::milliseconds rest = co_await step();
    if (woken_ || rest.count() == 0) continue;
    changed_.expires_after(rest);
    boost::system::error_code ignored;
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

void AlarmEngine::schedule(const std::string& name, std::int64_t at_s) {
  Due& due = due_[name];
  schedule_.erase({due.at_s, name});
  due.at_s = at_s;
  schedule_.emplace(at_s, name);
}

std::vector<std::string> AlarmEngine::take_due(std::int64_t now_s) {
  std::vector<std::string> names;
  for (const auto& [at_s, name] : schedule_) {
    if (at_s > now_s) break;
    names.push_back(name);
  }
  for (const std::string& name : names) {
    const Alarm* alarm = store_.find(name);
    if (alarm == nullptr || !alarm->rule) continue;
    const std::int64_t every_s =
        seconds_here(environment_.config.pace(), evaluated_every_s(*alarm->rule));
    schedule(name, now_s - now_s % every_s + every_s);
  }
  return names;
}

std::int64_t AlarmEngine::next_ms() const {
  constexpr std::chrono::milliseconds kOwed{1'000};
  const auto longest = owed_.empty() ? std::chrono::milliseconds(kForgetEvery) : kOwed;
  std::int64_t next_ms = now_ms() + longest.count();
  if (!schedule_.empty()) next_ms = std::min(next_ms, schedule_.begin()->first * 1'000);
  for (const std::string& name : waiting_) {
    const Alarm* alarm = store_.find(name);
    const auto due = alarm == nullptr ? std::nullopt : alarm->suppression.due_ms();
    if (due) next_ms = std::min(next_ms, *due);
  }
  return next_ms;
}

Task<std::chrono::milliseconds> AlarmEngine::step() {
  const std::set<std::string> owed = owed_;
  for (const std::string& name : owed) look_from(name);
  const std::vector<std::string> names = take_due(now_ms() / 1'000);
  const auto executor = co_await asio::this_coro::executor;
  // What services have measured until now counts.
  if (!names.empty()) co_await collector_.collect();
  core::TimePoint turn = core::TimerClock::now();
  std::size_t count = 0;
  for (const std::string& name : names) {
    co_await evaluate(name);
    if (++count % kAlarmsInATurn != 0 && core::TimerClock::now() - turn < kTurn) continue;
    co_await asio::post(executor, asio::use_awaitable);
    turn = core::TimerClock::now();
  }
  end_suppressions();
  co_await forget_old();
  co_return std::chrono::milliseconds(std::max<std::int64_t>(next_ms() - now_ms(), 0));
}

Task<void> AlarmEngine::evaluate(std::string name) {
  const Alarm* alarm = store_.find(name);
  if (alarm == nullptr || !alarm->rule) co_return;
  const std::int64_t configured_ms = alarm->configured_ms;
  const MetricRule rule = rule_here(*alarm->rule, environment_.config.pace());
  const std::int64_t every_s =
      seconds_here(environment_.config.pace(), evaluated_every_s(*alarm->rule));
  const std::int64_t now_s = now_ms() / 1'000;
  const Readings readings =
      co_await read_points(&series_, &environment_, rule, window_of(rule, now_s, every_s));
  // Others had their turn: it may be gone, or another, which is evaluated by itself.
  alarm = store_.find(name);
  if (alarm == nullptr || alarm->configured_ms != configured_ms) co_return;
  judge(name, *alarm, rule, readings);
}

void AlarmEngine::judge(const std::string& name, const Alarm& alarm, const MetricRule& rule,
                        const Readings& readings) {
  const AlarmState now = alarm.status.value;
  AlarmState to = cloudwatch::evaluate(rule.evaluation, now, breaching(rule, readings.points));
  if (rule.ignores_few_samples && readings.few_samples) to = now;
  std::vector<std::string> policies;
  if (to == now) policies = policies_to_tell(name, alarm);
  if (to == now && policies.empty()) return;
  // Reasons speak of AWS's periods.
  AlarmReason reason = reason_of(*alarm.rule, to, readings.points, now_ms());
  for (std::string& arn : policies) runner_.repeat(name, std::move(arn), now, reason.data);
  if (to == now) return;
  AlarmChange change;
  go_over(change, name, alarm,
          {to, std::move(reason.text), std::move(reason.data), now_ms(), now_ms()});
  commit(std::move(change));
  look_from(name);
}

std::vector<std::string> AlarmEngine::policies_to_tell(const std::string& name,
                                                       const Alarm& alarm) {
  std::vector<std::string> policies;
  if (!alarm.actions_enabled()) return policies;
  for (const json::value& each : alarm.actions(alarm.status.value)) {
    std::string arn = json::to_std(each);
    if (action_kind(arn) == ActionKind::kScalingPolicy) policies.push_back(std::move(arn));
  }
  if (policies.empty()) return policies;
  Due& due = due_[name];
  const std::int64_t now_s = now_ms() / 1'000;
  if (now_s - due.told_s < seconds_here(environment_.config.pace(), kMinute_s)) return {};
  due.told_s = now_s;
  return policies;
}

Task<void> AlarmEngine::forget_old() {
  const core::Pace pace = environment_.config.pace();
  const auto every = pace.of(std::chrono::milliseconds(kForgetEvery));
  if (now_ms() - forgot_ms_ < every.count()) co_return;
  forgot_ms_ = now_ms();
  const auto kept = pace.of(std::chrono::milliseconds(kHistoryKept));
  const auto executor = co_await asio::this_coro::executor;
  while (store_.forget_before(now_ms() - kept.count(), kForgottenAtOnce)) {
    co_await asio::post(executor, asio::use_awaitable);
  }
}

}  // namespace tandem::cloudwatch
