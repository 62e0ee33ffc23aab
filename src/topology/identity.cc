#include "topology/identity.h"

#include <algorithm>
#include <fmt/format.h>

#include "topology/stacks.h"

namespace tandem::topology {
namespace {

/// Only the data stack's name ends so: the others are -app, -front and -routing.
constexpr std::string_view kDataSuffix = "-data";

}  // namespace

std::optional<Identity> identity_of(const Made& made) {
  for (const MadeStack& stack : made.stacks) {
    if (!stack.name.ends_with(kDataSuffix)) continue;
    return Identity{stack.name.substr(0, stack.name.size() - kDataSuffix.size()), stack.region};
  }
  return std::nullopt;
}

Task<std::optional<Identity>> deployed_identity(Cloud cloud, std::vector<std::string> regions) {
  for (const std::string& region : regions) {
    const std::vector<StackState> stacks = co_await cloud.stacks(region);
    for (const StackState& stack : stacks) {
      if (!stack.name.ends_with(kDataSuffix)) continue;
      if (const auto name = topology_of(stack.name, stack.description)) {
        co_return Identity{*name, region};
      }
    }
  }
  co_return std::nullopt;
}

Topology settled(Topology topology, const std::vector<std::string>& known,
                 const std::optional<Identity>& identity) {
  const auto place = [&](const Region& region) {
    return std::find(known.begin(), known.end(), region.name) - known.begin();
  };
  std::stable_sort(topology.regions.begin(), topology.regions.end(),
                   [&](const Region& a, const Region& b) { return place(a) < place(b); });
  if (!topology.home_stated && identity && topology.find_region(identity->home) != nullptr) {
    topology.home = identity->home;
  }
  return topology;
}

std::string why_another(const Topology& topology, const Identity& identity) {
  if (identity.name != topology.name) {
    return fmt::format(
        "what runs here is '{0}' (stacks {0}-data, {0}-app …), and tandem.yaml now says 'name: "
        "{1}'; set 'name: {0}' again, or delete {0} and its data with 'tandem destroy --yes' first",
        identity.name, topology.name);
  }
  if (identity.home != topology.home) {
    return fmt::format(
        "the home of {0} is {1}, where its data and routing stacks are, and tandem.yaml now says "
        "{2}; keep {1} among the regions with 'home: {1}', or start over with 'tandem destroy "
        "--yes'",
        topology.name, identity.home, topology.home);
  }
  return "";
}

}  // namespace tandem::topology
