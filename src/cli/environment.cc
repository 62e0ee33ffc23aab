#include "cli/environment.h"

#include <fmt/format.h>

namespace tandem::cli {

std::map<std::string, std::string> tool_environment(const topology::LocalWorld& world,
                                                    const topology::Topology& topology) {
  const service::Config& config = world.config();
  const std::string ca = world.ca_file().string();
  return {
      {"AWS_ENDPOINT_URL",
       fmt::format("http://{}:{}", config.global_address, config.ports.endpoint)},
      {"AWS_ACCESS_KEY_ID", config.credentials.access_key_id},
      {"AWS_SECRET_ACCESS_KEY", config.credentials.secret_access_key},
      {"AWS_REGION", topology.home},
      {"AWS_DEFAULT_REGION", topology.home},
      {"AWS_EC2_METADATA_DISABLED", "true"},
      {"AWS_CA_BUNDLE", ca},
      {"REQUESTS_CA_BUNDLE", ca},
      {"CURL_CA_BUNDLE", ca},
      {"SSL_CERT_FILE", ca},
      {"NODE_EXTRA_CA_CERTS", ca},
  };
}

}  // namespace tandem::cli
