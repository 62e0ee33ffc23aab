// The hosted zones of API Gateway's regional endpoints, which alias records name. Constant data.
#pragma once

#include <string_view>

namespace tandem::aws {

/// "Z1UJRXOUMOOFQ8" for us-east-1; empty for a region AWS does not list.
std::string_view execute_api_zone(std::string_view region);
/// The other way round; empty for an id that is none of them.
std::string_view region_of_execute_api_zone(std::string_view zone_id);

}  // namespace tandem::aws
