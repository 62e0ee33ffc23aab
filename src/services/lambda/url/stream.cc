#include "services/lambda/url/stream.h"

#include "net/body.h"
#include "services/lambda/url/result.h"

namespace tandem::lambda {
namespace {

constexpr std::string_view kBytes = "application/octet-stream";

/// What follows the head.
class Written final : public net::BodySource {
 public:
  Written(ResponseReader reader, InvocationPtr invocation, std::string first)
      : reader_(std::move(reader)), invocation_(std::move(invocation)), first_(std::move(first)) {}

  Task<std::string> next() override {
    if (!first_.empty()) co_return std::exchange(first_, {});
    std::string slice = co_await reader_->next();
    if (!slice.empty()) co_return slice;
    co_await invocation_->done.wait();
    if (invocation_->result != Invocation::Result::kSucceeded) {
      throw net::BodyError("the function " + invocation_->function->name +
                           " failed in the middle of its answer");
    }
    co_return std::string();
  }
  std::optional<std::uint64_t> length() const override { return std::nullopt; }

 private:
  ResponseReader reader_;
  InvocationPtr invocation_;
  std::string first_;
};

/// Of a function that has begun to answer; its body is what is there already. Nothing for what ends
/// before its head does, or has none that an HTTP answer can have.
Task<std::optional<net::HttpResponse>> read_head(ResponseReader* reader, InvocationPtr invocation) {
  const bool with_prelude = reader->stream()->content_type() == kPreludeType;
  net::HttpResponse response;
  PreludeReader prelude;
  for (;;) {
    std::string slice = co_await (*reader)->next();
    if (slice.empty() && with_prelude) co_return std::nullopt;
    if (slice.empty()) {
      co_await invocation->done.wait();
      if (invocation->result != Invocation::Result::kSucceeded) co_return std::nullopt;
    }
    if (!with_prelude) {
      response.body = std::move(slice);
      break;
    }
    const PreludeReader::State state = prelude.feed(slice);
    if (state == PreludeReader::State::kBad) co_return std::nullopt;
    if (state == PreludeReader::State::kMore) continue;
    response = prelude.take();
    break;
  }
  if (!response.headers.contains("Content-Type")) {
    const std::string& said = reader->stream()->content_type();
    response.headers.add("Content-Type", with_prelude || said.empty() ? kBytes : said);
  }
  co_return response;
}

/// Of a function that has answered with a whole, which is not looked into: what describes an HTTP
/// answer in BUFFERED mode is the content here.
std::optional<net::HttpResponse> whole_response(Invocation& invocation) {
  if (invocation.result != Invocation::Result::kSucceeded) return std::nullopt;
  net::HttpResponse response;
  const std::string& said = invocation.content_type;
  response.headers.add("Content-Type", said.empty() ? kBytes : said);
  response.body = std::move(invocation.answer);
  return response;
}

}  // namespace

Task<net::HttpResponse> stream_url_response(Runner* runner, FunctionPtr function,
                                            InvokeRequest request) {
  ResponseReader reader(co_await asio::this_coro::executor);
  request.stream = reader.stream();
  const InvokeOutcome outcome = co_await runner->invoke(std::move(function), std::move(request));
  if (outcome.throttle != Throttle::kNone) co_return throttled();
  const InvocationPtr& invocation = outcome.invocation;
  std::optional<net::HttpResponse> response;
  if (reader->begun()) {
    response = co_await read_head(&reader, invocation);
  } else {
    response = whole_response(*invocation);
  }
  if (!response) co_return bad_gateway();
  if (!response->headers.contains("X-Amzn-Trace-Id")) {
    response->headers.add("X-Amzn-Trace-Id", invocation->trace_id);
  }
  if (reader->begun()) {
    response->source =
        std::make_shared<Written>(std::move(reader), invocation, std::exchange(response->body, {}));
  }
  co_return std::move(*response);
}

}  // namespace tandem::lambda
