// What applying an edited topology would delete that cannot be made anew: tables, with their items,
// and buckets. Asked of what is deployed before anything is changed; the plan says what an update
// would replace or remove.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "topology/cloud.h"
#include "topology/plan.h"
#include "topology/topology.h"

namespace tandem::topology {

struct Loss {
  enum class Why { kReplaced, kMayBeReplaced, kRemoved, kRegionLeaves };
  Why why = Why::kRemoved;
  std::string region;
  std::string stack;                   ///< empty: no stack of the topology's holds it
  std::string type;                    ///< "AWS::DynamoDB::Table" …
  std::string name;                    ///< the table's or the bucket's
  std::optional<std::uint64_t> count;  ///< items or objects; nothing when they cannot be counted
  std::vector<std::string> copies;     ///< regions that keep a copy of the table
  std::string stack_region;            ///< where its stack is; another than region for a replica

  bool is_table() const;
  /// A replica of a table that another region's stack holds.
  bool is_copy() const { return !stack_region.empty() && stack_region != region; }
};

/// "us-east-1: table todos (12 items) would be replaced by an empty one".
std::string text_of(const Loss& loss);
/// The same once it has come about: "us-east-1: table todos (12 items) was replaced by an empty
/// one".
std::string text_of_done(const Loss& loss);
json::object to_json(const Loss& loss);

/// Asks how much is in what the plan would delete. Throws ApiError. Borrows api.
Task<std::vector<Loss>> find_losses(aws::Api* api, Plan plan);

/// The plan as it is once somebody has agreed to the losses: a table that CloudFormation cannot
/// replace, because it has a name of its own, goes with its stack, which is made anew.
void agree_to(const std::vector<Loss>& losses, Plan* plan);

}  // namespace tandem::topology
