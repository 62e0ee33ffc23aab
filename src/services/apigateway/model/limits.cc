#include "services/apigateway/model/limits.h"

#include <algorithm>
#include <array>

namespace tandem::apigateway {

RateLimit account_limit(std::string_view region) {
  // AWS General Reference, quotas of API Gateway: throttle quota per account, per Region.
  constexpr std::array<std::string_view, 11> kSmaller = {
      "af-south-1",   "eu-south-1", "ap-southeast-3", "ap-southeast-4",
      "me-central-1", "ap-south-2", "eu-south-2",     "eu-central-2",
      "il-central-1", "ca-west-1",  "mx-central-1"};
  const bool smaller = std::find(kSmaller.begin(), kSmaller.end(), region) != kSmaller.end();
  return smaller ? RateLimit{2'500, 1'250} : RateLimit{10'000, 5'000};
}

}  // namespace tandem::apigateway
