// The one HTTP server: HTTP/1.1 (and 1.0) with keep-alive, pipelining, Expect: 100-continue,
// chunked bodies and limits everywhere, over TCP or TLS with SNI.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/task.h"
#include "net/descriptor.h"
#include "net/http.h"

namespace tandem::net {

class ServerTls;

struct HttpLimits {
  std::size_t header_bytes = 64 * 1024;       ///< request line and fields; over it: 431
  std::size_t body_bytes = 16 * 1024 * 1024;  ///< over it: 413
  /// Beyond it, a new connection takes the place of one that is idle or slow; it is closed at
  /// accept when there is none.
  std::size_t connections = 4096;
  /// Bodies in memory, of requests and of answers under way, but the largest one. Beyond it, slow
  /// connections are closed, and when there are none, the request is answered 503.
  std::size_t held_bytes = 256 * 1024 * 1024;
  std::chrono::milliseconds header_timeout{10'000};  ///< for a whole head
  /// For each 16 KiB of a body that comes, for each slice of one that goes, and for its end. The
  /// time that a handler takes over a slice is not the sender's.
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds idle_timeout{310'000};  ///< API Gateway's idle connection timeout
};

using HttpHandler = std::function<Task<HttpResponse>(HttpRequest)>;

/// Lives on the loop's thread. A handler's exception becomes a 500 and is logged.
class HttpServer {
 public:
  static constexpr std::size_t kSmallBody = 16 * 1024;
  struct Options {
    HttpLimits limits;
    /// Asked first of all, once the header is in and before a body is read: an answer refuses the
    /// request, and the connection ends with it. May be empty.
    std::function<std::optional<HttpResponse>(const HttpRequest& head)> admit;
    /// Asked once the header is in, about bodies of more than kSmallBody: a larger (or smaller)
    /// limit for this request.
    std::function<std::size_t(const HttpRequest& head)> body_limit;
    /// Asked once the header is in, about bodies of more than kSmallBody or of unknown length: true
    /// gives the handler the request before its body, with a source. May be empty.
    std::function<bool(const HttpRequest& head)> as_source;
    /// Asked about what the server itself refuses once the header is in (408, 413, 503), so that
    /// the answer has the caller's protocol's shape. May be empty or make nothing: a plain-text
    /// answer.
    std::function<std::optional<HttpResponse>(const HttpRequest& head, int status)> refusal;
    /// The fields after a chunked body (RFC 9110 §6.5) follow those of the header; of a body that
    /// is a source they are its own (BodySource::take_trailers). For who knows which fields may
    /// stand there.
    bool keeps_trailers = false;
  };

  HttpServer(asio::any_io_executor executor, Options options, HttpHandler handler);
  ~HttpServer();

  /// Binds and listens; port 0 takes a free one. Returns the port. Throws
  /// boost::system::system_error (address_in_use, access_denied …). Before start().
  std::uint16_t listen(const std::string& address, std::uint16_t port);
  /// The same with TLS. Borrows tls.
  std::uint16_t listen_tls(const std::string& address, std::uint16_t port, ServerTls& tls);

  /// Serves a TCP socket (IPv4) that listens already, perhaps in another network namespace; with
  /// TLS when there is a tls, which is borrowed. Before start().
  void adopt(Descriptor socket, ServerTls* tls = nullptr);

  void start();
  /// Stops accepting, lets requests under way finish for up to grace, closes everything.
  Task<void> stop(std::chrono::milliseconds grace = std::chrono::milliseconds(0));

  struct Stats {
    std::uint64_t requests = 0;
    std::uint64_t refused = 0;
    std::uint64_t accepted = 0;     ///< connections, ever
    std::uint64_t evicted = 0;      ///< connections closed to make room
    std::uint64_t held = 0;         ///< bytes of bodies in memory now
    std::uint64_t connections = 0;  ///< open now
  };
  Stats stats() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tandem::net
