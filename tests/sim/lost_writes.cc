// Which writes are lost, as somebody knows who saw all of them happen: those that nobody had seen
// when he wrote the same item, but the one that stands in the end.
#include <fmt/format.h>

#include "replication/record.h"
#include "tests/sim/world.h"

namespace tandem::sim {

void World::note_seen(Region& region, const std::string& key) {
  if (!options_.conflicts) return;
  auto& writes = writes_of_[key];
  const auto stored = region.records().raw(region.collection, key);
  if (stored) {
    const auto record = replication::parse_record(*stored);
    writes[{record->version.time, std::string(record->version.region)}] = true;
    return;
  }
  // Nothing is there: if anything was, a tombstone, the greatest of what has been applied here.
  for (auto at = writes.rbegin(); at != writes.rend(); ++at) {
    const auto& [time, writer] = at->first;
    if (writer != region.name && time > region.replicator().find_peer(writer)->closed) continue;
    if (writer != region.name && options_.joins && !has_brought(writer, region)) continue;
    at->second = true;
    return;
  }
}

/// Whether what the region has heard of a writer covers the items that one began with, or that the
/// region itself joined them.
bool World::has_brought(const std::string& writer, Region& region) {
  const replication::Group* group = region.replicator().find_group(group_);
  const replication::Member* self = group == nullptr ? nullptr : group->find(region.name);
  const replication::Member* member = group == nullptr ? nullptr : group->find(writer);
  if (self == nullptr || member == nullptr) return false;
  const auto brought = group->refills.find(writer);
  const replication::Timestamp closed = region.replicator().find_peer(writer)->closed;
  return member->state == replication::MemberState::kActive && closed >= self->joined &&
         (brought == group->refills.end() || closed >= brought->second);
}

void World::note_written(const Region& region, const std::string& key,
                         replication::Timestamp time) {
  if (options_.conflicts) writes_of_[key][{time, region.name}] = false;
}

std::string World::compare_lost(Region& region) {
  if (!options_.conflicts) return {};
  std::set<std::pair<std::string, replication::Timestamp>> expected;
  for (const auto& [key, writes] : writes_of_) {
    for (const auto& [version, seen] : writes) {
      const bool stands = version == writes.rbegin()->first;
      if (!seen && !stands && version.second == region.name) expected.emplace(key, version.first);
    }
  }
  const auto& listed = region.records().lost_updates().all();
  for (const auto& [number, lost] : listed) {
    if (expected.erase({lost.key, lost.lost}) > 0) continue;
    const auto& newest = writes_of_[lost.key].rbegin()->first;
    if (newest == std::pair(lost.lost, region.name)) return lost.key + " stands and is listed";
    // Among three regions what had seen it may itself have been lost before it was shipped.
    if (options_.regions == 2) return fmt::format("{} at {} is listed", lost.key, lost.lost);
  }
  if (expected.empty()) return {};
  return fmt::format("{} at {} is lost and not listed", expected.begin()->first,
                     expected.begin()->second);
}

}  // namespace tandem::sim
