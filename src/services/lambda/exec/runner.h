// One way in for all who invoke: the Invoke operation, API Gateway, the queue of asynchronous
// events.
#pragma once

#include <string>

#include "services/lambda/exec/executor.h"
#include "services/lambda/function_table.h"

namespace tandem::lambda {

struct InvokeRequest {
  std::string request_id;   ///< empty: a new one
  std::string invoked_arn;  ///< empty: the function's own
  std::string trace_id;     ///< empty: a new one
  std::string payload;
  std::string client_context;
  LogTail tail = LogTail::kNone;
  std::shared_ptr<ResponseStream> stream = nullptr;  ///< takes what is written piece by piece
};

struct InvokeOutcome {
  Throttle throttle = Throttle::kNone;
  InvocationPtr invocation;  ///< null when throttled
};

/// The form X-Ray gave it: version, seconds in hex, 96 random bits. Nothing samples here.
std::string make_trace_id(core::Random& random, std::int64_t now_s);

/// Returns when the invocation has its result, and its log's tail when that is kept: it ends with
/// the REPORT line, which is written when the runtime asks for more work.
Task<void> await_end(InvocationPtr invocation);

class Runner {
 public:
  Runner(Host& host, Executor& executor, const FunctionTable& functions)
      : host_(host), executor_(executor), functions_(functions) {}

  /// Returns when the function has answered, failed or was throttled; of a request with a stream
  /// also when it begins to answer.
  Task<InvokeOutcome> invoke(FunctionPtr function, InvokeRequest request);

 private:
  ConcurrencyShare share_of(const std::string& name) const;

  Host& host_;
  Executor& executor_;
  const FunctionTable& functions_;
};

}  // namespace tandem::lambda
