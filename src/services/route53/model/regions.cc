#include "services/route53/model/regions.h"

#include <fmt/format.h>

#include "aws/execute_api_zones.h"
#include "core/check.h"
#include "core/text.h"
#include "services/route53/model/rdata.h"

namespace tandem::route53 {
std::string_view region_of_alias_zone(std::string_view hosted_zone_id) {
  return aws::region_of_execute_api_zone(hosted_zone_id);
}

std::string_view alias_zone_of_region(std::string_view region) {
  return aws::execute_api_zone(region);
}

std::optional<RegionalName> parse_regional_name(const DomainName& name) {
  const auto labels = core::split(name.text, '.');  // The last one is empty.
  const std::size_t count = labels.size();
  if (count < 5 || labels[count - 2] != "com" || labels[count - 3] != "amazonaws" ||
      labels[count - 5] != "execute-api") {
    return std::nullopt;
  }
  return RegionalName{std::string(labels[count - 4]), count == 6};
}

std::vector<RegionalEndpoint> regional_endpoints(const service::Config& config) {
  std::vector<RegionalEndpoint> endpoints;
  for (const service::RegionAddress& region : config.regions) {
    auto zone = parse_name(fmt::format("execute-api.{}.amazonaws.com.", region.name));
    auto urls = parse_name(fmt::format("lambda-url.{}.on.aws.", region.name));
    const auto rdata = parse_ipv4(region.address);
    CHECK(zone.ok() && urls.ok() && rdata.has_value());
    endpoints.push_back(
        {region.name, region.address, *rdata, std::move(zone).value(), std::move(urls).value()});
  }
  return endpoints;
}

}  // namespace tandem::route53
