// What DNS goes by right now: the health checks and how each region's record stands because of
// them, as GET /_tandem/dns of the global process says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/task.h"
#include "net/http_client.h"
#include "service/config.h"
#include "topology/topology.h"

namespace tandem::topology {

struct DnsCheck {
  std::string id;
  std::string name;  ///< its Name tag, or its id
  bool healthy = false;
  bool inverted = false;
  std::string since;  ///< ISO 8601
  std::int64_t healthy_checkers = 0;
  std::int64_t checkers = 0;
  std::int64_t looked = 0;     ///< checkers that have looked at least once
  std::optional<bool> in_dns;  ///< nothing: no record names it
  std::vector<std::string> children;
  bool operator==(const DnsCheck&) const = default;
};

/// A member of a record: one region's.
struct DnsMember {
  std::string name;    ///< the record's, with its last dot
  std::string policy;  ///< the record's: "weighted"
  std::string set_identifier;
  bool in_dns = false;
  std::string why;
};

struct DnsView {
  std::vector<DnsCheck> checks;
  std::vector<DnsMember> members;

  const DnsCheck* find(std::string_view name) const;
  /// Of the domain's records; "" when it has none.
  std::string policy_of(std::string_view domain) const;
};

/// Pure; what is missing is left at its default.
DnsView parse_dns(const json::object& document);
/// Throws net::NetError when global does not answer, DeployError when it answers something else.
Task<DnsView> read_dns(net::HttpClient* http, const service::Config* config);

/// A region's checks, found by their names (drain_stacks.h); null where there is none.
struct RegionChecks {
  const DnsCheck* deciding = nullptr;  ///< the one that records name
  const DnsCheck* endpoint = nullptr;
  std::vector<const DnsCheck*> switches;
  const DnsMember* member = nullptr;  ///< of the domain

  /// Health checkers see a switch on, or have not looked at a new one yet.
  bool switched_off() const;
  /// A switch's check is new: inverted, it counts as unhealthy until enough checkers have looked.
  bool starting() const;
  bool endpoint_healthy() const { return endpoint == nullptr || endpoint->healthy; }
  bool healthy() const { return deciding != nullptr && deciding->healthy; }
  bool in_dns() const { return member != nullptr && member->in_dns; }
  /// Healthy, and yet the region's gateway is not to Route 53: its own checkers look at that.
  bool target_fails() const;
};
/// Borrows the view.
RegionChecks checks_of(const DnsView& view, const Topology& topology, std::string_view region);

}  // namespace tandem::topology
