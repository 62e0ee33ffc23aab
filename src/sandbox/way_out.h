// The way from a network of its own to the world: pasta (Debian's package passt), a process outside
// that hands on what is sent through a network device inside. Nothing comes in by it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <sys/types.h>

#include "core/task.h"
#include "net/process.h"

namespace tandem::sandbox {

/// What such a way needs and this machine has not, and how to get it; or empty.
std::string missing_for_way_out();

struct WayOut {
  std::unique_ptr<net::ChildProcess> process;  ///< to live as long as the cell; null when offline
  std::string offline;                         ///< why this machine has no way out itself
};

/// Whether UDP sockets that are bound on the machine's loopback then are reached by those inside.
/// (Of TCP, pasta would know no more than what listens when it starts.)
enum class Loopback { kClosed, kOpen };

struct WayOutOptions {
  pid_t inside = 0;  ///< a child of ours, in the network and in the user namespace it belongs to
  std::uint32_t user = 0;  ///< whose the network is, outside; 0: our own user's
  int network = -1;        ///< of root's network, in no user namespace of its own: the namespace
  Loopback loopback = Loopback::kClosed;
};

/// Returns once the network has its route to the world. Throws CellError.
Task<WayOut> open_way_out(core::Workers& pool, WayOutOptions options);

}  // namespace tandem::sandbox
