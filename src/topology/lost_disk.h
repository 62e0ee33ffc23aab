// A process whose store was removed below it: it goes on with files that have no name any more, and
// all it has is lost when it ends.
#pragma once

#include <string>
#include <vector>

#include "topology/local.h"

namespace tandem::topology {

/// Running processes whose store is not on disk.
std::vector<std::string> running_without_disk(const LocalWorld& world);

}  // namespace tandem::topology
