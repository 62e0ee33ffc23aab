// What the Runtime API answers a runtime with, and the fields that it reads. Private to instances
// and those who run their programs.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"
#include "services/lambda/exec/runtime_session.h"

namespace tandem::lambda {

inline constexpr std::string_view kErrorTypeField = "Lambda-Runtime-Function-Error-Type";
inline constexpr std::string_view kErrorBodyField = "Lambda-Runtime-Function-Error-Body";
/// What tells an invocation from an earlier one of the same request, whose answer comes late
/// (aws-lambda-python-runtime-interface-client, 4.0.2).
inline constexpr std::string_view kInvocationId = "Lambda-Runtime-Invocation-Id";
/// What is kept of an error's type.
inline constexpr std::size_t kErrorTypeBytes = 256;

/// A response that comes piece by piece: a source where the runtime is on a connection, so that a
/// reader who is slow slows it down.
bool is_streamed_response(const net::HttpRequest& head);

/// 202.
net::HttpResponse accepted();
net::HttpResponse refused(const RuntimeSession::Refusal& refusal);
/// 413, of a response with more than most bytes.
net::HttpResponse too_large(std::size_t most);

}  // namespace tandem::lambda
