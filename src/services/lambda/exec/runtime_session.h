// The states a runtime goes through as it calls the Runtime API, and what is refused in each.
// No I/O: calls in, decisions out.
//
//   Started ──next──► Ready ──deliver──► Running ──response or error──► ResponseSent ──next──►
//   Ready
//      └──init error──► InitError
//
// A response that comes piece by piece is a state of its own between Running and ResponseSent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tandem::lambda {

class RuntimeSession {
 public:
  enum class State { kStarted, kInitError, kReady, kRunning, kResponding, kResponseSent };

  /// An answer that refuses a call: {"errorMessage": message, "errorType": type}.
  struct Refusal {
    int status;
    std::string type;
    std::string message;
    std::string body() const;
  };

  State state() const { return state_; }
  const std::string& request_id() const { return request_id_; }

  std::optional<Refusal> next();
  /// The waiting next is about to be answered with this invocation. A request may come again under
  /// its id; invocation_id is this time's alone.
  void deliver(std::string request_id, std::string invocation_id);
  /// invocation_id: empty when the runtime does not say (those before July 2026).
  std::optional<Refusal> response(std::string_view request_id, std::string_view invocation_id);
  /// The same of a response that comes piece by piece: nothing else is taken before its end.
  std::optional<Refusal> begin_response(std::string_view request_id,
                                        std::string_view invocation_id);
  void end_response();
  std::optional<Refusal> error(std::string_view request_id, std::string_view invocation_id);
  std::optional<Refusal> init_error();

 private:
  struct Answered {
    std::string_view request_id;
    std::string_view invocation_id;
  };
  std::optional<Refusal> finish(Answered answered, std::string_view target,
                                State then = State::kResponseSent);

  State state_ = State::kStarted;
  std::string request_id_;
  std::string invocation_id_;
};

}  // namespace tandem::lambda
