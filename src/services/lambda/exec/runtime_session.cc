#include "services/lambda/exec/runtime_session.h"

#include <fmt/format.h>
#include <utility>

#include "core/check.h"
#include "core/json.h"

namespace tandem::lambda {
namespace {

using State = RuntimeSession::State;

std::string_view state_name(State state) {
  switch (state) {
    case State::kStarted:
      return "Started";
    case State::kInitError:
      return "InitError";
    case State::kReady:
      return "Ready";
    case State::kRunning:
      return "Running";
    case State::kResponding:
      return "InvocationResponse";
    case State::kResponseSent:
      return "ResponseSent";
  }
  return "";
}

RuntimeSession::Refusal not_allowed(State from, std::string_view to) {
  return {403, "InvalidStateTransition",
          fmt::format("Transition from {} to {} is not allowed.", state_name(from), to)};
}

}  // namespace

std::string RuntimeSession::Refusal::body() const {
  return json::serialize(json::object{{"errorMessage", message}, {"errorType", type}});
}

std::optional<RuntimeSession::Refusal> RuntimeSession::next() {
  if (state_ == State::kRunning || state_ == State::kResponding || state_ == State::kInitError) {
    return not_allowed(state_, "Ready");
  }
  state_ = State::kReady;
  return std::nullopt;
}

void RuntimeSession::deliver(std::string request_id, std::string invocation_id) {
  CHECK(state_ == State::kReady);
  request_id_ = std::move(request_id);
  invocation_id_ = std::move(invocation_id);
  state_ = State::kRunning;
}

std::optional<RuntimeSession::Refusal> RuntimeSession::response(std::string_view request_id,
                                                                std::string_view invocation_id) {
  return finish({request_id, invocation_id}, "InvocationResponse");
}

std::optional<RuntimeSession::Refusal> RuntimeSession::begin_response(
    std::string_view request_id, std::string_view invocation_id) {
  return finish({request_id, invocation_id}, "InvocationResponse", State::kResponding);
}

void RuntimeSession::end_response() {
  CHECK(state_ == State::kResponding);
  state_ = State::kResponseSent;
}

std::optional<RuntimeSession::Refusal> RuntimeSession::error(std::string_view request_id,
                                                             std::string_view invocation_id) {
  return finish({request_id, invocation_id}, "InvocationErrorResponse");
}

std::optional<RuntimeSession::Refusal> RuntimeSession::finish(Answered answered,
                                                              std::string_view target, State then) {
  if (request_id_.empty() || answered.request_id != request_id_) {
    return Refusal{400, "InvalidRequestID", "Invalid request ID"};
  }
  // aws-lambda-dotnet, RuntimeSupport: 410 of this type to what belongs to an earlier time; the
  // runtime goes on with the next invocation.
  if (!answered.invocation_id.empty() && answered.invocation_id != invocation_id_) {
    return Refusal{410, "ErrorRuntimeInvokeTimeout", "The invocation has ended."};
  }
  if (state_ != State::kRunning) return not_allowed(state_, target);
  state_ = then;
  return std::nullopt;
}

std::optional<RuntimeSession::Refusal> RuntimeSession::init_error() {
  if (state_ != State::kStarted) return not_allowed(state_, "InitError");
  state_ = State::kInitError;
  return std::nullopt;
}

}  // namespace tandem::lambda
