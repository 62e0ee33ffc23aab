// Executing a plan: the stacks in order, each through CloudFormation's API, and nothing else.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/api.h"
#include "core/task.h"
#include "topology/cloud.h"
#include "topology/plan.h"
#include "topology/topology.h"

namespace tandem::topology {

enum class Outcome { kUnchanged, kCreated, kUpdated };

/// What an application of the topology did, one entry a stack.
struct StackResult {
  std::string region;
  std::string stack;
  Outcome outcome = Outcome::kUnchanged;
};

/// A step as it happens, for people. status is CloudFormation's ("CREATE_COMPLETE" …).
struct Progress {
  std::string region;
  std::string stack;
  std::string resource;  ///< logical id; the stack's name for the stack itself
  std::string type;
  std::string status;
  std::string reason;
};
using ProgressSink = std::function<void(const Progress&)>;

/// Executes a plan. Lives on the loop's thread. Borrows api.
class Deployer {
 public:
  using LeavingHook = std::function<Task<void>(std::string region)>;
  struct Options {
    /// Between polls of stack events. CloudFormation on AWS asks for patience; ours does not.
    std::chrono::milliseconds poll{25};
    /// A stack operation that takes longer is given up on (it goes on by itself).
    std::chrono::seconds limit{600};
    std::string api_key;  ///< secret: the key valid in every region
    /// Awaited when nothing writes in a leaving region any more, before its replicas are dropped.
    LeavingHook before_drop;
    /// Told what was mended, a sentence each.
    std::function<void(std::string_view)> note;
  };
  Deployer(aws::Api& api, Options options, ProgressSink progress);

  /// The plan's steps, phase by phase. A step that changes nothing is passed over, unless what it
  /// is given by an earlier one has become something else. What the app stacks could not delete as
  /// long as the domain led there (leftovers.h) goes in the end. Ended at any point, it is gone on
  /// with by another plan. Throws DeployError naming the stack, the first failed resource and its
  /// reason.
  Task<std::vector<StackResult>> execute(Plan plan);
  /// Stacks of their own, side by side. Throws as execute() does, once all have ended.
  Task<std::vector<StackResult>> apply(std::vector<StackSpec> specs);
  /// Whether destroy() deletes the data stack, too.
  enum class Data { kDelete, kLeave };
  /// Deletes all that execute() made, in reverse order, and empties the code buckets.
  Task<void> destroy(Topology topology, Data data = Data::kDelete);
  /// The routing stack, after ACM's validation records in the zone that it made: CloudFormation
  /// leaves them when a certificate goes, and Route 53 deletes no zone that has records.
  Task<void> delete_routing(Topology topology);
  /// Returns when it is gone; nothing happens when it is not there.
  Task<void> delete_stack(std::string region, std::string name);
  /// The region's front and app stacks, to be made anew; its code bucket stays.
  Task<void> remove_app(Topology topology, std::string region);

 private:
  using Outputs = std::map<std::string, std::string>;
  struct Applied {
    StackResult result;
    Outputs outputs;
  };

  Task<void> execute_phase(Step::Phase phase, std::vector<Step> steps);
  Task<void> make_zone(Step step);
  Task<void> finish_move(Step step);
  Task<void> upload(Step step);
  Task<void> apply_steps(std::vector<Step> steps);
  Task<Applied> skip(Step step);
  Task<void> leave(Step step);
  Task<void> remove_leftovers(std::string region);

  StackSpec resolved(const Step& step) const;
  std::string output_of(const OutputOf& source) const;
  void note_applied(const Step& step, Applied applied);
  Task<void> open_other_stages(std::vector<StackSpec> fronts);
  Task<Applied> apply_stack(StackSpec spec);
  Task<std::vector<Applied>> apply_stacks(std::vector<StackSpec> specs);
  /// What is not deleted by an update is tried again later and no news.
  enum class Deletions { kMayFail, kAreTheTask };
  Task<std::string> await_stack(std::string region, std::string stack_id, std::string name,
                                std::string token, Deletions deletions);
  Task<bool> mend_code(std::string region);
  Task<void> put_artifact(std::string region, std::string bytes);

  Cloud cloud_;
  Options options_;
  ProgressSink progress_;
  // Of the plan that is executed:
  Topology topology_;
  std::string zone_id_;
  bool made_zone_ = false;
  bool owns_zone_ = false;                                          ///< the routing stack does
  std::map<std::pair<std::string, std::string>, Outputs> outputs_;  ///< by region and stack
  std::vector<StackResult> results_;
};

}  // namespace tandem::topology
