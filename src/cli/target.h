// Where a topology is applied: on this machine, or to AWS.
#pragma once

#include <string>

#include "cli/command.h"
#include "topology/topology.h"

namespace CLI {
class App;
}

namespace tandem::cli {

inline constexpr const char* kLocal = "local";
inline constexpr const char* kAws = "aws";

/// --target, "local" unless it is said otherwise.
void add_target_option(CLI::App& command, std::string& target);

/// Prints every API call that a first deployment to AWS would make, in order, each held against the
/// API models. Needs no network and no credentials. Throws Failure when a call is not valid.
int rehearse_on_aws(const Common& common, const topology::Topology& topology);

/// Of what a deployment to AWS still lacks.
Failure no_deployment_to_aws();

}  // namespace tandem::cli
