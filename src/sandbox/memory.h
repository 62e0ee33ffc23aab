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
#include <sys/types.h>
#include <vector>

namespace tandem::sandbox {

struct MemoryUse {
  std::int64_t bytes = 0;
  /// A process keeps us from looking at its open files, or has more mappings than can be looked
  /// at; its bytes are not known.
  bool hidden = false;
};

/// processes: parents before children, the cell's first process (bubblewrap's own) first. Those
/// that have ended count nothing. Sharing between parents and their forked children is looked into,
/// which takes a while, only when the sum without it is over enough_bytes. Reads /proc, blocking:
/// run it on the pool.
MemoryUse memory_use(const std::vector<pid_t>& processes, std::int64_t enough_bytes);

}  // namespace tandem::sandbox
