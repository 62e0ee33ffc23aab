// A world that goes through what must have been gone through, whatever its seed.
#pragma once

#include "tests/sim/whole/marks.h"

namespace tandem::sim {

/// The seed says who is struck, and when in what it is doing. A tour that was without one of
/// demanded_marks() has failed.
Report run_tour(std::uint64_t seed);

}  // namespace tandem::sim
