// What an update of an application's stack could not delete because the domain still led there. A
// new stage (or REST API) takes the old one's place in the app stack; the front stack's base path
// mapping and usage plan point to the old one until they are updated, and API Gateway refuses to
// delete it until then. CloudFormation gives up on it, on AWS as well ("tries to delete a resource
// three times before CloudFormation skips the resource": AWS re:Post, "CloudFormation stack stuck
// in UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"), and the stage's name stays taken. So the domain answers
// throughout, and what is left is deleted once nothing points to it any more.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topology/cloud.h"

namespace tandem::topology {

struct Leftover {
  std::string logical_id;
  std::string type;
  std::string physical_id;
  std::string api_id;  ///< of a stage or deployment: the REST API it is in
  double since_s = 0;  ///< when its deletion failed, epoch seconds
};

/// Whether the domain may keep a resource of the type from being deleted in an update.
bool may_be_left(std::string_view type);

/// Read from DescribeStackEvents' list, newest first. present: the stack's resources now, which are
/// nobody's leftovers. In the order in which they can be deleted. Pure.
std::vector<Leftover> leftovers_in(const json::array& events,
                                   const std::vector<ResourceState>& present);
/// Those that are there still, under no new name. None when there is no such stack. Throws
/// ApiError.
Task<std::vector<Leftover>> find_leftovers(Cloud cloud, std::string region, std::string stack);

/// Deletes it, unless another bears its name since. Returns why it cannot go, or "". Throws what is
/// no answer of API Gateway's.
Task<std::string> remove_leftover(Cloud cloud, std::string region, Leftover leftover);

}  // namespace tandem::topology
