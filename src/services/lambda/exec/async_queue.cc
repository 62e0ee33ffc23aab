#include "services/lambda/exec/async_queue.h"

#include <algorithm>
#include <utility>

#include "core/log.h"
#include "core/supervise.h"
#include "core/text.h"

namespace tandem::lambda {
namespace {

constexpr std::chrono::milliseconds kLongest{60'000};
/// Between attempts to write down how an event ended.
constexpr std::chrono::milliseconds kStorePause{200};

}  // namespace

AsyncQueue::AsyncQueue(Host& host, Runner& runner, const FunctionTable& functions,
                       store::Store& store, Options options)
    : host_(host),
      runner_(runner),
      functions_(functions),
      documents_(store, "event"),
      options_(std::move(options)),
      changed_(host.executor) {
  for (const auto& [id, record] : documents_.list()) {
    Item item;
    item.function = json::string_or(record, "function");
    item.qualifier = json::string_or(record, "qualifier");
    item.request_id = json::string_or(record, "request_id");
    item.payload = json::string_or(record, "payload");
    item.client_context = json::string_or(record, "client_context");
    item.failures = static_cast<std::size_t>(json::int_or(record, "failures", 0));
    item.accepted_ms = json::int_or(record, "accepted_ms", 0);
    item.due_ms = json::int_or(record, "due_ms", 0);
    bytes_ += item.payload.size();
    last_id_ = std::max(last_id_, core::parse_uint(id).value_or(0));
    events_.emplace(id, std::move(item));
  }
}

void AsyncQueue::start() {
  roots_ = std::make_unique<core::TaskGroup>(host_.executor);
  core::supervise(*roots_, "lambda asynchronous invocations", [this] { return run(); });
}

Task<void> AsyncQueue::stop() {
  if (roots_) co_await roots_->stop();
  for (auto& [id, item] : events_) item.running = false;
  running_ = 0;
}

void AsyncQueue::clear() {
  events_.clear();
  bytes_ = 0;
}

bool AsyncQueue::add(Accepted event) {
  if (events_.size() >= options_.events || bytes_ + event.payload.size() > options_.bytes) {
    return false;
  }
  const std::string id = fmt::format("{:020d}", ++last_id_);
  Item item{std::move(event)};
  item.accepted_ms = item.due_ms = host_.clock.now_ms();
  save(id, item);
  bytes_ += item.payload.size();
  events_.emplace(id, std::move(item));
  changed_.set();
  return true;
}

void AsyncQueue::save(const std::string& id, const Item& item) {
  documents_.put(id, {{"function", item.function},
                      {"qualifier", item.qualifier},
                      {"request_id", item.request_id},
                      {"payload", item.payload},
                      {"client_context", item.client_context},
                      {"failures", item.failures},
                      {"accepted_ms", item.accepted_ms},
                      {"due_ms", item.due_ms}});
}

void AsyncQueue::forget(const std::string& id) {
  const auto found = events_.find(id);
  if (found == events_.end()) return;
  documents_.erase(id);
  bytes_ -= found->second.payload.size();
  events_.erase(found);
}

Task<void> AsyncQueue::run() {
  while (true) {
    changed_.clear();
    const auto pause = start_due();
    co_await changed_.wait_for(pause);
  }
}

std::chrono::milliseconds AsyncQueue::start_due() {
  const std::int64_t now_ms = host_.clock.now_ms();
  auto pause = kLongest;
  std::vector<std::string> due;
  for (auto& [id, item] : events_) {
    if (running_ >= options_.concurrent) break;
    if (item.running) continue;
    if (item.due_ms > now_ms) {
      pause = std::min(pause, std::chrono::milliseconds(item.due_ms - now_ms));
      continue;
    }
    item.running = true;
    ++running_;
    due.push_back(id);
  }
  // A spawned root may run at once and forget its event: not while events_ is being walked.
  for (std::string& id : due) roots_->spawn("lambda event", run_event(std::move(id)));
  return pause;
}

Task<void> AsyncQueue::run_event(std::string id) {
  const Item& event = events_.at(id);
  const std::string function_name = event.function;
  const std::string request_id = event.request_id;
  const FunctionPtr function = functions_.draw(event.function, event.qualifier, host_.random);
  // Stopped functions, AWS says, have their events discarded "without any retries".
  const bool dropped =
      function == nullptr || functions_.find(function_name)->reserved_concurrency == 0;
  InvokeOutcome outcome;
  if (!dropped) {
    InvokeRequest request;
    request.request_id = event.request_id;
    if (!event.qualifier.empty()) request.invoked_arn = function->arn + ':' + event.qualifier;
    request.payload = event.payload;
    request.client_context = event.client_context;
    outcome = co_await runner_.invoke(function, std::move(request));
  }
  // Until the store knows how it ended the event stays under way: it must not run again for want of
  // a place to write that it has.
  while (!try_settle(id, dropped ? nullptr : &outcome)) co_await core::sleep_for(kStorePause);
  --running_;
  changed_.set();
  if (!dropped) co_return;
  log::warning("lambda {}: event {} is dropped: the function {}", function_name, request_id,
               function == nullptr ? "is gone" : "has reserved concurrency 0");
}

bool AsyncQueue::try_settle(const std::string& id, const InvokeOutcome* outcome) {
  const auto found = events_.find(id);
  if (found == events_.end()) return true;
  try {
    if (outcome == nullptr) {
      forget(id);
    } else {
      Item next = found->second;
      next.running = false;
      settle(id, std::move(next), *outcome);
    }
  } catch (const store::StoreError&) {
    return false;  // the node says why its store refuses
  }
  return true;
}

/// item is the event as it is to be from now on.
void AsyncQueue::settle(const std::string& id, Item item, const InvokeOutcome& outcome) {
  using Result = Invocation::Result;
  const bool throttled = outcome.throttle != Throttle::kNone;
  if (throttled || outcome.invocation->result == Result::kSandboxFailed) {
    // "For throttling errors (429) and system errors (500-series) … retries for up to 6 hours. The
    // retry interval increases exponentially from 1 second … to a maximum of 5 minutes."
    const auto after =
        std::min(options_.throttle_most,
                 options_.throttle_first * (1L << std::min<std::size_t>(item.throttles, 20)));
    ++item.throttles;
    retry(id, std::move(item), after);
    return;
  }
  if (outcome.invocation->result == Result::kSucceeded) {
    forget(id);
    return;
  }
  if (item.failures >= options_.retries.size()) {
    forget(id);
    log::warning("lambda {}: event {} failed {} times and is dropped", item.function,
                 item.request_id, item.failures + 1);
    return;
  }
  const auto after = options_.retries[item.failures];
  ++item.failures;
  retry(id, std::move(item), after);
}

void AsyncQueue::retry(const std::string& id, Item item, std::chrono::milliseconds after) {
  item.due_ms = host_.clock.now_ms() + after.count();
  if (item.due_ms - item.accepted_ms > options_.event_age.count()) {
    forget(id);
    log::warning("lambda {}: event {} is too old and is dropped", item.function, item.request_id);
    return;
  }
  save(id, item);
  events_.at(id) = std::move(item);
}

}  // namespace tandem::lambda
