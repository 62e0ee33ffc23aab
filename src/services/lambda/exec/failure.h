// What the invoker of a function that failed to answer is told, and what its log says.
#pragma once

#include <string>
#include <string_view>

#include "net/process.h"

namespace tandem::lambda {

/// "exit status 1", "signal: killed"; empty when it ended with 0: no reason.
std::string exit_reason(const net::ExitStatus& status);
/// "Runtime exited with error: exit status 1", "Runtime exited without providing a reason".
std::string exit_message(const net::ExitStatus& status);
/// {"errorType": type, "errorMessage": "RequestId: <id> Error: <message>"}.
std::string error_document(std::string_view request_id, std::string_view type,
                           std::string_view message);
/// "Task timed out after 3.00 seconds".
std::string timeout_message(int timeout_s);

}  // namespace tandem::lambda
