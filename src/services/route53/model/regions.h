// The names API Gateway's regional endpoints have, and where they lead on this machine.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/config.h"
#include "services/route53/model/name.h"

namespace tandem::route53 {

/// Alias answers and regional names carry 60 seconds, as API Gateway's do.
inline constexpr std::uint32_t kRegionalTtl = 60;

/// The region whose API Gateway aliases go by this hosted zone id (AWS General Reference); empty
/// when it is none.
std::string_view region_of_alias_zone(std::string_view hosted_zone_id);
/// The inverse; empty for an unknown region.
std::string_view alias_zone_of_region(std::string_view region);

/// "execute-api.<region>.amazonaws.com." and what lies below it.
struct RegionalName {
  std::string region;
  bool below = false;  ///< exactly one label below: an API's or a custom domain's name
};
/// Nothing when name is not of that form at all.
std::optional<RegionalName> parse_regional_name(const DomainName& name);

struct RegionalEndpoint {
  std::string region;
  std::string address;  ///< "127.0.10.1"
  std::string rdata;    ///< the same as an A record's data
  DomainName zone;      ///< "execute-api.<region>.amazonaws.com."
  DomainName urls;      ///< "lambda-url.<region>.on.aws.", of functions' URLs
};
std::vector<RegionalEndpoint> regional_endpoints(const service::Config& config);

}  // namespace tandem::route53
