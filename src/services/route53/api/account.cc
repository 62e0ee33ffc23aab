#include <fmt/format.h>

#include "services/route53/api/backend.h"
#include "services/route53/model/change_batch.h"
#include "services/route53/model/errors.h"

namespace tandem::route53 {
namespace {

using service::Reply;

json::object limit_reply(const std::string& type, std::size_t value, std::size_t count) {
  json::object limit;
  limit["Type"] = type;
  limit["Value"] = value;
  json::object reply;
  reply["Limit"] = std::move(limit);
  reply["Count"] = count;
  return reply;
}

/// Traffic policies and reusable delegation sets cannot be made here, so their count is true.
Reply account_limit(Backend& backend, const json::object& input) {
  const std::string type = json::string_or(input, "Type");
  if (type == "MAX_HOSTED_ZONES_BY_OWNER") {
    return limit_reply(type, kMaxHostedZones, backend.zones.all().size());
  }
  if (type == "MAX_HEALTH_CHECKS_BY_OWNER") {
    return limit_reply(type, kMaxHealthChecks, backend.checks.all().size());
  }
  if (type == "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER") return limit_reply(type, 100, 0);
  if (type == "MAX_TRAFFIC_POLICIES_BY_OWNER") return limit_reply(type, 50, 0);
  if (type == "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER") return limit_reply(type, 5, 0);
  throw errors::invalid_input(fmt::format("Invalid limit type: {}", type));
}

Reply zone_limit(Backend& backend, const json::object& input) {
  const HostedZone& zone = backend.zone(json::string_or(input, "HostedZoneId"));
  const std::string type = json::string_or(input, "Type");
  if (type == "MAX_VPCS_ASSOCIATED_BY_ZONE") throw errors::hosted_zone_not_private();
  return limit_reply(type, kMaxRecordsPerZone, zone.records.size());
}

Reply checker_ip_ranges(Backend&, const json::object&) {
  json::array ranges;
  for (const std::string& range : checker_ranges()) ranges.emplace_back(range);
  return json::object{{"CheckerIpRanges", std::move(ranges)}};
}

}  // namespace

std::vector<service::Operation> account_operations(Backend& backend) {
  return {
      row(backend, "GetAccountLimit", account_limit, {"Type"}),
      row(backend, "GetHostedZoneLimit", zone_limit, {"HostedZoneId", "Type"}),
      row(backend, "GetCheckerIpRanges", checker_ip_ranges, {}),
  };
}

}  // namespace tandem::route53
