// A Lambda function in C++: give run() a handler and link this library.
//
//   int main() {
//     return tandem::lambda_runtime::run([](const Invocation& invocation) {
//       return Response::success("{\"echo\":" + invocation.payload + "}");
//     });
//   }
//
// Built as "bootstrap" for the provided.al2023 runtime. One invocation at a time, one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tandem::lambda_runtime {

struct Invocation {
  std::string payload;  ///< the event, JSON
  std::string request_id;
  std::string invocation_id;  ///< of this time that the request is run; "" where there are none
  std::string function_arn;
  std::string trace_id;          ///< also in the environment as _X_AMZN_TRACE_ID
  std::string client_context;    ///< JSON; empty when the caller gave none
  std::int64_t deadline_ms = 0;  ///< epoch; the function is killed then

  std::chrono::milliseconds remaining() const;
};

struct Response {
  /// payload is JSON.
  static Response success(std::string payload);
  /// The invocation fails with {"errorType": type, "errorMessage": message, "stackTrace": []}.
  static Response failure(std::string type, std::string message);

  bool failed = false;
  std::string payload;
  std::string error_type;
};

using Handler = std::function<Response(const Invocation&)>;

/// Serves invocations until the process is ended; returns an exit code when the Runtime API is gone
/// or never was there. An exception of the handler fails its invocation only.
int run(const Handler& handler);

/// The same with an initialiser, run once before the first invocation. Its exception is reported
/// as the function's init error.
int run(const std::function<Handler()>& initialise);

/// JSON string literal with quotes; what is not UTF-8 is replaced.
std::string json_quote(std::string_view text);

}  // namespace tandem::lambda_runtime
