#include "topology/routing_keys.h"

#include <algorithm>
#include <fmt/format.h>

namespace tandem::topology {

void read_routing(YamlReader& reader, const YAML::Node& root, Topology& topology) {
  const auto given = reader.choice(root, "routing", {"weighted", "latency", "failover"});
  if (given == "latency") topology.routing = Routing::kLatency;
  if (given != "failover") return;
  topology.routing = Routing::kFailover;
  if (topology.regions.size() <= 2) return;
  reader.fail(root["routing"],
              fmt::format("'routing: failover' is a primary and a secondary, and this file has {} "
                          "regions; leave all but two out, or use weighted or latency",
                          topology.regions.size()));
}

std::string_view routing_text(Routing routing) {
  switch (routing) {
    case Routing::kWeighted:
      return "weighted";
    case Routing::kLatency:
      return "latency";
    case Routing::kFailover:
      return "failover";
  }
  return "";
}

const Region* Topology::find_region(std::string_view wanted) const {
  const auto found = std::find_if(regions.begin(), regions.end(),
                                  [&](const Region& region) { return region.name == wanted; });
  return found == regions.end() ? nullptr : &*found;
}

const Region& Topology::primary() const {
  const Region* best = find_region(home);
  for (const Region& region : regions) {
    if (best == nullptr || region.weight > best->weight) best = &region;
  }
  return *best;
}

}  // namespace tandem::topology
