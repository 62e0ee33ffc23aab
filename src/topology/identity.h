// What a deployment is known by and cannot change without being made anew: its name and its home.
// A topology file is judged by it before anything is touched.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "topology/cloud.h"
#include "topology/made.h"
#include "topology/topology.h"

namespace tandem::topology {

struct Identity {
  std::string name;
  std::string home;  ///< the region with the data stack
};

/// As it was written down after the last `up`; nothing when none was completed.
std::optional<Identity> identity_of(const Made& made);
/// As the stacks say that are there; nothing when there is no data stack. regions: all that run.
/// Throws ApiError.
Task<std::optional<Identity>> deployed_identity(Cloud cloud, std::vector<std::string> regions);

/// The file as it applies to what is here: regions keep the order they had (known), new ones come
/// last, and without `home:` the home stays where it was. So the order of regions is no edit.
Topology settled(Topology topology, const std::vector<std::string>& known,
                 const std::optional<Identity>& identity);

/// Why the topology cannot be the deployment's that is here, and what to do; "" when it can be.
std::string why_another(const Topology& topology, const Identity& identity);

}  // namespace tandem::topology
