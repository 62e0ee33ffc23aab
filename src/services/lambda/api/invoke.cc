#include "core/bytes.h"
#include "core/task.h"
#include "services/lambda/api/invocations.h"
#include "services/lambda/errors.h"
#include "services/lambda/model/rules.h"

namespace tandem::lambda::api {
namespace {

constexpr std::size_t kClientContextBytes = 3'583;

/// Payloads up to this size are looked through where they are handled.
constexpr std::size_t kCheckedAtOnce = 128 * 1024;

/// What the runtime gets must be one JSON text.
void check_payload(std::string_view payload) {
  constexpr std::size_t kDepth = 256;
  const auto parsed = json::parse_text(payload, kDepth);
  if (!parsed) {
    throw errors::invalid_request_content(
        "Could not parse request body into json: Could not parse payload into json: " +
        parsed.error().message);
  }
}

std::string client_context(const json::object& input) {
  const auto given = json::find_string(input, "ClientContext");
  if (!given) return "";
  if (given->size() > kClientContextBytes) {
    throw errors::invalid_request_content("Client context must be smaller than 3583 bytes.");
  }
  const auto decoded = core::base64_decode(*given);
  if (!decoded || !json::parse_text(*decoded) ||
      decoded->find_first_of("\r\n") != std::string::npos) {
    throw errors::invalid_request_content(
        "Client context must be a valid Base64-encoded JSON "
        "object.");
  }
  return *decoded;
}

void throw_throttled(Throttle throttle) {
  if (throttle == Throttle::kReserved) {
    throw errors::too_many_requests("ReservedFunctionConcurrentInvocationLimitExceeded");
  }
  if (throttle == Throttle::kAccount) {
    throw errors::too_many_requests("ConcurrentInvocationLimitExceeded");
  }
}

Reply answer(const Invocation& invocation, LogTail tail) {
  Reply reply;
  reply.status = 200;
  reply.output = {{"StatusCode", 200}, {"ExecutedVersion", invocation.function->version}};
  if (invocation.result != Invocation::Result::kSucceeded) {
    reply.output["FunctionError"] = "Unhandled";
  }
  if (tail == LogTail::kKeep) reply.output["LogResult"] = core::base64_encode(invocation.tail);
  reply.headers.add("X-Amzn-Remapped-Content-Length", "0");
  reply.headers.add("X-Amzn-Trace-Id", invocation.trace_id);
  reply.payload = invocation.answer;
  return reply;
}

/// "Function not found: …:function:f:$LATEST": what was asked for is said, also when it was not.
FunctionPtr invoked_function(const Scope& scope, const FunctionReference& named) {
  FunctionPtr function =
      scope.functions.draw(named.name, named.qualifier, scope.environment.random);
  if (function == nullptr) {
    throw errors::function_not_found(scope.arn(
        named.name, named.qualifier.empty() ? kLatest : std::string_view(named.qualifier)));
  }
  return function;
}

}  // namespace

Reply status_only(int status) {
  Reply reply;
  reply.status = status;
  reply.output = {{"StatusCode", status}};
  return reply;
}

Task<AskedInvocation> read_invocation(Scope& scope, Context& context, json::object input,
                                      std::size_t limit) {
  AskedInvocation asked;
  asked.named = reference_in(scope, input);
  asked.function = invoked_function(scope, asked.named);
  asked.payload = std::move(context.payload);
  if (asked.payload.size() > limit) throw errors::too_large(limit, "InvokeFunction");
  // No payload at all means an empty event.
  if (asked.payload.empty()) asked.payload = "{}";
  if (asked.payload.size() > kCheckedAtOnce) {
    co_await core::run_blocking(scope.environment.blocking,
                                [&asked] { check_payload(asked.payload); });
    // It may have been changed or deleted meanwhile.
    asked.function = invoked_function(scope, asked.named);
  } else {
    check_payload(asked.payload);
  }
  asked.client_context = client_context(input);
  co_return asked;
}

InvokeRequest invoke_request(const Scope& scope, const Context& context, const json::object& input,
                             AskedInvocation& asked) {
  InvokeRequest request;
  request.request_id = context.request_id;
  request.invoked_arn = scope.arn(asked.named.name, asked.named.qualifier);
  request.payload = std::move(asked.payload);
  request.client_context = std::move(asked.client_context);
  if (json::string_or(input, "LogType") == "Tail") request.tail = LogTail::kKeep;
  return request;
}

void require_run(const InvokeOutcome& outcome) {
  throw_throttled(outcome.throttle);
  const Invocation& invocation = *outcome.invocation;
  if (!invocation.done.is_set() || invocation.result != Invocation::Result::kSandboxFailed) return;
  throw errors::service_exception("The execution environment could not be started: " +
                                  invocation.answer);
}

Task<Reply> invoke(Scope& scope, Context& context, json::object input) {
  const std::string type = json::string_or(input, "InvocationType", "RequestResponse");
  const bool event = type == "Event";
  AskedInvocation asked = co_await read_invocation(scope, context, input,
                                                   event ? kAsyncPayloadBytes : kSyncPayloadBytes);
  if (type == "DryRun") co_return status_only(204);
  if (event) {
    if (!scope.queue.add({.function = asked.named.name,
                          .qualifier = asked.named.qualifier,
                          .request_id = context.request_id,
                          .payload = std::move(asked.payload),
                          .client_context = std::move(asked.client_context)})) {
      throw errors::too_many_requests("FunctionInvocationRateLimitExceeded");
    }
    co_return status_only(202);
  }
  InvokeRequest request = invoke_request(scope, context, input, asked);
  const LogTail tail = request.tail;
  const InvokeOutcome outcome = co_await scope.runner.invoke(asked.function, std::move(request));
  require_run(outcome);
  co_return answer(*outcome.invocation, tail);
}

}  // namespace tandem::lambda::api
