// Who is at the other end of a connection over loopback: where functions share the host's network,
// an address says nothing about who asks.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace tandem::sandbox {

struct TcpEnd {
  std::string address;  ///< IPv4
  std::uint16_t port = 0;
};

/// Whether a process below root holds the client's end of a connection that the server's end of is
/// ours. Reads /proc, blocking, a few milliseconds: run it on the pool.
bool is_connected_from(pid_t root, const TcpEnd& client, const TcpEnd& server);

}  // namespace tandem::sandbox
