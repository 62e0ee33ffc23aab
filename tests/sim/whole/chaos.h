// One seed's worth of trouble for a whole world, and what must hold afterwards.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace tandem::sim {

/// What a run may go through, and all runs together must have gone through.
enum class Mark {
  kFailover,                ///< DNS left a region out
  kFailoverDuringSnapshot,  ///< and a whole copy of a table was being sent then
  kTombstoneCollected,
  kStackResumed,  ///< a region died during a stack operation, which ended all the same
  kDiskLostAndRepaired,
  kPowerLost,     ///< with writes that were not synced
  kStoreRefused,  ///< and the process was built anew
  kCut,
  kFrozen,
  kClockStepped,
  kPutLostToPut,  ///< conflicts, by what was left on either side
  kPutLostToDelete,
  kDeleteLostToPut,
  kDeleteLostToDelete,
};
std::string to_string(Mark mark);
std::vector<Mark> all_marks();

struct Report {
  std::string failure;  ///< empty: everything held
  std::set<Mark> marks;
  double simulated_s = 0;
  std::uint64_t answered = 0;
  std::uint64_t promised = 0;
};

/// Deploys, then faults under load, then everything is put right: all copies are equal, everything
/// acknowledged is there (unless power was lost without fsync), the application answers everywhere.
Report run_chaos(std::uint64_t seed);

}  // namespace tandem::sim
