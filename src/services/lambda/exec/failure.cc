#include "services/lambda/exec/failure.h"

#include <fmt/format.h>
#include <signal.h>

#include "core/json.h"

namespace tandem::lambda {
namespace {

/// As Go's syscall package, in which Lambda's supervisor is written, spells them.
std::string signal_name(int number) {
  switch (number) {
    case SIGHUP:
      return "hangup";
    case SIGINT:
      return "interrupt";
    case SIGQUIT:
      return "quit";
    case SIGILL:
      return "illegal instruction";
    case SIGTRAP:
      return "trace/breakpoint trap";
    case SIGABRT:
      return "aborted";
    case SIGBUS:
      return "bus error";
    case SIGFPE:
      return "floating point exception";
    case SIGKILL:
      return "killed";
    case SIGSEGV:
      return "segmentation fault";
    case SIGPIPE:
      return "broken pipe";
    case SIGALRM:
      return "alarm clock";
    case SIGTERM:
      return "terminated";
    default:
      return fmt::format("signal {}", number);
  }
}

}  // namespace

std::string exit_reason(const net::ExitStatus& status) {
  int signal = status.signal;
  // bubblewrap passes on a death by signal the way shells do.
  constexpr int kSignalBase = 128;
  if (signal == 0 && status.code > kSignalBase && status.code < kSignalBase + SIGSYS + 1) {
    signal = status.code - kSignalBase;
  }
  if (signal != 0) return "signal: " + signal_name(signal);
  if (status.code != 0) return fmt::format("exit status {}", status.code);
  return "";
}

std::string exit_message(const net::ExitStatus& status) {
  const std::string reason = exit_reason(status);
  if (reason.empty()) return "Runtime exited without providing a reason";
  return "Runtime exited with error: " + reason;
}

std::string error_document(std::string_view request_id, std::string_view type,
                           std::string_view message) {
  return json::serialize(
      json::object{{"errorType", type},
                   {"errorMessage", fmt::format("RequestId: {} Error: {}", request_id, message)}});
}

std::string timeout_message(int timeout_s) {
  return fmt::format("Task timed out after {}.00 seconds", timeout_s);
}

}  // namespace tandem::lambda
