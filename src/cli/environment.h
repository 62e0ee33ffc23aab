// The environment that points AWS tools at the local world.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>

#include "service/config.h"
#include "topology/local.h"
#include "topology/topology.h"

namespace tandem::cli {

/// What a user's own AWS environment may hold that would lead tools elsewhere, or make them send
/// another account's session with our key.
inline constexpr std::array kMisleading{"AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_PROFILE",
                                        "AWS_DEFAULT_PROFILE",
                                        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"};

/// Endpoint, credentials, region, and a bundle of the local CA and the system's, which it writes;
/// the application's URL, its key (once there is one) and the address of Tandem's DNS. Holds
/// secrets (the local root key, the API key).
/// instead: a region that tools ask by itself, because global does not answer.
std::map<std::string, std::string> tool_environment(
    const topology::LocalWorld& world, const topology::Topology& topology,
    const std::optional<service::RegionAddress>& instead = std::nullopt);

}  // namespace tandem::cli
