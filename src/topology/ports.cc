#include "topology/ports.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "topology/local.h"
#include "topology/ping.h"

namespace tandem::topology {
namespace {

constexpr int kTries = 200;

bool can_bind(const std::string& address, std::uint16_t port, int type) {
  const int handle = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (handle < 0) return false;
  const int on = 1;
  // As the servers do: a port in TIME_WAIT is free.
  if (type == SOCK_STREAM) setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &where.sin_addr);
  const bool bound = bind(handle, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0;
  const bool good = bound && (type != SOCK_STREAM || listen(handle, 1) == 0);
  close(handle);
  return good;
}

/// A process of another project is named; of anything else only that it is there is known.
std::string taken_by(const std::string& address, std::uint16_t port) {
  const std::string whose = who_listens({address, port});
  return whose.empty() ? " or needs more privileges" : " by " + whose;
}

}  // namespace

/// The first address on which port cannot be had, or "".
std::string PortChooser::taken_on(const std::vector<std::string>& addresses, std::uint16_t port,
                                  Transport transport) const {
  for (const std::string& address : addresses) {
    if (reserved_.contains(port) || !can_bind(address, port, SOCK_STREAM)) return address;
    if (transport == Transport::kTcpAndUdp && !can_bind(address, port, SOCK_DGRAM)) return address;
  }
  return "";
}

void PortChooser::require(std::string_view name, const std::vector<std::string>& addresses,
                          Transport transport, std::uint16_t port) {
  reserved_.erase(port);
  const std::string busy = taken_on(addresses, port, transport);
  reserve(port);
  if (busy.empty()) return;
  throw LocalError(
      fmt::format("network.ports.{} is {}, which is taken on {}{}; end what listens there, or name "
                  "another port",
                  name, port, busy, taken_by(busy, port)));
}

std::uint16_t PortChooser::choose(std::string_view name, const std::vector<std::string>& addresses,
                                  Transport transport, std::uint16_t kept, std::uint16_t standard,
                                  std::uint16_t ordinary) {
  const auto take = [&](std::uint16_t port) {
    reserve(port);
    return port;
  };
  const auto say = [&](std::uint16_t lost, const std::string& busy, std::uint16_t port) {
    const std::string whose = who_listens({busy, lost});
    note_(fmt::format("{} port {}{} is taken on {}{}; using {}", name, lost,
                      lost == kept ? ", which was used until now," : "", busy,
                      whose.empty() ? "" : " by " + whose, port));
    return take(port);
  };
  const std::string kept_busy = kept == 0 ? "" : taken_on(addresses, kept, transport);
  if (kept != 0 && kept_busy.empty()) return take(kept);
  const std::uint16_t wanted = privileged_ && standard != 0 ? standard : ordinary;
  const std::string busy = taken_on(addresses, wanted, transport);
  if (busy.empty()) return kept == 0 ? take(wanted) : say(kept, kept_busy, wanted);
  for (int i = 0; i < kTries; ++i) {
    const auto port = static_cast<std::uint16_t>(ordinary + i);
    if (port == wanted || !taken_on(addresses, port, transport).empty()) continue;
    return kept == 0 ? say(wanted, busy, port) : say(kept, kept_busy, port);
  }
  throw LocalError(fmt::format("no free {} port from {} to {}; name one under network.ports", name,
                               ordinary, ordinary + kTries - 1));
}

}  // namespace tandem::topology
