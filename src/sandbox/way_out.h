// The way from a cell's network to the world: pasta (Debian's package passt), a process outside the
// cell that hands on what the cell sends through a network device. Nothing comes in by it, and the
// machine itself is not reached by it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <sys/types.h>

#include "core/task.h"
#include "net/process.h"
#include "sandbox/network.h"

namespace tandem::sandbox {

/// What is missing on this machine for a network of that kind, and how to get it; or empty.
std::string missing_for(Network network);

struct WayOut {
  std::unique_ptr<net::ChildProcess> process;  ///< to live as long as the cell; null when offline
  std::string offline;                         ///< why this machine has no way out itself
};

/// Returns once the network of process cell, a child of ours, has its route to the world. user is
/// the cell's outside, 0 for our own. Throws CellError.
Task<WayOut> open_way_out(core::Workers& pool, pid_t cell, std::uint32_t user);

}  // namespace tandem::sandbox
