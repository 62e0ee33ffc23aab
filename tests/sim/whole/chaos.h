// One seed's worth of trouble for a whole world, and what must hold afterwards.
#pragma once

#include "tests/sim/whole/marks.h"

namespace tandem::sim {

/// Deploys, then faults under load, then everything is put right: all copies are equal, everything
/// acknowledged is there (unless power was lost without fsync), the application answers everywhere.
Report run_chaos(std::uint64_t seed);

}  // namespace tandem::sim
