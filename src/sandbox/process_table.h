// The machine's processes, to find those of a cell.
#pragma once

#include <cstdint>
#include <sys/types.h>
#include <vector>

namespace tandem::sandbox {

struct ProcessEntry {
  pid_t pid = 0;
  pid_t parent = 0;
  int threads = 0;
};

/// Reads /proc. Blocking, a few milliseconds on a busy machine: run it on the pool.
std::vector<ProcessEntry> read_process_table();

/// All below root, not root itself; parents before children.
std::vector<ProcessEntry> descendants(const std::vector<ProcessEntry>& table, pid_t root);

}  // namespace tandem::sandbox
