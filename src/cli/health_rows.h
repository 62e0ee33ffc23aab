// The health checks as `status` shows them: one row for each region of the deployment, whose checks
// belong together (topology/drain_stacks.h), and one for each other check.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "topology/dns_view.h"
#include "topology/drain.h"

namespace tandem::cli {

struct HealthRow {
  /// Of a region's the one that DNS goes by, with the numbers of the endpoint's checkers.
  topology::DnsCheck check;
  std::string probed_id;  ///< the check whose checkers can say why; empty of a calculated one
  std::string status;     ///< "healthy", "drained" …
  bool well = false;      ///< healthy, or out of DNS because somebody wanted it
  std::string failure;    ///< what a checker saw last, of one that is not well
};

/// switched: by region, whether a switch of it is on; nothing when nobody says.
std::vector<HealthRow> health_rows(const topology::DnsView& view,
                                   const topology::Topology& topology,
                                   const std::map<std::string, std::optional<bool>>& switched);

/// Of the deployment's regions, those whose traffic is not as their health says.
std::map<std::string, topology::Traffic> traffic_by_region(
    const topology::DnsView& view, const topology::Topology& topology,
    const std::map<std::string, std::optional<bool>>& switched);

}  // namespace tandem::cli
