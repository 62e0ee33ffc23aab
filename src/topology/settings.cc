#include "topology/settings.h"

#include <fmt/format.h>

namespace tandem::topology {

std::vector<std::string> changed_settings(const service::Config& before,
                                          const service::Config& after) {
  std::vector<std::string> changed;
  const auto compare = [&](std::string name, const auto& a, const auto& b) {
    if (a != b) changed.push_back(std::move(name));
  };
  // What tools were told of is shown as it was and as it is.
  const auto compare_shown = [&](std::string_view name, const auto& a, const auto& b) {
    if (a != b) changed.push_back(fmt::format("{} ({} → {})", name, a, b));
  };
  compare("clock", before.clock_speed, after.clock_speed);
  compare("durability", before.durability, after.durability);
  compare("unknown_members", before.unknown_members, after.unknown_members);
  compare("legacy_global_tables", before.legacy_global_tables, after.legacy_global_tables);
  compare("max_clock_drift", before.max_clock_drift_ms, after.max_clock_drift_ms);
  compare_shown("network.addresses.global", before.global_address, after.global_address);
  for (const auto& region : after.regions) {
    const auto* had = before.find_region(region.name);
    if (had == nullptr) {
      changed.push_back(fmt::format("region {} (new)", region.name));
    } else {
      compare_shown("network.addresses." + region.name, had->address, region.address);
    }
  }
  for (const auto& region : before.regions) {
    if (after.find_region(region.name) != nullptr) continue;
    changed.push_back(fmt::format("region {} (removed)", region.name));
  }
  compare_shown("network.ports.http", before.ports.http, after.ports.http);
  compare_shown("network.ports.https", before.ports.https, after.ports.https);
  compare_shown("network.ports.dns", before.ports.dns, after.ports.dns);
  compare_shown("network.ports.endpoint", before.ports.endpoint, after.ports.endpoint);
  compare_shown("network.ports.replication", before.ports.replication, after.ports.replication);
  return changed;
}

}  // namespace tandem::topology
