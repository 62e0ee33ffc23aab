// `region drain` and `region restore`.
#pragma once

#include "cli/command.h"

namespace tandem::cli {

/// To the group `region`.
void add_region_drain(CLI::App& group, Common& common, int& exit_code);

}  // namespace tandem::cli
