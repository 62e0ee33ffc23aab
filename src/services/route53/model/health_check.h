// The configuration of a health check: what CreateHealthCheck takes, what UpdateHealthCheck may
// change, and how both are refused.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace tandem::route53 {

/// The types that are implemented; RECOVERY_CONTROL is refused.
enum class CheckType {
  kHttp,
  kHttps,
  kHttpStrMatch,
  kHttpsStrMatch,
  kTcp,
  kCalculated,
  kCloudWatchMetric
};

/// What an alarm without enough data means.
enum class NoData { kHealthy, kUnhealthy, kLastKnown };

/// Developer Guide, "Quotas on health checks"; the API's shape would take one more.
inline constexpr std::size_t kMaxChildren = 255;

struct HealthCheckConfig {
  CheckType type = CheckType::kHttp;
  std::string ip_address;
  std::uint16_t port = 0;
  std::string resource_path;
  std::string fully_qualified_domain_name;
  std::string search_string;
  int request_interval = 30;  ///< seconds
  int failure_threshold = 3;
  bool inverted = false;
  bool disabled = false;
  bool enable_sni = false;
  std::vector<std::string> regions;  ///< of the checkers; empty: all
  // Of CALCULATED alone:
  std::int64_t health_threshold = 0;
  std::vector<std::string> child_health_checks;  ///< ids, in order, each once
  // Of CLOUDWATCH_METRIC alone:
  std::string alarm_region;
  std::string alarm_name;
  NoData no_data = NoData::kLastKnown;
  bool operator==(const HealthCheckConfig&) const = default;

  bool tls() const { return type == CheckType::kHttps || type == CheckType::kHttpsStrMatch; }
  /// Of an endpoint: checkers look at it. Others follow what somebody else says.
  bool probes() const { return !calculated() && !watches_alarm(); }
  bool calculated() const { return type == CheckType::kCalculated; }
  bool watches_alarm() const { return type == CheckType::kCloudWatchMetric; }
  bool http() const { return probes() && type != CheckType::kTcp; }
  bool string_match() const {
    return type == CheckType::kHttpStrMatch || type == CheckType::kHttpsStrMatch;
  }
};

/// Says which non-public addresses may be probed: those of Tandem's own processes.
using AllowedAddress = std::function<bool(std::string_view address)>;

/// Throws InvalidInput. Whether children are there is the caller's to check.
HealthCheckConfig parse_health_check(const json::object& config, const AllowedAddress& allowed);
/// What the update makes of it. Throws InvalidInput; the version is the caller's to check.
HealthCheckConfig update_health_check(HealthCheckConfig config, const json::object& update,
                                      const AllowedAddress& allowed);
std::string_view check_type_text(CheckType type);  ///< "HTTP" …
/// The HealthCheckConfig structure of the API.
json::object to_document(const HealthCheckConfig& config);

/// FQDN, with the port unless it is the scheme's own; the address when there is no FQDN.
std::string host_header(const HealthCheckConfig& config);

}  // namespace tandem::route53
