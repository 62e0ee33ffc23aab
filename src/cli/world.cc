#include "cli/world.h"

#include <fmt/format.h>

#include "cli/command.h"

namespace tandem::cli {
namespace {

/// More than 18 % of the checkers must say healthy (Route 53's rule).
constexpr double kHealthyShare = 0.18;

std::string status_of(const json::object& answer) {
  const auto* observations = json::find_array(answer, "HealthCheckObservations");
  if (observations == nullptr || observations->empty()) return "unknown";
  std::size_t healthy = 0;
  for (const json::value& entry : *observations) {
    const auto* report = json::find_object(entry.as_object(), "StatusReport");
    if (report != nullptr && json::string_or(*report, "Status").starts_with("Success")) ++healthy;
  }
  const double share = static_cast<double>(healthy) / static_cast<double>(observations->size());
  return share > kHealthyShare ? "healthy" : "unhealthy";
}

Task<json::object> route53(aws::Api* api, std::string operation, json::object input) {
  aws::ApiCall call{"us-east-1", "route53", std::move(operation), std::move(input), ""};
  aws::ApiResult result = co_await api->call(std::move(call));
  co_return std::move(result.output);
}

Task<std::string> name_of(aws::Api* api, std::string id) {
  json::object input{{"ResourceType", "healthcheck"}, {"ResourceId", id}};
  const json::object answer = co_await route53(api, "ListTagsForResource", std::move(input));
  if (const auto* set = json::find_object(answer, "ResourceTagSet")) {
    if (const auto* tags = json::find_array(*set, "Tags")) {
      for (const json::value& tag : *tags) {
        if (json::string_or(tag.as_object(), "Key") == "Name") {
          co_return json::string_or(tag.as_object(), "Value");
        }
      }
    }
  }
  co_return id;
}

}  // namespace

void check_known(const topology::LocalWorld& world, const std::string& name) {
  std::string known;
  for (const auto& process : world.processes()) {
    if (process.name == name) return;
    known += (known.empty() ? "" : ", ") + process.name;
  }
  throw Failure(kUsage, fmt::format("there is no region '{}'; there are {}", name, known));
}

void check_running(const topology::LocalWorld& world, const std::string& name) {
  for (const auto& process : world.processes()) {
    if (process.name == name && process.pid) return;
  }
  throw Failure(kNotRunning,
                fmt::format("{} is not running; 'tandem up' starts what is missing", name));
}

std::vector<std::string> region_names(const topology::LocalWorld& world) {
  std::vector<std::string> names;
  for (const auto& region : world.config().regions) names.push_back(region.name);
  return names;
}

std::string base_url(const topology::LocalWorld& world, const topology::Topology& topology) {
  const std::uint16_t port = world.config().ports.https;
  return port == 443 ? fmt::format("https://{}", topology.domain)
                     : fmt::format("https://{}:{}", topology.domain, port);
}

std::string dns_address(const service::Config& config) {
  return fmt::format("{}:{}", config.global_address, config.ports.dns);
}

std::string curl_line(const topology::LocalWorld& world, const topology::Topology& topology,
                      const std::string& path, const std::string& api_key) {
  const service::Config& config = world.config();
  return fmt::format(
      "curl --cacert {} --resolve {}:{}:$(dig +short -p {} @{} {} A | tail -1) "
      "-H 'x-api-key: {}' {}",
      shell_word(world.ca_file().string()), topology.domain, config.ports.https, config.ports.dns,
      config.global_address, topology.domain, api_key,
      shell_word(base_url(world, topology) + path));
}

Task<std::vector<HealthRow>> health_checks(aws::Api* api) {
  std::vector<HealthRow> rows;
  const json::object listed = co_await route53(api, "ListHealthChecks", json::object{});
  const auto* checks = json::find_array(listed, "HealthChecks");
  for (std::size_t i = 0; checks != nullptr && i < checks->size(); ++i) {
    const std::string id = json::string_or((*checks)[i].as_object(), "Id");
    json::object input{{"HealthCheckId", id}};
    const json::object answer = co_await route53(api, "GetHealthCheckStatus", std::move(input));
    std::string name = co_await name_of(api, id);
    rows.push_back({std::move(name), status_of(answer)});
  }
  co_return rows;
}

}  // namespace tandem::cli
