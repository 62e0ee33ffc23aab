// One look at an endpoint, as a health checker takes it: a connection of its own, TLS without any
// validation, one HTTP exchange, each phase with its own time. It judges nothing: it says what was
// seen.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/task.h"

namespace tandem::net {

struct EndpointProbe {
  std::string address;  ///< IP address
  std::uint16_t port = 0;
  bool tls = false;
  std::string server_name;     ///< SNI; empty: none. A handshake it spoils is tried again without.
  std::string request;         ///< HTTP request as bytes; empty: connecting is all
  std::size_t body_bytes = 0;  ///< how much of the decoded body is wanted; 0: the head is enough
  std::size_t head_bytes = 16 * 1024;
  std::chrono::milliseconds connect_timeout{4'000};
  std::chrono::milliseconds head_timeout{2'000};  ///< from the connection to the whole head
  std::chrono::milliseconds body_timeout{2'000};
};

struct EndpointSight {
  enum class Outcome {
    kConnected,  ///< no request was to be sent
    kAnswered,   ///< status, and body when wanted
    kConnectTimeout,
    kConnectFailed,
    kTlsFailed,
    kHeadTimeout,
    kBodyTimeout,
    kClosed,     ///< the connection ended before the answer did
    kMalformed,  ///< not HTTP, or a head that is too large
  };
  Outcome outcome = Outcome::kConnected;
  int status = 0;
  std::string body;    ///< its first body_bytes, gzip and deflate taken off
  std::string detail;  ///< of a failure, in words
  std::chrono::microseconds connect_time{0};
  std::chrono::microseconds first_byte_time{0};
};

class EndpointProber {
 public:
  virtual ~EndpointProber() = default;
  /// Throws only when cancelled.
  virtual Task<EndpointSight> look(EndpointProbe probe) = 0;
};

class TcpEndpointProber final : public EndpointProber {
 public:
  explicit TcpEndpointProber(asio::any_io_executor executor);
  ~TcpEndpointProber() override;
  Task<EndpointSight> look(EndpointProbe probe) override;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

/// The first limit bytes of content under Content-Encoding gzip or deflate, which may be cut off.
std::string inflate_front(std::string_view bytes, std::size_t limit);

}  // namespace tandem::net
