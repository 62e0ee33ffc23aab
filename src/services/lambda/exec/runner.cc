#include "services/lambda/exec/runner.h"

#include <fmt/format.h>
#include <utility>

#include "core/ids.h"
#include "services/lambda/exec/function_meters.h"

namespace tandem::lambda {
namespace {

constexpr std::chrono::milliseconds kReportWait{200};

}  // namespace

std::string make_trace_id(core::Random& random, std::int64_t now_s) {
  return fmt::format("Root=1-{:08x}-{:016x}{:08x};Parent={:016x};Sampled=0", now_s, random.next(),
                     random.next() >> 32, random.next());
}

/// Versions share what is reserved for their function, as it is now.
ConcurrencyShare Runner::share_of(const std::string& name) const {
  ConcurrencyShare share;
  if (const FunctionPtr latest = functions_.find(name))
    share.reserved = latest->reserved_concurrency;
  share.reserved_elsewhere = functions_.reserved_elsewhere(name);
  return share;
}

Task<void> await_end(InvocationPtr invocation) {
  co_await invocation->done.wait();
  if (invocation->keep_tail == LogTail::kNone) co_return;
  co_await invocation->reported.wait_for(kReportWait);
}

Task<InvokeOutcome> Runner::invoke(FunctionPtr function, InvokeRequest request) {
  auto invocation = std::make_shared<Invocation>(host_.executor);
  invocation->request_id =
      request.request_id.empty() ? core::uuid4(host_.random) : std::move(request.request_id);
  invocation->payload = std::move(request.payload);
  invocation->client_context = std::move(request.client_context);
  invocation->keep_tail = request.tail;
  invocation->stream = request.stream;
  invocation->trace_id = request.trace_id.empty() ? make_trace_id(host_.random, host_.clock.now_s())
                                                  : std::move(request.trace_id);
  invocation->invoked_arn = request.invoked_arn.empty() ? function->arn : request.invoked_arn;
  invocation->function = function;

  InvokeOutcome outcome;
  const ConcurrencyShare share = share_of(function->name);
  FunctionMeters& meters = *host_.meters;
  // An invocation may end as it is submitted; it has begun by then.
  meters.began(*invocation, share.reserved.has_value());
  invocation->on_end = [&meters](const Invocation& ended) { meters.ended(ended); };
  outcome.throttle = executor_.submit(invocation, share);
  if (outcome.throttle != Throttle::kNone) {
    invocation->on_end = nullptr;
    meters.throttled(*invocation);
    co_return outcome;
  }
  if (request.stream) {
    co_await request.stream->opened();
  } else {
    co_await await_end(invocation);
  }
  outcome.invocation = std::move(invocation);
  co_return outcome;
}

}  // namespace tandem::lambda
