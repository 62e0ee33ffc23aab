// The environment that points AWS tools at the local world.
#pragma once

#include <map>
#include <string>

#include "topology/local.h"
#include "topology/topology.h"

namespace tandem::cli {

/// Endpoint, credentials, region, CA. Holds a secret (the local root key).
std::map<std::string, std::string> tool_environment(const topology::LocalWorld& world,
                                                    const topology::Topology& topology);

}  // namespace tandem::cli
