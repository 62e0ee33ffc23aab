#include "services/route53/health_metrics.h"

namespace tandem::route53 {
namespace {

using core::MeterKind;

constexpr std::string_view kRoute53 = "AWS/Route53";
constexpr MeterKind kStatus{kRoute53, "HealthCheckStatus", "None",
                            "aws_route53_health_check_status",
                            "1 for a health check that is healthy, 0 for another"};
constexpr MeterKind kPercentage{kRoute53, "HealthCheckPercentageHealthy", "Percent",
                                "aws_route53_health_check_percentage_healthy",
                                "Checkers that find the endpoint healthy"};
constexpr MeterKind kChildren{kRoute53, "ChildHealthCheckHealthyCount", "Count",
                              "aws_route53_child_health_check_healthy_count",
                              "Children of a calculated health check that are healthy"};
constexpr MeterKind kQueries{kRoute53, "DNSQueries", "Count", "aws_route53_dns_queries",
                             "DNS queries that a hosted zone answered"};

}  // namespace

void HealthMetrics::sample(const std::vector<Route53Service::Health>& checks,
                           const std::vector<std::pair<std::string, std::uint64_t>>& queries) {
  for (const Route53Service::Health& check : checks) {
    const std::vector<core::Dimensions> under{{{"HealthCheckId", check.id}}};
    environment_.meter(kStatus, under)->record(check.healthy ? 1 : 0);
    if (!check.children.empty()) {
      environment_.meter(kChildren, under)->record(static_cast<double>(check.healthy_checkers));
    } else if (check.looked > 0) {
      environment_.meter(kPercentage, under)
          ->record(100.0 * static_cast<double>(check.healthy_checkers) /
                   static_cast<double>(check.looked));
    }
  }
  std::map<std::string, std::uint64_t> seen;
  for (const auto& [zone, count] : queries) {
    const auto before = seen_.find(zone);
    // A zone that was made anew under its id counts from the beginning.
    const std::uint64_t told = before == seen_.end() || before->second > count ? 0 : before->second;
    if (count > told) {
      environment_.meter(kQueries, {{{"HostedZoneId", zone}}})->record(1, count - told);
    }
    seen[zone] = count;
  }
  seen_ = std::move(seen);
}

}  // namespace tandem::route53
