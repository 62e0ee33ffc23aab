#include "services/events/delivery/deliverer.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>
#include <utility>

#include "aws/error.h"
#include "core/bytes.h"
#include "core/digest.h"
#include "core/log.h"
#include "core/supervise.h"
#include "services/events/model/event.h"
#include "services/events/model/retry.h"
#include "services/events/model/target_arn.h"

namespace tandem::events {
namespace {

constexpr std::chrono::milliseconds kLongestRest{60'000};
/// Between attempts to write while the store refuses.
constexpr std::chrono::milliseconds kStorePause{200};
constexpr std::size_t kConcurrent = 64;

/// A rule writes to one stream of a group. AWS's have names without a meaning, too.
std::string stream_of(const std::string& rule_arn) {
  core::Digest digest(core::Digest::Algorithm::kSha256);
  digest.update(rule_arn);
  const std::string hex = core::hex_encode(digest.finish());
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20, 12));
}

/// What may be otherwise next time (user guide, "Using dead-letter queues": what is missing or
/// forbidden is not tried again).
bool is_passing(const aws::ApiError& error) {
  const std::string& code = error.code();
  return error.status() >= 500 || error.status() == 429 ||
         code.find("Throttl") != std::string::npos ||
         code.find("LimitExceeded") != std::string::npos ||
         code.find("Conflict") != std::string::npos;
}

}  // namespace

Deliverer::Deliverer(const service::Environment& environment, EventsPorts ports,
                     Deliveries& deliveries)
    : environment_(environment),
      ports_(ports),
      deliveries_(deliveries),
      changed_(environment.executor, core::kNever) {}

void Deliverer::start() {
  roots_ = std::make_unique<core::TaskGroup>(environment_.executor);
  core::supervise(*roots_, "events on their way", [this] { return run(); });
}

Task<void> Deliverer::stop() {
  if (roots_) co_await roots_->stop();
  for (auto& [id, pending] : deliveries_.pending()) pending.running = false;
  running_ = 0;
}

void Deliverer::wake() {
  woken_ = true;
  changed_.cancel();
}

Task<void> Deliverer::run() {
  while (true) {
    woken_ = false;
    const auto rest = start_due();
    if (woken_) continue;
    changed_.expires_after(rest);
    boost::system::error_code ignored;
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

std::chrono::milliseconds Deliverer::start_due() {
  const std::int64_t now_ms = environment_.clock.now_ms();
  auto rest = kLongestRest;
  std::vector<std::string> due;
  for (auto& [id, pending] : deliveries_.pending()) {
    if (running_ >= kConcurrent) break;
    if (pending.running) continue;
    if (pending.due_ms > now_ms) {
      rest = std::min(rest, std::chrono::milliseconds(pending.due_ms - now_ms));
      continue;
    }
    pending.running = true;
    ++running_;
    due.push_back(id);
  }
  // A root may run at once and forget its delivery: not while they are walked through.
  for (std::string& id : due) roots_->spawn("events delivery", deliver(std::move(id)));
  return rest;
}

Task<void> Deliverer::deliver(std::string id) {
  std::optional<Outcome> outcome;
  while (true) {
    try {
      const auto delivery = deliveries_.read(id);
      if (!delivery) {
        deliveries_.forget(id);
        break;
      }
      if (!outcome) outcome = co_await attempt(*delivery);
      settle(id, *delivery, *outcome);
      break;
    } catch (const store::StoreError&) {
      // The node says why its store refuses. An attempt that could not be stored was none; what has
      // been delivered is not delivered again for want of a place to write that it was.
    }
    co_await core::sleep_for(kStorePause);
  }
  --running_;
  const auto pending = deliveries_.pending().find(id);
  if (pending != deliveries_.pending().end()) pending->second.running = false;
  wake();
}

Task<Deliverer::Outcome> Deliverer::attempt(Delivery delivery) {
  std::string refused;
  try {
    const TargetArn target = read_target_arn(json::string_or(delivery.target, "Arn"),
                                             environment_.region, environment_.account());
    if (target.kind == TargetArn::Kind::kFunction) co_return to_function(delivery);
    if (target.kind == TargetArn::Kind::kLogGroup) co_return to_log_group(delivery, target.name);
    co_return co_await to_pipeline(std::move(delivery), target.name);
  } catch (const aws::ApiError& error) {
    refused = error.message();
  }
  co_return Outcome{Outcome::Kind::kLost, std::move(refused)};
}

Deliverer::Outcome Deliverer::to_function(const Delivery& delivery) {
  using Answer = FunctionTargets::Answer;
  if (!json::parse_text(delivery.input, kEventDepth + 8)) {
    return {Outcome::Kind::kLost, "what the function would get is not JSON"};
  }
  switch (ports_.functions.invoke_later(json::string_or(delivery.target, "Arn"), delivery.input,
                                        delivery.rule_arn)) {
    case Answer::kAccepted:
      return {};
    case Answer::kNotFound:
      return {Outcome::Kind::kLost, "there is no such function"};
    case Answer::kNotPermitted:
      return {Outcome::Kind::kLost,
              "the function's policy does not let events.amazonaws.com invoke it for the rule"};
    case Answer::kRefused:
      return {Outcome::Kind::kLost, "it is larger than an asynchronous event may be"};
    case Answer::kFull:
      return {Outcome::Kind::kAgain, "the queue of asynchronous events is full"};
  }
  return {Outcome::Kind::kAgain, "Lambda did not answer"};
}

/// An input of the form {"timestamp": …, "message": …} says what the log event is (user guide,
/// "CloudWatch Logs log group as target"); anything else is the message.
Deliverer::Outcome Deliverer::to_log_group(const Delivery& delivery, const std::string& group) {
  std::int64_t timestamp_ms = environment_.clock.now_ms();
  std::string message = delivery.input;
  if (delivery.target.contains("Input") || delivery.target.contains("InputTransformer")) {
    auto parsed = json::parse_text(delivery.input, kEventDepth + 8);
    const json::object* form = parsed ? parsed.value().if_object() : nullptr;
    const auto text = form == nullptr ? std::nullopt : json::find_string(*form, "message");
    if (text && form->contains("timestamp")) {
      message = *text;
      timestamp_ms = json::int_or(*form, "timestamp", timestamp_ms);
    }
  }
  if (ports_.logs.append(group, stream_of(delivery.rule_arn), timestamp_ms, std::move(message))) {
    return {};
  }
  return {Outcome::Kind::kLost, "there is no such log group"};
}

Task<Deliverer::Outcome> Deliverer::to_pipeline(Delivery delivery, std::string pipeline) {
  aws::ApiCall call;
  call.region = environment_.region;
  call.service = "codepipeline";
  call.operation = "StartPipelineExecution";
  call.input["name"] = pipeline;
  call.caller = json::string_or(delivery.target, "RoleArn");
  call.source_arn = delivery.rule_arn;
  // What a target's own input may say of the execution (CodePipeline user guide, "Add a source
  // revision override" for EventBridge).
  auto parsed = json::parse_text(delivery.input, kEventDepth + 8);
  const json::object* given = parsed ? parsed.value().if_object() : nullptr;
  const bool own =
      delivery.target.contains("Input") || delivery.target.contains("InputTransformer");
  if (own && given != nullptr) {
    for (const char* member : {"variables", "sourceRevisions"}) {
      const json::value* value = json::find(*given, member);
      if (value == nullptr) continue;
      call.input[member] = value->is_array() ? *value : json::value(json::array{*value});
    }
  }
  Outcome outcome;
  try {
    co_await ports_.api.call(std::move(call));
  } catch (const aws::ApiError& error) {
    outcome.kind = is_passing(error) ? Outcome::Kind::kAgain : Outcome::Kind::kLost;
    outcome.why = error.message();
  }
  co_return outcome;
}

void Deliverer::settle(const std::string& id, Delivery delivery, const Outcome& outcome) {
  // A reset may have emptied the store meanwhile.
  if (!deliveries_.pending().contains(id)) return;
  ++delivery.attempts;
  const std::int64_t now_ms = environment_.clock.now_ms();
  if (outcome.kind == Outcome::Kind::kAgain) {
    const std::chrono::milliseconds age(now_ms - delivery.accepted_ms);
    const auto wait = next_wait(delivery.attempts, environment_.random.unit(), age,
                                retry_limits(delivery.target), environment_.config.pace());
    if (wait) {
      delivery.due_ms = now_ms + wait->count();
      deliveries_.put(id, delivery);
      return;
    }
  }
  deliveries_.erase(id);
  if (outcome.kind == Outcome::Kind::kDelivered) return;
  log::warning("events: rule {}: an event for target {} is dropped after {} attempts: {}",
               delivery.rule, json::string_or(delivery.target, "Id"), delivery.attempts,
               outcome.why);
}

}  // namespace tandem::events
