#include "cli/environment.h"

#include <fmt/format.h>
#include <system_error>

#include "cli/command.h"
#include "cli/exec_network.h"
#include "cli/world.h"
#include "core/files.h"

namespace tandem::cli {

namespace {

/// Debian's, update-ca-certificates(8).
constexpr const char* kSystemRoots = "/etc/ssl/certs/ca-certificates.crt";

/// The local CA beside the system's, so that tools reach public servers, too. Just the local one's
/// file when the bundle cannot be written.
std::string trusted_bundle(const topology::LocalWorld& world) {
  const auto path = world.folder() / "ca" / "bundle.pem";
  // Under exec of this world what looks like the system's roots is this file.
  if (inside_exec_of() == world.folder() && core::find_file(path)) return path.string();
  const std::string bytes =
      core::find_file(world.ca_file()).value_or("") + core::find_file(kSystemRoots).value_or("");
  try {
    if (core::find_file(path) != bytes) core::replace_file(path, bytes, 0644);
    return path.string();
  } catch (const std::system_error& error) {
    remark(std::string("tandem: only the local CA is trusted: ") + error.what());
    return world.ca_file().string();
  }
}

}  // namespace

std::map<std::string, std::string> tool_environment(
    const topology::LocalWorld& world, const topology::Topology& topology,
    const std::optional<service::RegionAddress>& instead) {
  const service::Config& config = world.config();
  const std::string ca = trusted_bundle(world);
  std::map<std::string, std::string> environment = {
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
      {"NODE_EXTRA_CA_CERTS", world.ca_file().string()},
      {"TANDEM_DNS", dns_address(config)},
  };
  if (instead) {
    environment["AWS_ENDPOINT_URL"] =
        fmt::format("http://{}:{}", instead->address, config.ports.http);
    environment["AWS_REGION"] = environment["AWS_DEFAULT_REGION"] = instead->name;
  }
  // Unknown when tandem.yaml cannot be read and nothing was deployed.
  if (!topology.domain.empty()) environment.emplace("TANDEM_URL", base_url(world, topology));
  if (auto key = world.find_api_key()) environment.emplace("TANDEM_API_KEY", std::move(*key));
  return environment;
}

}  // namespace tandem::cli
