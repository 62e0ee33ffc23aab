// UpdateTable's ReplicaUpdates: adding and removing the regions of a global table (2019.11.21,
// eventually consistent).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "services/dynamodb/api/table_operations.h"

namespace tandem::dynamodb {

struct ReplicaUpdate {
  enum class Action { kCreate, kDelete } action = Action::kCreate;
  std::string region;
};

/// The one change a request may ask for; throws ValidationException on any other shape.
ReplicaUpdate parse_replica_updates(const json::array& updates);

/// Carries it out and waits, briefly, for a reachable region to agree or refuse. Throws when it
/// refuses.
Task<void> apply_replica_update(TablePlane& plane, std::string table, ReplicaUpdate update);

/// The region as a member of the table's group; nothing when it is none, or no more.
const replication::Member* find_live(const TablePlane& plane, const Table& table,
                                     std::string_view region);
/// Waits until the region's membership differs from what it is now, as long as its answer can be
/// expected soon.
Task<void> wait_for_answer(TablePlane& plane, std::string group, std::string region);
/// In order of name.
std::vector<std::string> supported_regions(const TablePlane& plane);

/// Throws when a replica is being added or removed, which allows no other change of the table.
void check_no_replica_in_transit(const TablePlane& plane, const Table& table);
/// Until when the region cannot lose its replica, because one that still exists was copied from it
/// (Amazon DynamoDB Developer Guide, "Global tables: how it works"); nothing when it can.
std::optional<std::int64_t> source_until_s(const TablePlane& plane, const Table& table,
                                           std::string_view region);
/// The regions that hold the table: {"us-west-2": {"Joined", "AddedBy", "SourceUntil"}}; none when
/// it is in one region only.
json::object describe_members(const TablePlane& plane, const Table& table);
/// Throws when the region has been the source of a replica that still exists, less than 24 h ago.
void check_not_recent_source(const TablePlane& plane, const Table& table, std::string_view region);

}  // namespace tandem::dynamodb
