// DNS for a network whose names are partly ours: some questions are answered here, all others are
// put to other servers as they came, and their answers handed back as they are, but that all say
// that recursion is to be had here (RFC 5625, "DNS Proxy Implementation Guidelines": whatever is
// not understood passes).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/task.h"
#include "net/descriptor.h"

namespace tandem::net {

/// Lives on the loop's thread. stop() is awaited before the end.
class DnsRelay {
 public:
  struct Server {
    std::string address;  ///< IPv4 or IPv6
    std::uint16_t port = 53;
  };
  struct Choice {
    /// Not empty: the name's only address (IPv4). Other types have no records.
    std::string address;
    /// Asked in this order, the next one when one refuses (REFUSED) or does not answer.
    std::vector<Server> servers;
  };
  /// name is lower case, without the last dot. Must not throw.
  using Choose = std::function<Choice(std::string_view name)>;

  struct Limits {
    std::size_t questions = 256;                ///< under way at once; further ones wait
    std::chrono::milliseconds patience{2'000};  ///< with each server
    std::chrono::milliseconds idle{10'000};     ///< of a TCP connection (RFC 7766 §6.2.3)
  };
  DnsRelay(asio::any_io_executor executor, Limits limits, Choose choose);
  ~DnsRelay();

  /// Bound sockets, before start(): UDP, and a TCP one that listens.
  void adopt_udp(Descriptor socket);
  void adopt_tcp(Descriptor socket);
  void start();
  Task<void> stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::net
