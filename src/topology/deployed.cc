#include "topology/deployed.h"

#include "topology/stacks.h"

namespace tandem::topology {

Task<std::string> deployed_under_another_name(Cloud cloud, Topology topology,
                                              std::vector<std::string> regions) {
  std::string other;
  for (const std::string& region : regions) {
    const std::vector<StackState> stacks = co_await cloud.stacks(region);
    for (const StackState& stack : stacks) {
      const auto name = topology_of(stack.name, stack.description);
      if (name == topology.name) co_return "";
      if (name) other = *name;
    }
  }
  co_return other;
}

Task<Topology> as_deployed(Cloud cloud, Topology topology, std::vector<std::string> regions) {
  const std::string other = co_await deployed_under_another_name(cloud, topology, regions);
  if (!other.empty()) topology.name = other;
  topology.regions.clear();
  for (const std::string& region : regions) {
    topology.regions.push_back({.name = region});
    const json::object data = co_await cloud.stack(region, data_stack_name(topology));
    if (!data.empty()) topology.home = region;
  }
  co_return topology;
}

Task<std::string> deployed_domain(Cloud cloud, Topology topology) {
  const auto resources = co_await cloud.resources(topology.home, front_stack_name(topology));
  for (const ResourceState& one : resources) {
    if (one.type == "AWS::ApiGateway::DomainName") co_return one.physical_id;
  }
  co_return "";
}

}  // namespace tandem::topology
