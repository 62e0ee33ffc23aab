// One invocation on its way through an instance, and what became of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "services/lambda/exec/event.h"
#include "services/lambda/exec/response_stream.h"
#include "services/lambda/model/function.h"

namespace tandem::lambda {

enum class LogTail { kNone, kKeep };

struct Invocation {
  explicit Invocation(const asio::any_io_executor& executor) : done(executor), reported(executor) {}

  FunctionPtr function;
  std::string request_id;
  std::string invoked_arn;  ///< as it was asked for: with the qualifier
  std::string payload;
  std::string trace_id;
  std::string client_context;  ///< JSON; empty when there is none
  LogTail keep_tail = LogTail::kNone;
  /// Where a response goes that is written piece by piece; null: into answer, like any other.
  std::shared_ptr<ResponseStream> stream;

  enum class Result { kSucceeded, kFunctionError, kTimedOut, kSandboxFailed };
  Result result = Result::kSucceeded;
  std::string answer;        ///< the function's, or the error document
  std::string content_type;  ///< of the function's answer, as its runtime says
  std::string error_type;    ///< for the REPORT line
  std::string tail;          ///< the last 4 KB of its log, when kept
  std::int64_t started_ns = 0;
  double duration_ms = 0;
  std::int64_t cold_start_ns = -1;  ///< length of the init phase it waited for

  /// Result and answer are there.
  void settle() {
    if (auto last = std::exchange(on_end, nullptr)) last(*this);
    if (stream) stream->end(ResponseStream::End::kBrokenOff);
    done.set();
  }
  std::function<void(const Invocation&)> on_end;  ///< called once, before done is set
  Event done;
  Event reported;  ///< END and REPORT are in the log, and the tail is complete

  static constexpr std::size_t kTailBytes = 4'096;
  void add_to_tail(std::string_view line);
};

using InvocationPtr = std::shared_ptr<Invocation>;

inline void Invocation::add_to_tail(std::string_view line) {
  if (keep_tail == LogTail::kNone) return;
  tail.append(line.substr(line.size() > kTailBytes ? line.size() - kTailBytes : 0));
  tail += '\n';
  if (tail.size() > kTailBytes) tail.erase(0, tail.size() - kTailBytes);
}

}  // namespace tandem::lambda
