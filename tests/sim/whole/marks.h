// What a run goes through, and all runs together must have gone through.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace tandem::sim {

enum class Mark {
  kFailover,                ///< DNS left a region out
  kFailoverDuringSnapshot,  ///< and it had died while a whole copy of a table was being sent
  kTombstoneCollected,
  kStackResumed,  ///< a region died during a stack operation, and ended it when it was back
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
/// Those that a tour (tour.h) goes through with any seed.
std::vector<Mark> demanded_marks();

/// What became of one seed.
struct Report {
  std::string failure;  ///< empty: everything held
  std::set<Mark> marks;
  double simulated_s = 0;
  std::uint64_t answered = 0;
  std::uint64_t promised = 0;
};

}  // namespace tandem::sim
