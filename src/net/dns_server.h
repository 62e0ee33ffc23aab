// Carries DNS messages over UDP and TCP (RFC 1035 §4.2, RFC 7766) to one synchronous handler.
//
// Lives on the loop's thread. UDP is read and answered in batches; after a few batches the loop
// gets its turn, so that a flood of queries cannot starve the rest of the process.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "core/task.h"

namespace tandem::net {

enum class DnsTransport : std::uint8_t { kUdp, kTcp };

struct DnsPeer {
  DnsTransport transport = DnsTransport::kUdp;
  bool v6 = false;
  std::uint16_t port = 0;
  std::array<std::uint8_t, 16> address{};  ///< network order; the first 4 bytes when not v6
};

/// Writes the answer into out (4,096 bytes over UDP, 65,535 over TCP) and returns its size; 0 to
/// give no answer. Must not throw.
using DnsHandler = std::function<std::size_t(std::span<const std::byte> query,
                                             std::span<std::byte> out, const DnsPeer& peer)>;

class DnsServer {
 public:
  struct Options {
    std::size_t tcp_connections = 512;           ///< further ones are closed at accept
    std::chrono::milliseconds tcp_idle{10'000};  ///< without a complete query (RFC 7766 §6.2.3)
    std::chrono::milliseconds tcp_write{5'000};  ///< for a client that does not read
    std::size_t tcp_answer_bytes = 256 * 1024;   ///< gathered before they are written
  };
  DnsServer(asio::any_io_executor executor, Options options, DnsHandler handler);
  ~DnsServer();

  /// Binds UDP and TCP on the same port; port 0 takes one that is free for both. Returns it.
  /// Throws boost::system::system_error. Before start().
  std::uint16_t listen(const std::string& address, std::uint16_t port);
  void start();
  /// Closes everything and waits for what start() began.
  Task<void> stop();

  struct Stats {
    std::uint64_t udp_queries = 0;
    std::uint64_t tcp_queries = 0;
    std::uint64_t tcp_connections = 0;  ///< open now
    std::uint64_t tcp_refused = 0;      ///< closed at accept, over the limit
    std::uint64_t udp_dropped = 0;      ///< answers the socket did not take
  };
  Stats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::net
