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

/// The types that are implemented; CALCULATED, CLOUDWATCH_METRIC and RECOVERY_CONTROL are refused.
enum class CheckType { kHttp, kHttps, kHttpStrMatch, kHttpsStrMatch, kTcp };

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
  bool operator==(const HealthCheckConfig&) const = default;

  bool tls() const { return type == CheckType::kHttps || type == CheckType::kHttpsStrMatch; }
  bool http() const { return type != CheckType::kTcp; }
  bool string_match() const {
    return type == CheckType::kHttpStrMatch || type == CheckType::kHttpsStrMatch;
  }
};

/// Says which non-public addresses may be probed: those of Tandem's own processes.
using AllowedAddress = std::function<bool(std::string_view address)>;

/// Throws InvalidInput.
HealthCheckConfig parse_health_check(const json::object& config, const AllowedAddress& allowed);
/// What the update makes of it. Throws InvalidInput; the version is the caller's to check.
HealthCheckConfig update_health_check(HealthCheckConfig config, const json::object& update,
                                      const AllowedAddress& allowed);
/// The HealthCheckConfig structure of the API.
json::object to_document(const HealthCheckConfig& config);

/// FQDN, with the port unless it is the scheme's own; the address when there is no FQDN.
std::string host_header(const HealthCheckConfig& config);

}  // namespace tandem::route53
