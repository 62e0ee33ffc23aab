// Which topology is deployed, whatever tandem.yaml says by now: read from the stacks that are
// there.
#pragma once

#include <string>
#include <vector>

#include "topology/cloud.h"
#include "topology/topology.h"

namespace tandem::topology {

/// The name under which something else than the topology is deployed, or "" when nothing is, or the
/// topology itself. regions: all that run. Throws ApiError, as all here.
Task<std::string> deployed_under_another_name(Cloud cloud, Topology topology,
                                              std::vector<std::string> regions);

/// The topology with name, home and regions as they are deployed: what is to be deleted.
Task<Topology> as_deployed(Cloud cloud, Topology topology, std::vector<std::string> regions);

/// The custom domain that the front stacks hold, or "".
Task<std::string> deployed_domain(Cloud cloud, Topology topology);

}  // namespace tandem::topology
