// The running world as commands ask about it.
#pragma once

#include <string>
#include <vector>

#include "cli/client.h"
#include "topology/deploy.h"
#include "topology/local.h"
#include "topology/topology.h"

namespace tandem::cli {

/// Throws a usage Failure when there is no such process.
void check_known(const topology::LocalWorld& world, const std::string& name);
/// Throws a kNotRunning Failure when the process is down.
void check_running(const topology::LocalWorld& world, const std::string& name);

/// All that the world has, also those that left the topology.
std::vector<std::string> region_names(const topology::LocalWorld& world);

/// "https://todos.tandem.test", with the port when it is not 443.
std::string base_url(const topology::LocalWorld& world, const topology::Topology& topology);
/// A curl line that can be pasted as it is: it asks Tandem's DNS for the address.
std::string curl_line(const topology::LocalWorld& world, const topology::Topology& topology,
                      const std::string& path, const std::string& api_key);
/// "127.0.0.1:53".
std::string dns_address(const service::Config& config);

/// One row a health check of the account: its Name tag (or id) and what Route 53 thinks of it.
struct HealthRow {
  std::string name;
  std::string status;  ///< "healthy", "unhealthy" or "unknown"
};
Task<std::vector<HealthRow>> health_checks(aws::Api* api);

}  // namespace tandem::cli
