// How a child hands on what it has opened in its own namespaces. Private to sandbox/.
#pragma once

#include <cstddef>
#include <vector>

#include "net/descriptor.h"
#include "sandbox/calls.h"
#include "sandbox/cell.h"

namespace tandem::sandbox {

/// Descriptors that one message can carry (SCM_MAX_FD of the kernel).
inline constexpr std::size_t kMostDescriptors = 253;

struct Channel {
  /// Throws CellError.
  Channel();
  net::Descriptor here;
  net::Descriptor there;  ///< for the child
};

/// Between vfork and exec: those that are none (-1) arrive as none. False with errno.
bool send_descriptors(int channel, const std::vector<int>& descriptors) noexcept;
/// What was sent, which has come. Throws CellError.
std::vector<net::Descriptor> receive_descriptors(int channel, std::size_t count);

SocketAddress socket_address(const Door& door);

}  // namespace tandem::sandbox
