#include "services/apigateway/model/hosted_zones.h"

#include "aws/execute_api_zones.h"

namespace tandem::apigateway {

std::string_view regional_hosted_zone_id(std::string_view region) {
  return aws::execute_api_zone(region);
}

}  // namespace tandem::apigateway
