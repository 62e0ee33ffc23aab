// What CloudFormation would do to a deployed stack, as its change set says. The change set is
// deleted again; of one that is not there yet, whether its template is refused. Private to
// topology/.
#pragma once

#include <vector>

#include "topology/cloud.h"
#include "topology/plan.h"

namespace tandem::topology {

struct WhatIf {
  bool updates = false;  ///< also when no resource changes: another output, another description
  std::vector<ResourceChange> changes;
};

/// Deletes what a killed plan has left, too: whoever asks holds
/// the world's lock. Throws Refused when CloudFormation refuses the template, DeployError,
/// ApiError.
Task<WhatIf> what_if(Cloud cloud, StackSpec spec);

/// Whether CloudFormation takes the template of a stack that is not there yet (ValidateTemplate).
/// Throws Refused when it does not, ApiError.
Task<void> check_template(Cloud cloud, StackSpec spec);

}  // namespace tandem::topology
