// What a deployment's stacks have made, written down after each `up` in .tandem/deployed. When a
// region's disk is lost its CloudFormation knows nothing any more, but what its stacks made in
// other processes (roles, zones, health checks) is still there: this tells it from what is somebody
// else's, by the stack's id. It is never asked what is there now.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "topology/cloud.h"
#include "topology/topology.h"

namespace tandem::topology {

struct MadeStack {
  std::string region;
  std::string name;
  std::string id;
  std::vector<ResourceState> resources;
};

struct Made {
  std::string table;  ///< the global table; empty: nothing was deployed yet
  std::vector<MadeStack> stacks;

  bool has_region(std::string_view region) const;
};

/// The custom domain of the deployment, "" when it has none yet.
std::string domain_of(const Made& made);

/// Read from the stacks that are there. Throws ApiError.
Task<Made> read_made(Cloud cloud, Topology topology);

/// Empty when there is no such file, or it cannot be read: then leftovers stay.
Made load_made(const std::filesystem::path& file);
void save_made(const std::filesystem::path& file, const Made& made);

}  // namespace tandem::topology
