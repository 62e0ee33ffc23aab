// Responses that a runtime writes piece by piece (developer guide, "Implementing response streaming
// in a custom runtime").
#include <fmt/format.h>

#include "core/bytes.h"
#include "core/text.h"
#include "net/body.h"
#include "services/lambda/exec/failure.h"
#include "services/lambda/exec/instance.h"
#include "services/lambda/exec/runtime_answers.h"
#include "services/lambda/model/rules.h"

namespace tandem::lambda {
namespace {

constexpr std::string_view kTruncated = "Runtime.TruncatedResponse";
/// What a program whose connection broke off has to end in, for its end to be the reason.
constexpr std::chrono::milliseconds kExitWait{250};

}  // namespace

bool is_streamed_response(const net::HttpRequest& head) {
  return core::equals_ignoring_case(head.headers.get_or("Lambda-Runtime-Function-Response-Mode"),
                                    "streaming");
}

std::size_t Instance::most_bytes(const Invocation& invocation) {
  return invocation.stream ? kStreamedBytes : kResponseBytes;
}

/// Nothing is left of it here: it is with the invocation's reader, or in its answer.
Task<Instance::Passed> Instance::pass_on(InvocationPtr invocation,
                                         std::shared_ptr<net::BodySource> source) {
  std::uint64_t total = 0;
  for (;;) {
    std::string slice;
    bool broken = false;
    try {
      slice = co_await source->next();
    } catch (const net::BodyError&) {
      broken = true;
    }
    // It timed out, or the instance was ended.
    if (current_ != invocation) co_return Passed::kNobodyWaits;
    if (broken) co_return Passed::kBrokenOff;
    if (slice.empty()) co_return Passed::kWhole;
    total += slice.size();
    if (total > most_bytes(*invocation)) co_return Passed::kTooLarge;
    if (invocation->stream) {
      co_await invocation->stream->write(std::move(slice));
      if (current_ != invocation) co_return Passed::kNobodyWaits;
    } else {
      invocation->answer += slice;
    }
  }
}

void Instance::complete_too_large() {
  const std::size_t most = most_bytes(*current_);
  complete(Invocation::Result::kFunctionError,
           fmt::format("{{\"errorMessage\":\"Response payload size exceeded maximum allowed "
                       "payload size ({} bytes).\",\"errorType\":\"{}\"}}",
                       most, kResponseTooLarge),
           std::string(kResponseTooLarge));
}

/// Fields after the body, or before it when it came as a whole, say that the function failed in the
/// middle.
void Instance::complete_streamed(const net::Headers& fields) {
  if (current_->stream) current_->stream->end(ResponseStream::End::kOrderly);
  const std::string_view type = fields.get_or(kErrorTypeField);
  if (type.empty()) {
    complete(Invocation::Result::kSucceeded, std::move(current_->answer), "");
    return;
  }
  auto document = core::base64_decode(fields.get_or(kErrorBodyField));
  complete(Invocation::Result::kFunctionError, document.value_or(""),
           std::string(type.substr(0, kErrorTypeBytes)));
}

/// The connection ended within the response. When that is because the program has ended, its end is
/// the invocation's.
Task<void> Instance::complete_broken(InvocationPtr invocation) {
  co_await core::sleep_for(kExitWait);
  if (current_ != invocation) co_return;
  complete(Invocation::Result::kFunctionError,
           error_document(invocation->request_id, kTruncated, "Response was truncated."),
           std::string(kTruncated));
}

Task<net::HttpResponse> Instance::take_stream(std::string id, net::HttpRequest request) {
  const auto refusal = session_.begin_response(id, request.headers.get_or(kInvocationId));
  if (refusal) co_return refused(*refusal);
  const InvocationPtr invocation = current_;
  Passed passed = Passed::kNobodyWaits;
  if (invocation != nullptr) {
    invocation->content_type = request.headers.get_or("Content-Type");
    if (invocation->stream) invocation->stream->begin(invocation->content_type);
    if (!request.source) request.source = net::whole_body(std::move(request.body));
    Task<Passed> passing = pass_on(invocation, request.source);
    passed = co_await std::move(passing);
  }
  if (passed == Passed::kBrokenOff) co_await complete_broken(invocation);
  session_.end_response();
  if (passed == Passed::kTooLarge) {
    const std::size_t most = most_bytes(*invocation);
    complete_too_large();
    co_return too_large(most);
  }
  if (passed == Passed::kWhole) {
    const net::Headers after = request.source->take_trailers();
    complete_streamed(after.contains(kErrorTypeField) ? after : request.headers);
  }
  co_return accepted();
}

}  // namespace tandem::lambda
