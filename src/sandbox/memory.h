// What memory a cell's processes hold, from what /proc tells; for machines that do not hand out
// memory cgroups. A limit on address space is no substitute: runtimes reserve far more than they
// use.
//
// Counted are private memory, what was swapped out, shared memory and files in memory (memfd) once,
// whether they are mapped or only held open, page tables, lists of mappings, and names in the
// cell's /tmp. What is in /tmp is bounded by its own size, and other places where memory could be
// put are refused by the system call filter.
#pragma once

#include <cstdint>
#include <optional>
#include <sys/types.h>
#include <vector>

namespace tandem::sandbox {

struct MemoryUse {
  std::int64_t bytes = 0;
  /// The most that one process has had in memory since it began (VmHWM of proc_pid_status(5)): what
  /// no look met.
  std::int64_t peak_bytes = 0;
  /// A process keeps us from looking at its open files, or has more mappings than can be looked
  /// at; its bytes are not known.
  bool hidden = false;
  bool some_ended = false;  ///< of the processes; others may have taken over what they held
};

/// processes: parents before children, the cell's first process (bubblewrap's own) first. Those
/// that have ended count nothing. What takes a while is looked into only when it may decide on
/// which side of enough_bytes the sum is: what lies in sockets, and what parents and their forked
/// children share. Reads /proc, blocking: run it on the pool.
MemoryUse memory_use(const std::vector<pid_t>& processes, std::int64_t enough_bytes);

/// For the next look to go by.
struct MemoryLook {
  MemoryUse use;
  std::int64_t ran_ms = -1;  ///< what the processes had run by then
};

/// memory_use(), or nothing when the processes have run too little since the last look to have
/// filled reach_bytes. The kernel counts their time in steps of 10 ms. Blocking, too.
std::optional<MemoryLook> look_again(const MemoryLook& last, const std::vector<pid_t>& processes,
                                     std::int64_t enough_bytes, std::int64_t reach_bytes);

}  // namespace tandem::sandbox
