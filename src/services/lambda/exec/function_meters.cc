#include "services/lambda/exec/function_meters.h"

#include <utility>

namespace tandem::lambda {
namespace {

using core::MeterKind;

constexpr std::string_view kLambda = "AWS/Lambda";
constexpr MeterKind kInvocations{kLambda, "Invocations", "Count", "aws_lambda_invocations",
                                 "Invocations that ran, with those that failed"};
constexpr MeterKind kErrors{kLambda, "Errors", "Count", "aws_lambda_errors",
                            "1 for an invocation that failed, 0 for another"};
constexpr MeterKind kThrottles{kLambda, "Throttles", "Count", "aws_lambda_throttles",
                               "1 for a call that was throttled, 0 for one that ran"};
constexpr MeterKind kDuration{kLambda, "Duration", "Milliseconds",
                              "aws_lambda_duration_milliseconds", "Time that function code took"};
constexpr MeterKind kConcurrent{kLambda, "ConcurrentExecutions", "Count",
                                "aws_lambda_concurrent_executions",
                                "Invocations at work as one begins"};
constexpr MeterKind kUnreserved{kLambda, "UnreservedConcurrentExecutions", "Count",
                                "aws_lambda_unreserved_concurrent_executions",
                                "The same, of functions without reserved concurrency"};
constexpr MeterKind kReceived{kLambda, "AsyncEventsReceived", "Count",
                              "aws_lambda_async_events_received", "Events that were queued"};
constexpr MeterKind kAge{kLambda, "AsyncEventAge", "Milliseconds",
                         "aws_lambda_async_event_age_milliseconds",
                         "Time between queuing an event and invoking the function"};
constexpr MeterKind kDropped{kLambda, "AsyncEventsDropped", "Count",
                             "aws_lambda_async_events_dropped",
                             "Events dropped without a successful invocation"};
constexpr MeterKind kUndelivered{kLambda, "DestinationDeliveryFailures", "Count",
                                 "aws_lambda_destination_delivery_failures",
                                 "Records that did not reach a destination"};

/// Handles of functions that nobody calls any more need not be kept.
constexpr std::size_t kKept = 2'000;

/// After "arn:aws:lambda:<region>:<account>:function:": the name, with a qualifier if there is one.
std::string resource_of(const std::string& arn) {
  std::size_t at = 0;
  for (int colon = 0; colon < 6 && at != std::string::npos; ++colon) {
    at = arn.find(':', at);
    if (at != std::string::npos) ++at;
  }
  return at == std::string::npos ? arn : arn.substr(at);
}

std::vector<core::Dimensions> under(const Invocation& invocation) {
  const std::string& name = invocation.function->name;
  const std::string resource = resource_of(invocation.invoked_arn);
  std::vector<core::Dimensions> all{
      {{"FunctionName", name}, {"Resource", resource}}, {{"FunctionName", name}}, {}};
  // "ExecutedVersion: … applies to weighted aliases" and is there for every alias.
  const std::string& version = invocation.function->version;
  const bool qualified = resource.size() > name.size() + 1;
  if (qualified && resource.substr(name.size() + 1) != version) {
    all.insert(all.begin(),
               {{"FunctionName", name}, {"Resource", resource}, {"ExecutedVersion", version}});
  }
  return all;
}

}  // namespace

FunctionMeters::MeterPtr FunctionMeters::make(const MeterKind& kind,
                                              std::vector<core::Dimensions> dimensions) {
  if (meters_ == nullptr) return std::make_shared<core::Meter>(kind, std::move(dimensions));
  return meters_->meter(kind, std::move(dimensions));
}

FunctionMeters::OfFunction& FunctionMeters::of(const Invocation& invocation) {
  std::string key = invocation.invoked_arn + ' ' + invocation.function->version;
  const auto found = functions_.find(key);
  if (found != functions_.end()) return found->second;
  if (functions_.size() >= kKept) functions_.clear();
  const std::vector<core::Dimensions> dimensions = under(invocation);
  return functions_
      .emplace(std::move(key),
               OfFunction{make(kInvocations, dimensions), make(kErrors, dimensions),
                          make(kThrottles, dimensions), make(kDuration, dimensions)})
      .first->second;
}

void FunctionMeters::began(const Invocation& invocation, bool reserved) {
  const std::string& name = invocation.function->name;
  Running& running = running_[name];
  if (!running.meter) running.meter = make(kConcurrent, {{{"FunctionName", name}}});
  if (!region_running_) region_running_ = make(kConcurrent, {{}});
  if (!region_unreserved_) region_unreserved_ = make(kUnreserved, {{}});
  if (running.all == 0) running.reserved = reserved;
  running.meter->record(++running.all);
  region_running_->record(++all_running_);
  // What it was as the first of them began: so that each is taken off where it was put.
  if (!running.reserved) region_unreserved_->record(++unreserved_running_);
}

void FunctionMeters::ended(const Invocation& invocation) {
  const auto found = running_.find(invocation.function->name);
  if (found != running_.end()) {
    --all_running_;
    if (!found->second.reserved) --unreserved_running_;
    if (--found->second.all == 0 && running_.size() > kKept) running_.erase(found);
  }
  // What never came to the function's code is no invocation (a sandbox that does not start).
  if (invocation.result == Invocation::Result::kSandboxFailed) return;
  OfFunction& meters = of(invocation);
  meters.invocations->record(1);
  meters.errors->record(invocation.result == Invocation::Result::kSucceeded ? 0 : 1);
  meters.throttles->record(0);
  meters.duration->record(invocation.duration_ms);
}

void FunctionMeters::throttled(const Invocation& invocation) {
  of(invocation).throttles->record(1);
}

void FunctionMeters::record(const MeterKind& kind, const std::string& function, double value) {
  make(kind, {{{"FunctionName", function}}, {}})->record(value);
}

void FunctionMeters::event_received(const std::string& function) { record(kReceived, function, 1); }
void FunctionMeters::event_tried(const std::string& function, double age_ms) {
  record(kAge, function, age_ms);
}
void FunctionMeters::event_dropped(const std::string& function) { record(kDropped, function, 1); }
void FunctionMeters::destination_failed(const std::string& function) {
  record(kUndelivered, function, 1);
}

}  // namespace tandem::lambda
