// Applying a topology: the stacks in order, each through CloudFormation's API, and nothing else.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "aws/api.h"
#include "core/task.h"
#include "topology/stacks.h"
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

struct DeployError : std::exception {
  explicit DeployError(std::string message) : message(std::move(message)) {}
  const char* what() const noexcept override { return message.c_str(); }
  std::string message;
};

/// Lives on the loop's thread. Borrows api.
class Deployer {
 public:
  struct Options {
    /// Between polls of stack events. CloudFormation on AWS asks for patience; ours does not.
    std::chrono::milliseconds poll{25};
    /// A stack operation that takes longer is given up on (it goes on by itself).
    std::chrono::seconds limit{600};
    std::string api_key;  ///< secret: the key valid in every region
  };
  Deployer(aws::Api& api, Options options, ProgressSink progress);

  /// data, then app in all regions, then front in all regions, then routing. Regions that leave the
  /// topology lose what they have once nothing routes to them any more. Throws DeployError naming
  /// the stack, the first failed resource and its reason.
  Task<std::vector<StackResult>> apply(Topology topology, std::vector<std::string> leaving);
  /// Deletes all that apply() made, in reverse order, and empties the code buckets.
  Task<void> destroy(Topology topology);

 private:
  using Parameters = std::map<std::string, std::string>;
  using Outputs = std::map<std::string, std::string>;
  struct StackSpec {
    std::string region;
    std::string name;
    std::string body;
    Parameters parameters;
  };
  struct Applied {
    StackResult result;
    Outputs outputs;
  };

  Task<std::map<std::string, AppOutputs>> apply_apps(Topology topology,
                                                     std::vector<StackResult>* results);
  Task<std::map<std::string, FrontOutputs>> apply_fronts(Topology topology,
                                                         std::map<std::string, AppOutputs> apps,
                                                         std::vector<StackResult>* results);
  Task<StackResult> apply_routing(Topology topology, std::map<std::string, AppOutputs> apps,
                                  std::map<std::string, FrontOutputs> fronts);
  Task<bool> must_withdraw_records(Topology topology);
  Task<void> check_home(Topology topology, std::vector<std::string> leaving);
  Task<void> leave_region(Topology topology, std::string region);
  Task<Applied> apply_stack(StackSpec spec);
  Task<std::vector<Applied>> apply_stacks(std::vector<StackSpec> specs);
  Task<void> delete_stack(std::string region, std::string name);
  Task<std::string> await_stack(std::string region, std::string stack_id, std::string name,
                                std::string token);
  Task<json::object> describe(std::string region, std::string name);
  Task<json::object> describe_at_rest(std::string region, std::string name);
  Task<std::string> upload_artifact(Topology topology, std::string region);
  Task<void> empty_bucket(std::string region, std::string bucket);
  Task<json::object> call(std::string region, std::string service, std::string operation,
                          json::object input, std::string payload = "");

  aws::Api& api_;
  Options options_;
  ProgressSink progress_;
};

/// "tandem-<name>-<account>-<region>": where the code package of a region lives.
std::string bucket_name(const Topology& topology, std::string_view region);

}  // namespace tandem::topology
