// What an edit of the topology changed in the processes' configuration, in words.
#pragma once

#include <string>
#include <vector>

#include "service/config.h"

namespace tandem::topology {

/// By the names of tandem.yaml: "clock", "network.ports.http (80 → 8080)",
/// "region eu-west-1 (new)". Empty when
/// nothing differs that a person could have edited.
std::vector<std::string> changed_settings(const service::Config& before,
                                          const service::Config& after);

}  // namespace tandem::topology
