// Applying a topology: the stacks in order, each through CloudFormation's API, and nothing else.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "aws/api.h"
#include "core/task.h"
#include "topology/cloud.h"
#include "topology/stacks.h"
#include "topology/topology.h"
#include "topology/zone.h"

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

/// The topology does not fit what is deployed; nothing was changed. The message says what would.
struct Refused : DeployError {
  using DeployError::DeployError;
};

/// Lives on the loop's thread. Borrows api.
class Deployer {
 public:
  using LeavingHook = std::function<Task<void>(std::string region)>;
  struct Options {
    /// Between polls of stack events. CloudFormation on AWS asks for patience; ours does not.
    std::chrono::milliseconds poll{25};
    /// A stack operation that takes longer is given up on (it goes on by itself).
    std::chrono::seconds limit{600};
    std::string api_key;  ///< secret: the key valid in every region
    /// Delete the data stack first: the table's new form cannot take the old one's place.
    bool replace_data_stack = false;
    /// Awaited when nothing writes in a leaving region any more, before its replicas are dropped.
    LeavingHook before_drop;
    /// Told what was mended, a sentence each.
    std::function<void(std::string_view)> note;
  };
  Deployer(aws::Api& api, Options options, ProgressSink progress);

  /// data, then the hosted zone, then app in all regions, then front in all regions, then routing.
  /// What the app stacks
  /// could not delete as long as the domain led there (leftovers.h) goes then. Regions that leave
  /// the topology lose what they have once nothing routes to them any more. Throws DeployError
  /// naming the stack, the first failed resource and its reason.
  Task<std::vector<StackResult>> apply(Topology topology, std::vector<std::string> leaving);
  /// Throws Refused when the topology's home is not where its data are.
  Task<void> check_home(Topology topology, std::vector<std::string> leaving);
  /// Whether destroy() deletes the data stack, too.
  enum class Data { kDelete, kLeave };
  /// Deletes all that apply() made, in reverse order, and empties the code buckets.
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

  Task<std::map<std::string, AppOutputs>> apply_apps(Topology topology,
                                                     std::vector<StackResult>* results);
  /// Finds the domain's hosted zone, or makes it; what was done to the routing stack for that.
  Task<Outcome> apply_zone(Topology topology);
  StackSpec front_stack(const Topology& topology, const std::string& region,
                        const AppOutputs& app) const;
  Task<void> open_other_stages(Topology topology, std::map<std::string, AppOutputs> apps);
  Task<std::map<std::string, FrontOutputs>> apply_fronts(Topology topology,
                                                         std::map<std::string, AppOutputs> apps,
                                                         std::vector<StackResult>* results);
  Task<StackResult> apply_routing(Topology topology, std::map<std::string, AppOutputs> apps,
                                  std::map<std::string, FrontOutputs> fronts);
  Task<bool> must_withdraw_records(Topology topology);
  Task<void> finish_interrupted(Topology topology);
  Task<void> remove_leftovers(Topology topology, std::string region);
  Task<void> leave_region(Topology topology, std::string region);
  Task<Applied> apply_stack(StackSpec spec);
  Task<std::vector<Applied>> apply_stacks(std::vector<StackSpec> specs);
  /// What is not deleted by an update is tried again later and no news.
  enum class Deletions { kMayFail, kAreTheTask };
  Task<std::string> await_stack(std::string region, std::string stack_id, std::string name,
                                std::string token, Deletions deletions);
  Task<bool> mend_code(Topology topology, std::string region);
  Task<void> put_artifact(Topology topology, std::string region, std::string bytes);
  Task<std::string> upload_artifact(Topology topology, std::string region);
  Task<void> empty_bucket(std::string region, std::string bucket);

  Cloud cloud_;
  Options options_;
  ProgressSink progress_;
  HostedZone zone_;  ///< once apply_zone() has found or made it
};

}  // namespace tandem::topology
