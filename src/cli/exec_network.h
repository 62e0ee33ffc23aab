// The network of `tandem exec`: names.h says where names and addresses lead in it, sandbox/ makes
// it, and a helper of this command, in the background and outside, serves it for as long as
// anything runs inside.
#pragma once

#include <filesystem>
#include <string>

#include "topology/local.h"
#include "topology/topology.h"

namespace tandem::cli {

/// This process goes there, and so does what it executes. trusted: certificates of authorities, the
/// machine's and ours, which are seen in place of the machine's; empty: there is no such file.
/// Returns why it has stayed where it was, or "". Throws Failure when it is neither here nor there.
std::string enter_named_network(const topology::LocalWorld& world,
                                const topology::Topology& topology,
                                const std::filesystem::path& trusted);

}  // namespace tandem::cli
