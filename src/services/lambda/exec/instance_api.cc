// The Runtime API as the function's process sees it (version 2018-06-01).
#include <fmt/format.h>

#include "core/ids.h"
#include "services/lambda/exec/failure.h"
#include "services/lambda/exec/instance.h"
#include "services/lambda/exec/runtime_answers.h"
#include "services/lambda/model/log_lines.h"
#include "services/lambda/model/rules.h"

namespace tandem::lambda {
namespace {

constexpr std::string_view kPrefix = "/2018-06-01/runtime/";

net::HttpResponse json_answer(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

RuntimeSession::Refusal another_next() {
  return {403, "InvalidStateTransition", "Another next is pending."};
}

/// The error's type: the header, else the document's errorType.
std::string error_type(const net::HttpRequest& request) {
  const std::string_view field = request.headers.get_or(kErrorTypeField);
  if (!field.empty()) return std::string(field.substr(0, kErrorTypeBytes));
  const auto parsed = json::parse_text(request.body);
  if (!parsed || !parsed.value().is_object()) return "Unknown";
  return json::string_or(parsed.value().as_object(), "errorType", "Unknown")
      .substr(0, kErrorTypeBytes);
}

}  // namespace

net::HttpResponse accepted() { return json_answer(202, "{\"status\":\"OK\"}\n"); }

net::HttpResponse refused(const RuntimeSession::Refusal& refusal) {
  return json_answer(refusal.status, refusal.body());
}

net::HttpResponse too_large(std::size_t most) {
  return refused({413, "RequestEntityTooLarge",
                  fmt::format("Exceeded maximum allowed payload size ({} bytes).", most)});
}

Task<net::HttpResponse> Instance::handle(net::HttpRequest request) {
  std::string_view path = request.path();
  const bool get = request.method == "GET";
  const bool post = request.method == "POST";
  if (path.starts_with(kPrefix)) {
    path.remove_prefix(kPrefix.size());
    if (get && path == "invocation/next") {
      net::HttpResponse response = co_await next();
      co_return response;
    }
    if (post && path == "init/error") co_return take_init_error(request);
    constexpr std::string_view kInvocation = "invocation/";
    if (post && path.starts_with(kInvocation)) {
      path.remove_prefix(kInvocation.size());
      const std::size_t slash = path.find('/');
      const std::string id(path.substr(0, slash));
      const std::string_view verb = slash == std::string_view::npos ? "" : path.substr(slash + 1);
      if (verb == "response" && is_streamed_response(request)) {
        Task<net::HttpResponse> taking = take_stream(id, std::move(request));
        net::HttpResponse response = co_await std::move(taking);
        co_return response;
      }
      if (verb == "response") co_return take_response(id, request);
      if (verb == "error") co_return take_error(id, request);
    }
  }
  net::HttpResponse response;
  response.status = 404;
  response.body = "404 page not found\n";
  co_return response;
}

Task<net::HttpResponse> Instance::next() {
  if (const auto refusal = session_.next()) co_return refused(*refusal);
  const std::uint64_t turn = ++turn_;
  next_timer_.cancel();
  wake_.set();  // an earlier next, whose connection the runtime has given up, ends
  wake_.clear();
  if (unreported_ != nullptr) {
    if (const auto program = program_) {
      // What the function printed before this call is in its pipes.
      program->drain();
      co_await program->answered();
    }
    finish_report();
  }
  if (phase_.is(Phase::kStarting)) co_await become_ready();
  if (retiring_ && current_ == nullptr) end_process(Ending::kRetired);
  while (program_ == nullptr || phase_.is(Phase::kEnding) || phase_.is(Phase::kDown)) {
    // It is being started still, or ended: then it gets no answer, and the listener's end ends this
    // wait.
    wake_.clear();
    co_await wake_.wait();
  }
  if (turn != turn_) co_return refused(another_next());
  phase_.on(PhaseEvent::kNext);
  if (current_ == nullptr) {
    idle_since_ns_ = host_.clock.steady_ns();
    owner_.instance_idle(*this);
  }
  while (turn == turn_ && (current_ == nullptr || !phase_.is(Phase::kIdle))) {
    wake_.clear();
    co_await wake_.wait();
  }
  if (turn != turn_) co_return refused(another_next());
  co_return deliver();
}

Task<void> Instance::become_ready() {
  phase_.on(PhaseEvent::kReady);
  start_took_ = std::chrono::nanoseconds(host_.clock.steady_ns() - process_started_ns_);
  end_start();
  ++armed_;  // the init phase's limit no longer holds
  timer_.cancel();
  if (attempts_ == 1) init_ns_ = host_.clock.steady_ns() - process_started_ns_;
  if (const auto program = program_) co_await program->ready();
}

net::HttpResponse Instance::deliver() {
  Invocation& invocation = *current_;
  phase_.on(PhaseEvent::kDeliver);
  std::string invocation_id = core::uuid4(host_.random);
  session_.deliver(invocation.request_id, invocation_id);
  invocation.started_ns = host_.clock.steady_ns();
  invocation.cold_start_ns = std::exchange(init_ns_, -1);
  log_.start(current_);
  arm(timeout(), Ending::kTimeout);

  net::HttpResponse response;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Lambda-Runtime-Aws-Request-Id", invocation.request_id);
  response.headers.add(std::string(kInvocationId), std::move(invocation_id));
  response.headers.add("Lambda-Runtime-Deadline-Ms",
                       std::to_string(host_.clock.now_ms() + timeout().count()));
  response.headers.add("Lambda-Runtime-Invoked-Function-Arn", invocation.invoked_arn);
  response.headers.add("Lambda-Runtime-Trace-Id", invocation.trace_id);
  if (!invocation.client_context.empty()) {
    response.headers.add("Lambda-Runtime-Client-Context", invocation.client_context);
  }
  response.body = std::move(invocation.payload);
  return response;
}

net::HttpResponse Instance::take_response(std::string_view id, net::HttpRequest& request) {
  if (const auto refusal = session_.response(id, request.headers.get_or(kInvocationId)))
    return refused(*refusal);
  if (current_ == nullptr) return accepted();  // it has timed out
  if (request.body.size() > kResponseBytes) {
    complete_too_large();
    return too_large(kResponseBytes);
  }
  current_->content_type = request.headers.get_or("Content-Type");
  complete(Invocation::Result::kSucceeded, std::move(request.body), "");
  return accepted();
}

net::HttpResponse Instance::take_error(std::string_view id, net::HttpRequest& request) {
  if (const auto refusal = session_.error(id, request.headers.get_or(kInvocationId)))
    return refused(*refusal);
  std::string type = error_type(request);
  complete(Invocation::Result::kFunctionError, std::move(request.body), std::move(type));
  return accepted();
}

net::HttpResponse Instance::take_init_error(net::HttpRequest& request) {
  if (const auto refusal = session_.init_error()) return refused(*refusal);
  init_error_type_ = error_type(request);
  init_error_ = std::move(request.body);
  return accepted();
}

}  // namespace tandem::lambda
