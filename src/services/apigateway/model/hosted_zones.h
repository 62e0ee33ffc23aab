// The Route 53 zones that alias records to a region's API Gateway name as their target zone.
#pragma once

#include <string_view>

namespace tandem::apigateway {

/// "Z1UJRXOUMOOFQ8" for us-east-1; empty for a region AWS does not list.
std::string_view regional_hosted_zone_id(std::string_view region);

}  // namespace tandem::apigateway
