// The section `pipeline` of tandem.yaml. Private to topology/.
#pragma once

#include <filesystem>

#include "topology/topology.h"
#include "topology/yaml_reader.h"

namespace tandem::topology {

/// base: what relative paths begin at.
void read_pipeline(YamlReader& reader, const YAML::Node& root, const std::filesystem::path& base,
                   Topology& topology);

}  // namespace tandem::topology
