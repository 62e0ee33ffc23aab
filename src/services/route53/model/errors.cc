#include "services/route53/model/errors.h"

#include <fmt/format.h>

#include "core/text.h"

namespace tandem::route53::errors {

using aws::ApiError;

ApiError invalid_input(std::string message) { return {400, "InvalidInput", std::move(message)}; }

ApiError unknown_record_type(std::string_view type) {
  return invalid_input(fmt::format(
      "Invalid XML ; cvc-enumeration-valid: Value '{}' is not facet-valid with respect to "
      "enumeration '[SOA, A, TXT, NS, CNAME, MX, NAPTR, PTR, SRV, SPF, AAAA, CAA, DS, TLSA, SSHFP, "
      "SVCB, HTTPS]'. It must be a value from the enumeration.",
      type));
}
ApiError invalid_argument(std::string message) {
  return {400, "InvalidArgument", std::move(message)};
}

ApiError invalid_change_batch(const std::vector<std::string>& messages) {
  json::array list;
  for (const std::string& message : messages) list.emplace_back(message);
  return ApiError(400, "InvalidChangeBatch", '[' + core::join(messages, ", ") + ']')
      .with("messages", std::move(list));
}

ApiError invalid_domain_name(std::string message) {
  return {400, "InvalidDomainName", std::move(message)};
}

ApiError no_such_hosted_zone(std::string_view id) {
  return {404, "NoSuchHostedZone", fmt::format("No hosted zone found with ID: {}", id)};
}

ApiError hosted_zone_already_exists() {
  return {409, "HostedZoneAlreadyExists",
          "A hosted zone has already been created with the specified caller reference."};
}

ApiError hosted_zone_not_empty() {
  return {400, "HostedZoneNotEmpty",
          "The specified hosted zone contains non-required resource record sets and so cannot be "
          "deleted."};
}

ApiError hosted_zone_not_private() {
  return {400, "HostedZoneNotPrivate", "The specified hosted zone is not a private hosted zone."};
}

ApiError too_many_hosted_zones() {
  return {400, "TooManyHostedZones",
          "Limit of 500 hosted zones exceeded. You cannot create more hosted zones."};
}

ApiError no_such_geo_location() {
  return {404, "NoSuchGeoLocation", "The specified geographic location is not supported."};
}

ApiError no_such_change(std::string_view id) {
  return {404, "NoSuchChange", fmt::format("Could not find resource with ID: {}", id)};
}

ApiError no_such_health_check(std::string_view id) {
  return {404, "NoSuchHealthCheck", fmt::format("A health check with id {} does not exist.", id)};
}

ApiError health_check_already_exists(std::string_view reference) {
  return {409, "HealthCheckAlreadyExists",
          fmt::format("The specified caller reference has already been used with a different "
                      "health check: {}",
                      reference)};
}

ApiError health_check_version_mismatch(std::int64_t given, std::int64_t current) {
  return {409, "HealthCheckVersionMismatch",
          fmt::format("The health check version {} does not match the current version {}.", given,
                      current)};
}

ApiError too_many_health_checks() {
  return {400, "TooManyHealthChecks",
          "Limit of 200 health checks exceeded. You cannot create more health checks."};
}

}  // namespace tandem::route53::errors
