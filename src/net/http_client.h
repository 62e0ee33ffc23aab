// How requests leave a process: calls between Tandem's processes, and the command line's to them.
// Over TCP it is net/tcp_http_client.h; the simulator has a network of its own.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "core/task.h"
#include "net/http.h"

namespace tandem::net {

struct HttpTarget {
  std::string address;  ///< an IP address; the client resolves nothing
  std::uint16_t port = 0;
  bool tls = false;
  std::string server_name;  ///< SNI, and the name verified; empty: no SNI
  /// Health checkers never verify (Route 53 does not either); everything else does.
  enum class Verify { kYes, kNo } verify = Verify::kYes;
};

struct NetError : std::exception {
  enum class Kind { kConnect, kConnectTimeout, kTls, kTimeout, kProtocol, kClosed };
  NetError(Kind what, std::string text) : kind(what), message(std::move(text)) {}
  const char* what() const noexcept override { return message.c_str(); }
  Kind kind;
  std::string message;
  /// Bytes of the request may have reached the peer, which then may have acted on it.
  bool sent = false;
};

/// RFC 9110 §9.2.2: sent twice, it has the effect of one.
bool is_idempotent(std::string_view method);

class HttpClient {
 public:
  struct Options {
    std::chrono::milliseconds connect_timeout{4'000};
    std::chrono::milliseconds idle_timeout{60'000};
    std::size_t idle_per_target = 32;
    std::size_t response_bytes = 64 * 1024 * 1024;
    /// For each slice of a body that is a source. Where its length is not known, it is made while
    /// it is sent: then whoever makes it has the exchange's own timeout for each, if that is
    /// longer.
    std::chrono::milliseconds slice_timeout{30'000};
    std::string trusted_ca_pem;  ///< the only root trusted
  };
  virtual ~HttpClient() = default;

  /// Whether a request may be sent a second time when a pooled connection ends before its answer.
  /// One of which not a byte was sent always may.
  enum class Repeat {
    kByMethod,  ///< RFC 9110 §9.2.2: only methods that are idempotent
    kYes,       ///< the caller knows that the request only reads
    kNo,
  };

  /// Sends request and returns the whole answer. Host is taken from request.headers, or set from
  /// the target. Throws NetError, which says whether the request may have been acted on.
  Task<HttpResponse> send(HttpTarget target, HttpRequest request,
                          std::chrono::milliseconds timeout = std::chrono::milliseconds(30'000),
                          Repeat repeat = Repeat::kByMethod) {
    return exchange(std::move(target), std::move(request), timeout, repeat);
  }
  /// The same for bodies of any size: request.source, if there is one, is pulled as the peer takes
  /// it, once the peer wants it (RFC 9110 §10.1.1), and the answer has a source unless it is small.
  /// timeout is for the peer to answer, not for the bodies. A request whose source was pulled is
  /// never sent again. Throws NetError, and what the source throws. Where messages are whole
  /// anyway, so they are here.
  Task<HttpResponse> stream(HttpTarget target, HttpRequest request,
                            std::chrono::milliseconds timeout, Repeat repeat) {
    return exchange_streamed(std::move(target), std::move(request), timeout, repeat);
  }
  /// The same for an answer that is made while it is sent, so that its sender does not know its
  /// length: that alone has a source. Of any other it is known to be whole when this returns.
  /// Throws NetError, and what the request's source throws.
  Task<HttpResponse> send_open(HttpTarget target, HttpRequest request,
                               std::chrono::milliseconds timeout, Repeat repeat);
  /// Closes idle connections.
  virtual void close() = 0;

 private:
  virtual Task<HttpResponse> exchange(HttpTarget target, HttpRequest request,
                                      std::chrono::milliseconds timeout, Repeat repeat) = 0;
  virtual Task<HttpResponse> exchange_streamed(HttpTarget target, HttpRequest request,
                                               std::chrono::milliseconds timeout, Repeat repeat);
};

}  // namespace tandem::net
