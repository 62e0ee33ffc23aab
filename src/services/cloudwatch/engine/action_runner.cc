#include "services/cloudwatch/engine/action_runner.h"

#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "core/log.h"
#include "core/supervise.h"
#include "services/cloudwatch/model/alarm_action.h"
#include "store/store.h"

namespace tandem::cloudwatch {
namespace {

constexpr std::size_t kConcurrent = 64;
/// Between attempts while the store or a queue of Lambda's refuses.
constexpr std::chrono::milliseconds kPause{200};

/// An alarm that was set by hand may have none, and then nothing can be computed of them.
bool has_points(const std::string& data) {
  const auto parsed = json::parse_text(data);
  if (!parsed || !parsed.value().is_object()) return false;
  const json::array* points = json::find_array(parsed.value().as_object(), "recentDatapoints");
  return points != nullptr && !points->empty();
}

}  // namespace

ActionRunner::ActionRunner(const service::Environment& environment, CloudWatchPorts ports,
                           AlarmStore& store)
    : environment_(environment),
      ports_(ports),
      store_(store),
      changed_(environment.executor, core::kNever) {}

void ActionRunner::start() {
  roots_ = std::make_unique<core::TaskGroup>(environment_.executor);
  core::supervise(*roots_, "alarms' actions", [this] { return run(); });
}

Task<void> ActionRunner::stop() {
  if (roots_) co_await roots_->stop();
  roots_.reset();
  running_.clear();
  telling_.clear();
}

void ActionRunner::wake() {
  woken_ = true;
  changed_.cancel();
}

Task<void> ActionRunner::run() {
  while (true) {
    woken_ = false;
    start_all();
    if (woken_) continue;
    changed_.expires_at(core::kNever);
    boost::system::error_code ignored;
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

void ActionRunner::start_all() {
  std::vector<std::pair<std::string, PendingAction>> due;
  for (const auto& [id, action] : store_.actions()) {
    if (running_.size() >= kConcurrent) break;
    if (running_.insert(id).second) due.emplace_back(id, action);
  }
  // A root may run at once and settle its action: not while they are walked through.
  for (auto& [id, action] : due) {
    roots_->spawn("an alarm's action", take(std::move(id), std::move(action)));
  }
}

Task<void> ActionRunner::take(std::string id, PendingAction action) {
  std::optional<Ended> ended;
  while (true) {
    try {
      if (!ended) ended = co_await attempt(action);
      if (!ended->again) {
        store_.settle(
            id, action_item(action.alarm, action.kind, action.action, ended->error, action.state_ms,
                            action.message, environment_.clock.now_ms()));
        break;
      }
      ended.reset();
    } catch (const store::StoreError&) {
      // The node says why its store refuses. What was taken is not taken again for want of a place
      // to write that it was.
    }
    co_await core::sleep_for(kPause);
  }
  running_.erase(id);
  wake();
}

Task<ActionRunner::Ended> ActionRunner::attempt(PendingAction action) {
  if (action_kind(action.action) == ActionKind::kFunction) co_return invoke(action);
  if (ports_.policies == nullptr) co_return Ended{"There is no Application Auto Scaling here"};
  if (!has_points(action.data)) co_return Ended{"Metric data points must be provided"};
  ScalingPolicies::Fired fired{action.action, action.alarm, std::string(name_of(action.state)),
                               action.data, environment_.clock.now_ms()};
  std::optional<std::string> error = co_await ports_.policies->alarm_fired(std::move(fired));
  co_return Ended{std::move(error)};
}

/// "CloudWatch alarms guarantees an asynchronous invocation … except … when the function doesn't
/// exist [or] when CloudWatch is not authorized to invoke" (User Guide, "Invoke a Lambda function
/// from an alarm").
ActionRunner::Ended ActionRunner::invoke(const PendingAction& action) {
  using Answer = FunctionActions::Answer;
  const std::string arn = alarm_arn(environment_.region, environment_.account(), action.alarm);
  switch (ports_.functions.invoke_later(action.action, action.message, arn)) {
    case Answer::kAccepted:
      return {};
    case Answer::kNotFound:
      return {fmt::format("Function not found: {}", action.action)};
    case Answer::kNotPermitted:
      return {
          "CloudWatch Alarms is not authorized to perform: lambda:InvokeFunction on the resource "
          "because no resource-based policy allows the lambda:InvokeFunction action"};
    case Answer::kRefused:
      return {"The event is larger than an asynchronous invocation may be"};
    case Answer::kFull:
      break;
  }
  return {std::nullopt, true};
}

void ActionRunner::repeat(const std::string& alarm, std::string policy_arn, AlarmState state,
                          std::string data) {
  if (!roots_ || ports_.policies == nullptr || !has_points(data)) return;
  if (!telling_.insert(alarm + '\n' + policy_arn).second) return;
  roots_->spawn("a scaling policy is told again",
                tell({std::move(policy_arn), alarm, std::string(name_of(state)), std::move(data),
                      environment_.clock.now_ms()}));
}

Task<void> ActionRunner::tell(ScalingPolicies::Fired fired) {
  const std::string key = fired.alarm + '\n' + fired.policy_arn;
  try {
    (void)co_await ports_.policies->alarm_fired(std::move(fired));
  } catch (const store::StoreError&) {
    // It is told again in a minute.
  }
  telling_.erase(key);
}

}  // namespace tandem::cloudwatch
