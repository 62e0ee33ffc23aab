// What CloudWatch is told of Route 53, in us-east-1 alone (Route 53 Developer Guide, "Monitoring
// health checks using CloudWatch", "Monitoring hosted zones using Amazon CloudWatch").
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/environment.h"
#include "services/route53/service.h"

namespace tandem::route53 {

class HealthMetrics {
 public:
  /// Borrows environment.
  explicit HealthMetrics(const service::Environment& environment) : environment_(environment) {}

  /// Once a minute. queries: by hosted zone, since the process began.
  void sample(const std::vector<Route53Service::Health>& checks,
              const std::vector<std::pair<std::string, std::uint64_t>>& queries);

 private:
  const service::Environment& environment_;
  std::map<std::string, std::uint64_t> seen_;  ///< by hosted zone: what was told of it
};

}  // namespace tandem::route53
