#include "topology/lost_disk.h"

#include <filesystem>

namespace tandem::topology {

std::vector<std::string> running_without_disk(const LocalWorld& world) {
  std::vector<std::string> names;
  for (const ProcessState& process : world.processes()) {
    // RocksDB's way into a store: without it none is there.
    const auto current = world.folder() / process.name / "store" / "CURRENT";
    std::error_code failed;
    if (process.pid && !std::filesystem::exists(current, failed)) names.push_back(process.name);
  }
  return names;
}

}  // namespace tandem::topology
