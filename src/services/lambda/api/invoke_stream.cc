// InvokeWithResponseStream: what a function writes is told of as it is written.
#include "aws/event_stream.h"
#include "core/bytes.h"
#include "core/utf8.h"
#include "net/body.h"
#include "services/lambda/api/invocations.h"
#include "services/lambda/model/rules.h"

namespace tandem::lambda::api {
namespace {

constexpr std::string_view kBytes = "application/octet-stream";

/// "Unhandled" of a function that had written nothing yet, else what ended its response: clients
/// know both, and Runtime.TruncatedResponse of a response that has no end.
std::string_view error_code(const Invocation& invocation) {
  if (!invocation.stream->begun()) return "Unhandled";
  if (invocation.result == Invocation::Result::kTimedOut) return "Sandbox.Timedout";
  if (invocation.stream->broke_off() && invocation.error_type != kResponseTooLarge) {
    return "Runtime.TruncatedResponse";
  }
  return invocation.error_type;
}

/// InvokeWithResponseStreamCompleteEvent.
json::object completion(const Invocation& invocation) {
  json::object event;
  if (invocation.result != Invocation::Result::kSucceeded) {
    // Both may be the function's own bytes.
    event["ErrorCode"] = core::to_utf8(std::string(error_code(invocation)));
    event["ErrorDetails"] = core::to_utf8(invocation.answer);
  }
  if (invocation.keep_tail == LogTail::kKeep) {
    event["LogResult"] = core::base64_encode(invocation.tail);
  }
  return event;
}

class EventSource final : public net::BodySource {
 public:
  EventSource(ResponseReader reader, InvocationPtr invocation)
      : reader_(std::move(reader)), invocation_(std::move(invocation)) {}

  Task<std::string> next() override {
    if (completed_) co_return std::string();
    std::string slice = co_await reader_->next();
    if (slice.empty()) slice = more_of_answer();
    if (!slice.empty()) co_return aws::encode_event("PayloadChunk", kBytes, slice);
    co_await await_end(invocation_);
    completed_ = true;
    co_return aws::encode_event("InvokeComplete", "application/json",
                                json::to_text(completion(*invocation_)));
  }
  std::optional<std::uint64_t> length() const override { return std::nullopt; }

 private:
  /// Of a function that has answered with a whole.
  std::string more_of_answer() {
    if (invocation_->result != Invocation::Result::kSucceeded) return {};
    std::string slice = invocation_->answer.substr(told_, net::kBodySlice);
    told_ += slice.size();
    return slice;
  }

  ResponseReader reader_;
  InvocationPtr invocation_;
  std::size_t told_ = 0;
  bool completed_ = false;
};

}  // namespace

Task<Reply> invoke_with_response_stream(Scope& scope, Context& context, json::object input) {
  AskedInvocation asked = co_await read_invocation(scope, context, input, kSyncPayloadBytes);
  if (json::string_or(input, "InvocationType") == "DryRun") co_return status_only(204);
  InvokeRequest request = invoke_request(scope, context, input, asked);
  ResponseReader reader(scope.environment.executor);
  request.stream = reader.stream();
  const InvokeOutcome outcome = co_await scope.runner.invoke(asked.function, std::move(request));
  require_run(outcome);
  const Invocation& invocation = *outcome.invocation;
  Reply reply;
  reply.status = 200;
  reply.output = {{"StatusCode", 200},
                  {"ExecutedVersion", invocation.function->version},
                  {"ResponseStreamContentType", aws::kEventStreamType}};
  reply.headers.add("X-Amzn-Remapped-Content-Type",
                    invocation.content_type.empty() ? kBytes : invocation.content_type);
  reply.headers.add("X-Amzn-Trace-Id", invocation.trace_id);
  reply.source = std::make_shared<EventSource>(std::move(reader), outcome.invocation);
  co_return reply;
}

}  // namespace tandem::lambda::api
