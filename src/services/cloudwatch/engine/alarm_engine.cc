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
  for (const auto& [name, alarm] : store_.all()) graph_.put(name, alarm);
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

std::set<std::string> AlarmEngine::due_now(std::int64_t now_s, std::int64_t& next_s) {
  std::set<std::string> names;
  for (const auto& [name, alarm] : store_.all()) {
    if (!alarm.rule) continue;
    Due& due = due_[name];
    const std::int64_t every_s =
        seconds_here(environment_.config.pace(), evaluated_every_s(*alarm.rule));
    if (due.at_s <= now_s) {
      names.insert(name);
      due.at_s = now_s - now_s % every_s + every_s;
    }
    next_s = std::min(next_s, due.at_s);
  }
  return names;
}

Task<std::chrono::milliseconds> AlarmEngine::step() {
  const std::int64_t begun_ms = now_ms();
  std::int64_t next_s = begun_ms / 1'000 + 3'600;
  const std::set<std::string> names = due_now(begun_ms / 1'000, next_s);
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
  std::int64_t next_ms = next_s * 1'000;
  for (const auto& [name, alarm] : store_.all()) {
    const auto due = alarm.suppression.due_ms();
    if (due) next_ms = std::min(next_ms, *due);
  }
  co_return std::chrono::milliseconds(std::max<std::int64_t>(next_ms - now_ms(), 0));
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
  // Reasons speak of AWS's periods.
  const AlarmReason reason = reason_of(*alarm.rule, to, readings.points, now_ms());
  if (to == now) {
    tell_policies(name, alarm, reason.data);
    return;
  }
  AlarmChange change;
  go_over(change, name, alarm, {to, reason.text, reason.data, now_ms(), now_ms()});
  commit(std::move(change));
  look_from(name);
}

/// Once a minute while the state lasts.
void AlarmEngine::tell_policies(const std::string& name, const Alarm& alarm,
                                const std::string& data) {
  if (!alarm.actions_enabled()) return;
  const std::int64_t now_s = now_ms() / 1'000;
  Due& due = due_[name];
  const std::int64_t minute_s = seconds_here(environment_.config.pace(), kMinute_s);
  if (now_s - due.told_s < minute_s) return;
  for (const json::value& each : alarm.actions(alarm.status.value)) {
    std::string arn = json::to_std(each);
    if (action_kind(arn) != ActionKind::kScalingPolicy) continue;
    due.told_s = now_s;
    runner_.repeat(name, std::move(arn), alarm.status.value, data);
  }
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
