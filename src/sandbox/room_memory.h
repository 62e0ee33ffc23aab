// What a room's processes hold of the machine's memory, and which of them to end when it is too
// much: for machines that do not hand out memory cgroups.
#pragma once

#include <cstdint>
#include <sys/types.h>

#include "net/descriptor.h"

namespace tandem::sandbox {

struct RoomMemory {
  std::int64_t bytes = 0;
  net::Descriptor
      largest;  ///< a pidfd of the process that holds most; none: there is only the first
};

/// first: the room's first process, which is never the largest, in a PID namespace of its own (of
/// one in this process's own nobody is the largest). What takes a while is looked into only when it
/// may decide on which side of enough_bytes the sum is. Reads /proc, blocking.
RoomMemory room_memory(pid_t first, std::int64_t enough_bytes);

/// What the machine could still give (MemAvailable of proc_meminfo(5)), and all it has; 0 when it
/// does not say.
struct MachineMemory {
  std::int64_t available_bytes = 0;
  std::int64_t all_bytes = 0;
};
MachineMemory machine_memory();

}  // namespace tandem::sandbox
