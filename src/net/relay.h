// Carries connections on to somebody else, byte by byte, both ways: to whom depends on where they
// came in and, of TLS, on the name that the client asks for, which is read before there is any TLS.
//
// Where TLS ends here the other side gets what was in it; everything else passes as it is. An end
// of either direction is an end of that direction there, too.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/task.h"
#include "net/descriptor.h"
#include "net/tls.h"

namespace tandem::net {

/// Lives on the loop's thread. stop() is awaited before the end.
class Relay {
 public:
  struct Target {
    std::string address;  ///< IPv4 or IPv6
    std::uint16_t port = 0;
    /// TLS ends here, with a certificate of tls for the name.
    bool ends_tls = false;
  };
  struct Arrival {
    std::string address;  ///< where the client connected to
    std::uint16_t port = 0;
    std::string server_name;  ///< of a ClientHello, in lower case; empty: none, or no TLS
  };
  /// Nothing: the connection is closed. Must not throw.
  using Route = std::function<std::optional<Target>(const Arrival&)>;

  struct Limits {
    std::size_t connections = 1'024;            ///< further ones wait to be accepted
    std::chrono::milliseconds opening{10'000};  ///< for the ClientHello, the handshake, the target
  };
  /// Borrows tls, which may be null when no target ends it.
  Relay(asio::any_io_executor executor, Limits limits, ServerTls* tls, Route route);
  ~Relay();

  /// What clients speak first there decides whether there is a name to read.
  enum class Speaks { kTls, kAnything };
  /// A listening TCP socket.
  void adopt(Descriptor socket, Speaks speaks);
  /// Nobody is let in there any more; what is under way goes on.
  void close_door(const std::string& address, std::uint16_t port);
  void start();
  Task<void> stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::net
