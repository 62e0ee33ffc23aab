// The running world as commands ask about it.
#pragma once

#include <string>
#include <vector>

#include "cli/client.h"
#include "cli/command.h"
#include "topology/deploy.h"
#include "topology/local.h"
#include "topology/made.h"
#include "topology/topology.h"

namespace tandem::cli {

/// Throws a usage Failure when there is no such process.
void check_known(const topology::LocalWorld& world, const std::string& name);
/// Asks all processes, remarks on those that do not answer, and throws a kNotRunning Failure when
/// the one named does not or is down.
std::vector<topology::ProcessState> check_running(const topology::LocalWorld& world,
                                                  const std::string& name);
/// Remarks on those that do not answer; false when there are any.
bool all_answer(const std::vector<topology::ProcessState>& processes);

/// The file as it applies to what is here. Throws TopologyError.
topology::Topology load_settled(const Common& common, const topology::LocalWorld& world);

/// Throws a usage Failure that says why there is nothing to do when the file declares no
/// application.
void require_application(const topology::Topology& topology, std::string_view why);
/// Throws a usage Failure when the file declares none and one is deployed.
void check_none_is_left(const topology::Topology& topology, const topology::LocalWorld& world);

/// The domain is the deployed one until another is: says so when the file names another.
topology::Topology with_deployed_domain(topology::Topology topology,
                                        const topology::LocalWorld& world);

/// All that the world has, also those that left the topology.
std::vector<std::string> region_names(const topology::LocalWorld& world);

/// What the last `up` has made.
topology::Made made_of(const topology::LocalWorld& world);
/// A region of the deployment whose store is gone.
bool has_lost_disk(const topology::LocalWorld& world, const std::string& name);
/// Throws Failure then: empty, the region would tell the others that it holds no copy, and they
/// would go on without it.
void check_has_store(const topology::LocalWorld& world, const std::string& name);
std::filesystem::path made_file(const topology::LocalWorld& world);

/// "https://todos.tandem.test", with the port when it is not 443.
std::string base_url(const topology::LocalWorld& world, const topology::Topology& topology);
/// A curl line that can be pasted as it is: it asks Tandem's DNS for the address.
std::string curl_line(const topology::LocalWorld& world, const topology::Topology& topology,
                      const std::string& path, const std::string& api_key);
/// "127.0.0.1:53".
std::string dns_address(const service::Config& config);

}  // namespace tandem::cli
