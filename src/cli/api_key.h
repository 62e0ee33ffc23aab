// The API key valid in every region: kept in a file, held by every region's API Gateway.
#pragma once

#include <string>

#include "cli/client.h"
#include "topology/local.h"
#include "topology/topology.h"

namespace tandem::cli {

enum class MissingKey { kMake, kRefuse };

/// The kept key. One whose file is lost or damaged is restored from a region that has it; when none
/// has, a new one is made or a Failure thrown. Secret.
std::string api_key(topology::LocalWorld& world, const topology::Topology& topology, Client& client,
                    MissingKey missing);

}  // namespace tandem::cli
