#include "net/http_client.h"

#include <optional>
#include <utility>

#include "net/body.h"

namespace tandem::net {

bool is_idempotent(std::string_view method) {
  for (const std::string_view known : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"}) {
    if (method == known) return true;
  }
  return false;
}

Task<HttpResponse> HttpClient::send_open(HttpTarget target, HttpRequest request,
                                         std::chrono::milliseconds timeout, Repeat repeat) {
  HttpResponse response =
      co_await exchange_streamed(std::move(target), std::move(request), timeout, repeat);
  if (!response.source || !response.source->length()) co_return response;
  std::optional<NetError> failed;
  try {
    response.body = co_await collect(response.source, Options().response_bytes);
  } catch (const BodyError& error) {
    failed.emplace(NetError::Kind::kClosed, error.message);
    failed->sent = true;
  }
  if (failed) throw *failed;
  response.source.reset();
  co_return response;
}

Task<HttpResponse> HttpClient::exchange_streamed(HttpTarget target, HttpRequest request,
                                                 std::chrono::milliseconds timeout, Repeat repeat) {
  // What a simulated exchange may hold.
  constexpr std::size_t kWhole = 1024 * 1024 * 1024;
  if (const auto source = std::exchange(request.source, nullptr)) {
    request.body = co_await collect(source, kWhole);
  }
  Task<HttpResponse> exchanging = exchange(std::move(target), std::move(request), timeout, repeat);
  HttpResponse response = co_await std::move(exchanging);
  co_return response;
}

}  // namespace tandem::net
