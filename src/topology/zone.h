// The hosted zone that holds the domain. It is there before the front stacks, whose certificates
// are validated by a record in it; the routing stack's records come after them.
#pragma once

#include <string>

#include "topology/cloud.h"
#include "topology/stacks.h"
#include "topology/topology.h"

namespace tandem::topology {

struct HostedZone {
  ZoneOwner owner = ZoneOwner::kStack;
  std::string id;  ///< empty: it has to be made
  /// The routing stack has one of another name, which goes first: the domain has moved to another
  /// zone. Certificates cannot be validated in the old one.
  bool replaces = false;
};

/// The routing stack's zone, or one of the same name that the account has already: a second one
/// would be delegated to by nobody. Throws DeployError when there are several to choose from, and
/// ApiError.
Task<HostedZone> find_zone(Cloud cloud, Topology topology);

/// Deletes the records by which ACM validates, so that the zone can be deleted. Throws ApiError.
Task<void> remove_validation_records(Cloud cloud, std::string zone);

}  // namespace tandem::topology
