#include "services/lambda/exec/async_queue.h"

#include <algorithm>
#include <utility>

#include "core/ids.h"
#include "core/log.h"
#include "core/supervise.h"
#include "core/text.h"
#include "services/lambda/exec/function_meters.h"
#include "services/lambda/model/destination.h"
#include "services/lambda/model/rules.h"
#include "services/lambda/ports.h"

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
      store_(store),
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

AsyncQueue::Item AsyncQueue::make_item(Accepted event) const {
  Item item{std::move(event)};
  item.accepted_ms = item.due_ms = host_.clock.now_ms();
  return item;
}

void AsyncQueue::remember(const std::string& id, Item item) {
  bytes_ += item.payload.size();
  events_.emplace(id, std::move(item));
  changed_.set();
}

bool AsyncQueue::add(Accepted event) {
  if (events_.size() >= options_.events || bytes_ + event.payload.size() > options_.bytes) {
    return false;
  }
  const std::string id = fmt::format("{:020d}", ++last_id_);
  Item item = make_item(std::move(event));
  save(id, item);
  host_.meters->event_received(item.function);
  remember(id, std::move(item));
  return true;
}

json::object AsyncQueue::record_of(const Item& item) {
  return {{"function", item.function},
          {"qualifier", item.qualifier},
          {"request_id", item.request_id},
          {"payload", item.payload},
          {"client_context", item.client_context},
          {"failures", item.failures},
          {"accepted_ms", item.accepted_ms},
          {"due_ms", item.due_ms}};
}

void AsyncQueue::save(const std::string& id, const Item& item) {
  documents_.put(id, record_of(item));
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
  const std::string name = event.function;
  const std::string request_id = event.request_id;
  Attempt attempt;
  attempt.function = functions_.draw(event.function, event.qualifier, host_.random);
  const bool gone = attempt.function == nullptr;
  // Stopped functions, AWS says, have their events discarded "without any retries".
  const bool stopped = !gone && functions_.find(name)->reserved_concurrency == 0;
  if (stopped) attempt.condition = Condition::kZeroReservedConcurrency;
  if (!gone && !stopped && is_too_old(event, host_.clock.now_ms())) {
    attempt.condition = Condition::kEventAgeExceeded;
  }
  if (!gone && attempt.condition == Condition::kSuccess) {
    InvokeRequest request;
    request.request_id = event.request_id;
    if (!event.qualifier.empty())
      request.invoked_arn = attempt.function->arn + ':' + event.qualifier;
    request.payload = event.payload;
    request.client_context = event.client_context;
    host_.meters->event_tried(name, static_cast<double>(host_.clock.now_ms() - event.accepted_ms));
    attempt.outcome = co_await runner_.invoke(attempt.function, std::move(request));
  }
  // Until the store knows how it ended the event stays under way: it must not run again for want of
  // a place to write that it has.
  while (!try_settle(id, attempt)) co_await core::sleep_for(kStorePause);
  const bool succeeded = attempt.outcome && attempt.outcome->invocation &&
                         attempt.outcome->invocation->result == Invocation::Result::kSucceeded;
  if (!succeeded && !events_.contains(id)) host_.meters->event_dropped(name);
  --running_;
  changed_.set();
  if (attempt.outcome) co_return;
  log::warning("lambda {}: event {} is dropped: {}", name, request_id,
               gone      ? "the function is gone"
               : stopped ? "the function has reserved concurrency 0"
                         : "it is too old");
}

bool AsyncQueue::try_settle(const std::string& id, const Attempt& attempt) {
  const auto found = events_.find(id);
  if (found == events_.end()) return true;
  try {
    if (attempt.function == nullptr) {
      forget(id);
    } else if (!attempt.outcome) {
      end(id, found->second, attempt, attempt.condition);
    } else {
      Item next = found->second;
      next.running = false;
      settle(id, std::move(next), attempt);
    }
  } catch (const store::StoreError&) {
    return false;  // the node says why its store refuses
  }
  return true;
}

AsyncSettings AsyncQueue::settings_of(const Item& item) const {
  const std::string qualifier = item.qualifier.empty() ? std::string(kLatest) : item.qualifier;
  const json::object* record = functions_.async_settings().find(item.function, qualifier);
  return record == nullptr ? AsyncSettings() : AsyncSettings::from_record(*record);
}

bool AsyncQueue::is_too_old(const Item& item, std::int64_t at_ms) const {
  std::chrono::milliseconds most = options_.event_age;
  if (const auto age_s = settings_of(item).age_s) {
    most = options_.pace.of(std::chrono::milliseconds(std::chrono::seconds(*age_s)));
  }
  return at_ms - item.accepted_ms > most.count();
}

/// item is the event as it is to be from now on.
void AsyncQueue::settle(const std::string& id, Item item, const Attempt& attempt) {
  using Result = Invocation::Result;
  const InvokeOutcome& outcome = *attempt.outcome;
  const bool throttled = outcome.throttle != Throttle::kNone;
  if (throttled || outcome.invocation->result == Result::kSandboxFailed) {
    // "For throttling errors (429) and system errors (500-series) … retries for up to 6 hours. The
    // retry interval increases exponentially from 1 second … to a maximum of 5 minutes."
    const auto after =
        std::min(options_.throttle_most,
                 options_.throttle_first * (1L << std::min<std::size_t>(item.throttles, 20)));
    ++item.throttles;
    if (!retry(id, item, after)) end(id, item, attempt, Condition::kEventAgeExceeded);
    return;
  }
  if (outcome.invocation->result == Result::kSucceeded) {
    end(id, item, attempt, Condition::kSuccess);
    return;
  }
  const auto wanted = static_cast<std::size_t>(settings_of(item).retries.value_or(2));
  ++item.failures;
  if (item.failures > std::min(options_.retries.size(), wanted)) {
    log::warning("lambda {}: event {} failed {} times and is dropped", item.function,
                 item.request_id, item.failures);
    end(id, item, attempt, Condition::kRetriesExhausted);
    return;
  }
  const auto after = options_.retries[item.failures - 1];
  if (retry(id, item, after)) return;
  end(id, item, attempt, Condition::kEventAgeExceeded);
}

bool AsyncQueue::retry(const std::string& id, Item item, std::chrono::milliseconds after) {
  item.due_ms = host_.clock.now_ms() + after.count();
  if (is_too_old(item, item.due_ms)) {
    log::warning("lambda {}: event {} is too old and is dropped", item.function, item.request_id);
    return false;
  }
  save(id, item);
  events_.at(id) = std::move(item);
  return true;
}

void AsyncQueue::end(const std::string& id, const Item& item, const Attempt& attempt,
                     Condition condition) {
  const AsyncSettings settings = settings_of(item);
  const bool success = condition == Condition::kSuccess;
  const std::string& destination = success ? settings.on_success : settings.on_failure;
  if (destination.empty()) return forget(id);
  InvocationRecord record;
  record.timestamp_ms = host_.clock.now_ms();
  record.request_id = item.request_id;
  const std::string arn = attempt.function->arn + ':' +
                          (item.qualifier.empty() ? std::string(kLatest) : item.qualifier);
  record.function_arn = arn;
  record.condition = condition;
  record.invoke_count = item.failures + (success ? 1 : 0);
  record.request_payload = item.payload;
  if (attempt.outcome && attempt.outcome->throttle == Throttle::kNone) {
    const Invocation& last = *attempt.outcome->invocation;
    if (last.result != Invocation::Result::kSandboxFailed) {
      record.executed_version = attempt.function->version;
      record.function_error = !success;
      record.response_payload = last.answer;
    }
  }
  if (item.payload.size() + record.response_payload.size() > kAsyncPayloadBytes) {
    log::warning("lambda {}: what became of event {} is too large to be told {}", item.function,
                 item.request_id, destination);
    host_.meters->destination_failed(item.function);
    return forget(id);
  }
  tell(id, item, destination, to_json(record), condition);
}

/// The event goes with the same batch that stores what its destination gets, or after it.
void AsyncQueue::tell(const std::string& id, const Item& item, const std::string& destination,
                      json::object record, Condition condition) {
  const Destination to = read_destination(destination, "", host_.region, host_.account);
  if (to.kind == Destination::Kind::kFunction) {
    return replace(id, {.function = to.function.name,
                        .qualifier = to.function.qualifier,
                        .request_id = core::uuid4(host_.random),
                        .payload = json::to_text(json::value(std::move(record)))});
  }
  if (host_.events == nullptr) {
    log::warning("lambda {}: there is no event bus to be told of event {}", item.function,
                 item.request_id);
    host_.meters->destination_failed(item.function);
    return forget(id);
  }
  json::object event;
  event["version"] = "0";
  event["id"] = core::uuid4(host_.random);
  event["detail-type"] = condition == Condition::kSuccess
                             ? "Lambda Function Invocation Result - Success"
                             : "Lambda Function Invocation Result - Failure";
  event["source"] = "lambda";
  event["account"] = host_.account;
  event["time"] = core::iso8601_s(host_.clock.now_s());
  event["region"] = host_.region;
  const std::string function_arn =
      json::string_or(record.at("requestContext").as_object(), "functionArn");
  event["resources"] = json::array{json::value(destination), json::value(function_arn)};
  event["detail"] = std::move(record);
  host_.events->put(std::move(event));
  forget(id);
}

void AsyncQueue::replace(const std::string& id, Accepted next) {
  const std::string next_id = fmt::format("{:020d}", ++last_id_);
  Item item = make_item(std::move(next));
  store::WriteBatch batch;
  documents_.put(batch, next_id, record_of(item));
  documents_.erase(batch, id);
  store_.write(std::move(batch));
  const auto old = events_.find(id);
  bytes_ -= old->second.payload.size();
  events_.erase(old);
  remember(next_id, std::move(item));
}

}  // namespace tandem::lambda
