// An HTTP/1.1 client over TCP and TLS with pooled keep-alive connections. (Calls to real AWS use
// libcurl, elsewhere.)
#pragma once

#include <memory>

#include "net/http_client.h"

namespace tandem::net {

/// A pooled connection that ends without an answer byte is replaced once, when the request may be
/// repeated.
class TcpHttpClient final : public HttpClient {
 public:
  TcpHttpClient(asio::any_io_executor executor, Options options);
  ~TcpHttpClient() override;
  void close() override;

 private:
  Task<HttpResponse> exchange(HttpTarget target, HttpRequest request,
                              std::chrono::milliseconds timeout, Repeat repeat) override;
  Task<HttpResponse> exchange_streamed(HttpTarget target, HttpRequest request,
                                       std::chrono::milliseconds timeout, Repeat repeat) override;
  class AnswerBody;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tandem::net
