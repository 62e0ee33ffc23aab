// The hosted zone that holds the domain. It is there before the front stacks, whose certificates
// are validated by a record in it; the routing stack's records come after them.
#pragma once

#include <string>
#include <vector>

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
  /// The routing stack's zones that cannot stay: those replaced, and those of a stack that can only
  /// be deleted.
  std::vector<std::string> going = {};
};

/// The routing stack's zone, or one of the same name that the account has already: a second one
/// would be delegated to by nobody. Throws DeployError when there are several to choose from, and
/// ApiError.
Task<HostedZone> find_zone(Cloud cloud, Topology topology);

/// Throws DeployError, which names them, when zones of the routing stack hold records that are not
/// the deployment's: such a zone cannot be deleted, and what the stack has in it would be gone by
/// the time Route 53 says so. Throws ApiError.
Task<void> require_nobody_elses_records(Cloud cloud, Topology topology,
                                        std::vector<std::string> zones);

/// Deletes the records by which ACM validates the deployment's names, so that the zone can be
/// deleted: CloudFormation leaves them when a certificate goes. Throws ApiError.
Task<void> remove_validation_records(Cloud cloud, Topology topology, std::string zone);

/// The same of names that the deployment had and has no more: after its certificates have got their
/// new one, and before the routing stack, by which it is known, has it. Throws ApiError.
Task<void> remove_old_validation_records(Cloud cloud, Topology topology, std::string zone);

}  // namespace tandem::topology
