// What the operations of Route 53 work on.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "service/environment.h"
#include "service/operation.h"
#include "service/page.h"
#include "service/table.h"
#include "services/route53/model/answerer.h"
#include "services/route53/model/regions.h"
#include "services/route53/ports.h"
#include "services/route53/probe/monitor.h"
#include "services/route53/store/health_checks.h"
#include "services/route53/store/zones.h"

namespace tandem::route53 {

class Backend {
 public:
  Backend(service::Environment environment, Route53Ports ports, HealthMonitor::Options options);

  // Each throws the service's error when there is no such thing. Ids may carry their path.
  HostedZone& zone(std::string_view id);
  HealthCheck& check(std::string_view id);

  ChangeInfo new_change(std::string comment);
  /// Makes the answerer serve the zone as it is now.
  void publish(const HostedZone& zone);
  /// Probes the check as it is now, and gives it its slot on the board.
  void watch(const HealthCheck& check);
  void unwatch(const std::string& id);
  /// Refuses by name a check on an alarm while nobody here knows of alarms.
  void check_alarms(const HealthCheckConfig& config) const;
  /// Throws InvalidInput unless each child is there, and is a check that may be a child.
  void check_children(const HealthCheckConfig& config);
  /// Answers for the regions that the configuration names now.
  void regions_changed();
  /// Forgets everything; the store is the caller's to empty.
  void clear();

  bool probe_allowed(std::string_view address) const;
  bool alias_target_exists(const AliasTarget& target) const;

  service::Environment env;
  ZoneStore zones;
  ChangeLog changes;
  HealthCheckStore checks;
  TagStore tags;
  std::vector<RegionalEndpoint> endpoints;
  HealthBoard board;
  aws::Places places;
  Answerer answerer;
  HealthMonitor monitor;

 private:
  const RegionalEndpoint* endpoint_of(const AliasTarget& target) const;
  void publish_all();
  void watch_region(const RegionalEndpoint& endpoint);
  void turned(const std::string& id, const HealthMonitor::Verdict& verdict);
  HealthBoard::Slot slot_of(std::string_view id) const;
  Task<ProbeResult> look(std::string id, HealthCheckConfig config);
  Task<ProbeResult> look_at_alarm(HealthCheckConfig config);
  /// What to connect to: the check's address, or its name's, resolved anew each time.
  bool find_address(const HealthCheckConfig& config, ProbeRequest& request, ProbeResult& failure);
  std::uint16_t local_port(const std::string& address, std::uint16_t port) const;
  std::chrono::milliseconds scaled(std::chrono::milliseconds timeout) const;

  Prober& prober_;
  Alarms* alarms_;
  std::unordered_map<std::string, HealthBoard::Slot> slots_;
};

using service::row;

// One table for each kind of thing; service.cc joins them.
std::vector<service::Operation> hosted_zone_operations(Backend& backend);
std::vector<service::Operation> record_operations(Backend& backend);
std::vector<service::Operation> health_check_operations(Backend& backend);
std::vector<service::Operation> tag_operations(Backend& backend);
std::vector<service::Operation> account_operations(Backend& backend);
std::vector<service::Operation> location_operations(Backend& backend);

/// A list that goes on at a marker: the id of the first one to give, "" for all.
template <typename Things>
json::object list_from_marker(const Things& all, const std::string& marker, std::string_view member,
                              std::size_t most) {
  service::PageCut<std::string> cut(marker, most, service::TokenNames::kNextToGive);
  json::array page;
  for (auto at = all.lower_bound(marker); at != all.end(); ++at) {
    if (!cut.offer(at->first, [&] { page.push_back(to_document(at->second)); })) break;
  }
  json::object reply;
  reply[member] = std::move(page);
  if (!marker.empty()) reply["Marker"] = marker;
  reply["IsTruncated"] = cut.more();
  if (cut.more()) reply["NextMarker"] = cut.edge();
  reply["MaxItems"] = std::to_string(most);
  return reply;
}

/// "100" unless given; at most most. Throws InvalidInput when it is no positive number.
std::size_t max_items(const json::object& input, std::size_t most);

}  // namespace tandem::route53
