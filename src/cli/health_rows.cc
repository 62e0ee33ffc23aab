#include "cli/health_rows.h"

#include <set>

namespace tandem::cli {
namespace {

using topology::DnsCheck;
using topology::RegionChecks;
using topology::Traffic;

/// Route 53 takes a new health check for healthy until its checkers know better.
std::string verdict_text(const DnsCheck& check, bool healthy) {
  if (check.looked == 0 && healthy) return "assumed healthy";
  return healthy ? "healthy" : "unhealthy";
}

std::optional<bool> switched_of(const std::map<std::string, std::optional<bool>>& switched,
                                const std::string& region) {
  const auto found = switched.find(region);
  return found == switched.end() ? std::nullopt : found->second;
}

bool is_drainable(const RegionChecks& checks) {
  return checks.deciding != nullptr && checks.endpoint != nullptr && !checks.switches.empty();
}

HealthRow region_row(const RegionChecks& checks, Traffic traffic) {
  HealthRow row;
  row.check = *checks.deciding;
  row.check.healthy_checkers = checks.endpoint->healthy_checkers;
  row.check.checkers = checks.endpoint->checkers;
  row.check.looked = checks.endpoint->looked;
  row.check.children.clear();
  row.probed_id = checks.endpoint->id;
  row.well = checks.endpoint->healthy;
  row.status = verdict_text(*checks.endpoint, checks.deciding->healthy);
  // Of an endpoint that is unhealthy this is what there is to say, unless it was taken out before.
  const bool wanted = traffic == Traffic::kDrained || traffic == Traffic::kDraining;
  if (traffic != Traffic::kServes && (row.well || wanted)) row.status = traffic_text(traffic);
  return row;
}

HealthRow other_row(const DnsCheck& check) {
  HealthRow row;
  row.check = check;
  row.well = check.healthy;
  row.status = verdict_text(check, check.healthy);
  if (check.children.empty()) row.probed_id = check.id;
  return row;
}

}  // namespace

std::vector<HealthRow> health_rows(const topology::DnsView& view,
                                   const topology::Topology& topology,
                                   const std::map<std::string, std::optional<bool>>& switched) {
  std::vector<HealthRow> rows;
  std::set<std::string> shown;
  for (const topology::Region& region : topology.regions) {
    const RegionChecks checks = topology::checks_of(view, topology, region.name);
    if (!is_drainable(checks)) continue;
    rows.push_back(region_row(checks, traffic_of(checks, switched_of(switched, region.name))));
    shown.insert({checks.deciding->id, checks.endpoint->id});
    for (const DnsCheck* one : checks.switches) shown.insert(one->id);
  }
  for (const DnsCheck& check : view.checks) {
    if (!shown.contains(check.id)) rows.push_back(other_row(check));
  }
  return rows;
}

std::map<std::string, Traffic> traffic_by_region(
    const topology::DnsView& view, const topology::Topology& topology,
    const std::map<std::string, std::optional<bool>>& switched) {
  std::map<std::string, Traffic> found;
  for (const topology::Region& region : topology.regions) {
    const RegionChecks checks = topology::checks_of(view, topology, region.name);
    if (!is_drainable(checks)) continue;
    const Traffic traffic = traffic_of(checks, switched_of(switched, region.name));
    if (traffic != Traffic::kServes) found[region.name] = traffic;
  }
  return found;
}

}  // namespace tandem::cli
