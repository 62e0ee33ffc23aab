// Making a plan: what is there is asked of AWS's API, what is wanted compiled from the topology,
// and what CloudFormation would do about the difference asked of its change sets, which are deleted
// again. Nothing is changed.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "aws/api.h"
#include "core/task.h"
#include "topology/plan.h"

namespace tandem::topology {

struct Wanted {
  Topology topology;
  std::vector<std::string> leaving;  ///< regions that left the topology and still run
  std::set<std::string> unseen;      ///< regions that do not run yet: nothing is there
  std::string api_key;               ///< secret; empty: the key is still to be made
};

/// Throws Refused when the topology cannot be applied to what is deployed (the home is another,
/// CloudFormation refuses a template), DeployError and ApiError otherwise. Borrows api.
Task<Plan> make_plan(aws::Api* api, Wanted wanted);

}  // namespace tandem::topology
