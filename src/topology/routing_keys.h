// The key `routing:` of tandem.yaml.
#pragma once

#include "topology/topology.h"
#include "topology/yaml_reader.h"

namespace tandem::topology {

/// After the regions, which it is about.
void read_routing(YamlReader& reader, const YAML::Node& root, Topology& topology);

}  // namespace tandem::topology
