#include "tests/sim/whole/marks.h"

namespace tandem::sim {

std::string to_string(Mark mark) {
  switch (mark) {
    case Mark::kFailover:
      return "failover";
    case Mark::kFailoverDuringSnapshot:
      return "failover during a snapshot";
    case Mark::kTombstoneCollected:
      return "tombstone collected";
    case Mark::kStackResumed:
      return "stack operation resumed";
    case Mark::kDiskLostAndRepaired:
      return "disk lost and repaired";
    case Mark::kPowerLost:
      return "power lost";
    case Mark::kStoreRefused:
      return "store refused";
    case Mark::kCut:
      return "cut";
    case Mark::kFrozen:
      return "frozen";
    case Mark::kClockStepped:
      return "clock stepped";
    case Mark::kPutLostToPut:
      return "put lost to put";
    case Mark::kPutLostToDelete:
      return "put lost to delete";
    case Mark::kDeleteLostToPut:
      return "delete lost to put";
    case Mark::kDeleteLostToDelete:
      return "delete lost to delete";
  }
  return "";
}

std::vector<Mark> all_marks() {
  return {Mark::kFailover,
          Mark::kFailoverDuringSnapshot,
          Mark::kTombstoneCollected,
          Mark::kStackResumed,
          Mark::kDiskLostAndRepaired,
          Mark::kPowerLost,
          Mark::kStoreRefused,
          Mark::kCut,
          Mark::kFrozen,
          Mark::kClockStepped,
          Mark::kPutLostToPut,
          Mark::kPutLostToDelete,
          Mark::kDeleteLostToPut,
          Mark::kDeleteLostToDelete};
}

std::vector<Mark> demanded_marks() {
  return {Mark::kFailoverDuringSnapshot, Mark::kTombstoneCollected, Mark::kStackResumed,
          Mark::kDiskLostAndRepaired,    Mark::kPutLostToPut,       Mark::kPutLostToDelete,
          Mark::kDeleteLostToPut,        Mark::kDeleteLostToDelete};
}

}  // namespace tandem::sim
