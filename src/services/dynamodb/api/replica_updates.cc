#include "services/dynamodb/api/replica_updates.h"

#include <algorithm>
#include <chrono>

#include "services/dynamodb/api/table_errors.h"

namespace tandem::dynamodb {
namespace {

using aws::ApiError;
using replication::Group;
using replication::Member;
using replication::MemberState;
using std::chrono::milliseconds;

constexpr std::int64_t kSourceRuleS = 24 * 3600;
/// How long a request waits for a reachable region's first answer.
constexpr milliseconds kAgreement{1000};

bool connected(const TablePlane& plane, const std::string& region) {
  const auto peer = plane.replicator.peers().find(region);
  return peer != plane.replicator.peers().end() && peer->second.connected;
}

std::string parse_create(const json::object& create) {
  for (const std::string_view member : {"KMSMasterKeyId", "ProvisionedThroughputOverride",
                                        "OnDemandThroughputOverride", "GlobalSecondaryIndexes"}) {
    if (create.contains(member)) {
      service::refuse_member("ReplicaUpdates.Create." + std::string(member));
    }
  }
  if (json::string_or(create, "TableClassOverride", "STANDARD") != "STANDARD") {
    service::refuse_member("ReplicaUpdates.Create.TableClassOverride");
  }
  return json::string_or(create, "RegionName");
}

}  // namespace

std::vector<std::string> supported_regions(const TablePlane& plane) {
  std::vector<std::string> names;
  for (const auto& region : plane.environment.config.regions) names.push_back(region.name);
  std::sort(names.begin(), names.end());
  return names;
}

const Member* find_live(const TablePlane& plane, const Table& table, std::string_view region) {
  const Group* group = plane.replicator.find_group(table.group);
  const Member* member = group == nullptr ? nullptr : group->find(region);
  return member != nullptr && member->live() ? member : nullptr;
}

Task<void> wait_for_answer(TablePlane& plane, std::string group, std::string region) {
  const auto state_now = [](const TablePlane& at, const std::string& id, const std::string& name) {
    const Group* found = at.replicator.find_group(id);
    const Member* member = found == nullptr ? nullptr : found->find(name);
    return member == nullptr ? MemberState::kGone : member->state;
  };
  const MemberState before = state_now(plane, group, region);
  const std::int64_t deadline_ns =
      plane.environment.clock.steady_ns() + kAgreement.count() * 1'000'000;
  while (state_now(plane, group, region) == before && connected(plane, region)) {
    const auto left = (deadline_ns - plane.environment.clock.steady_ns()) / 1'000'000;
    if (left <= 0) co_return;
    co_await plane.host.wait_for_change(milliseconds(left));
  }
}

namespace {

void check_target(const TablePlane& plane, const std::string& region) {
  if (region == plane.environment.region) {
    throw ApiError::validation_exception(
        "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, "
        "DeleteTable, or UpdateTable as required.");
  }
  if (plane.environment.config.find_region(region) != nullptr) return;
  throw ApiError::validation_exception(
      fmt::format("Region {} is not supported. The latest version of global tables are only "
                  "supported in the following regions: [{}]",
                  region, fmt::join(supported_regions(plane), ", ")));
}

ApiError replica_exists(const std::string& table) {
  return ApiError::validation_exception(
      fmt::format("Failed to create a the new replica of table with name: ‘{}’ because one or "
                  "more replicas already existed as tables.",
                  table));
}

/// A global table needs a stream; the service turns one on (and its view type stays as chosen).
const Table& with_stream(TablePlane& plane, const Table& table) {
  if (!table.stream_view.empty()) return table;
  Table streaming = table;
  streaming.stream_view = "NEW_AND_OLD_IMAGES";
  streaming.stream_label = stream_label(plane.environment.clock);
  return plane.tables.update(std::move(streaming));
}

/// As it was before with_stream().
void restore_stream(TablePlane& plane, const Table& table, const Table& before) {
  Table restored = table;
  restored.stream_view = before.stream_view;
  restored.stream_label = before.stream_label;
  plane.tables.update(std::move(restored));
}

const Table& with_group(TablePlane& plane, const Table& table) {
  if (table.replicated()) return table;
  Table member = table;
  member.group = plane.replicator.create_group(table.number, table.name, table.definition());
  return plane.tables.update(std::move(member));
}

Task<void> create_replica(TablePlane& plane, std::string name, std::string region) {
  const Table* table = plane.tables.find(name);
  if (table->billing != BillingMode::kPayPerRequest && !plane.scales_writes(name)) {
    throw ApiError::validation_exception(
        "Table write capacity should either be Pay-Per-Request or AutoScaled.");
  }
  if (find_live(plane, *table, region) != nullptr) throw replica_exists(name);
  const Table before = *table;
  const std::string group = with_group(plane, with_stream(plane, *table)).group;
  plane.replicator.add_member(group, region);
  co_await wait_for_answer(plane, group, region);
  table = plane.tables.find(name);
  if (table != nullptr && find_live(plane, *table, region) != nullptr) co_return;
  // A member that cannot be one says so: the name is taken there.
  if (table != nullptr && !table->replicated()) restore_stream(plane, *table, before);
  throw replica_exists(name);
}

Task<void> delete_replica(TablePlane& plane, std::string name, std::string region) {
  const Table* table = plane.tables.find(name);
  if (find_live(plane, *table, region) == nullptr) {
    throw ApiError::validation_exception(
        fmt::format("Update global table operation failed because one or more replicas were not "
                    "part of the global table. Please retry the request without these replicas: "
                    "[{}].",
                    region));
  }
  check_not_recent_source(plane, *table, region);
  const std::string group = table->group;
  plane.replicator.remove_member(group, region);
  co_await wait_for_answer(plane, group, region);
  table = plane.tables.find(name);
  const Member* member = table == nullptr ? nullptr : find_live(plane, *table, region);
  if (member == nullptr || member->state != MemberState::kActive) co_return;
  throw ApiError::validation_exception(
      fmt::format("Cannot delete table {} in region {} because it has deletion protection enabled. "
                  "Disable deletion protection first.",
                  name, region));
}

}  // namespace

ReplicaUpdate parse_replica_updates(const json::array& updates) {
  std::vector<ReplicaUpdate> found;
  for (const json::value& value : updates) {
    const json::object& update = value.as_object();
    if (update.contains("Update")) service::refuse_member("ReplicaUpdates.Update");
    const json::object* create = json::find_object(update, "Create");
    const json::object* remove = json::find_object(update, "Delete");
    if (create == nullptr && remove == nullptr) {
      throw ApiError::validation_exception(
          "There are no actions specified in the Replica Update Action of the request.");
    }
    if (create != nullptr) found.push_back({ReplicaUpdate::Action::kCreate, parse_create(*create)});
    if (remove != nullptr) {
      found.push_back({ReplicaUpdate::Action::kDelete, json::string_or(*remove, "RegionName")});
    }
  }
  if (found.empty()) {
    throw ApiError::validation_exception(
        "There are no actions specified in the Replica Update Action of the request.");
  }
  const ReplicaUpdate& first = found.front();
  for (const ReplicaUpdate& other : found) {
    if (other.action != first.action) {
      throw ApiError::validation_exception(
          other.region == first.region
              ? "Cannot target multiple regions with the same action"
              : "Update table operation with more than one type of replica actions not allowed.");
    }
    if (other.region != first.region ||
        (&other != &first && first.action == ReplicaUpdate::Action::kDelete)) {
      throw ApiError::validation_exception(
          "Update table operation with more than one create or delete replica actions not allowed");
    }
  }
  return first;
}

void check_no_replica_in_transit(const TablePlane& plane, const Table& table) {
  const Group* group = plane.replicator.find_group(table.group);
  if (group == nullptr) return;
  const Member* self = group->find(plane.environment.region);
  if (self != nullptr && self->state == MemberState::kCreating) {
    throw ApiError::validation_exception(
        fmt::format("Create/Update/Delete of replica is not allowed while the replica is being "
                    "added to table with name: ‘{}’ in region: ‘{}’.",
                    table.name, plane.environment.region));
  }
  for (const auto& [region, member] : group->members) {
    if (member.state == MemberState::kCreating || member.state == MemberState::kDeleting) {
      throw resource_in_use("The resource which you are attempting to change is in use.");
    }
  }
}

std::optional<std::int64_t> source_until_s(const TablePlane& plane, const Table& table,
                                           std::string_view region) {
  const Group* group = plane.replicator.find_group(table.group);
  if (group == nullptr) return std::nullopt;
  std::optional<std::int64_t> until_s;
  for (const auto& [other, member] : group->members) {
    if (!member.live() || member.added_by != region) continue;
    const std::int64_t free_s = replication::wall_us(member.joined) / 1'000'000 + kSourceRuleS;
    if (free_s > plane.environment.clock.now_s()) until_s = std::max(until_s.value_or(0), free_s);
  }
  return until_s;
}

void check_not_recent_source(const TablePlane& plane, const Table& table, std::string_view region) {
  if (!source_until_s(plane, table, region)) return;
  throw ApiError::validation_exception(
      "Replica cannot be deleted because it has acted as a source region for new replica(s) "
      "being added to the table in the last 24 hours.");
}

json::object describe_members(const TablePlane& plane, const Table& table) {
  json::object members;
  const Group* group = plane.replicator.find_group(table.group);
  if (group == nullptr) return members;
  for (const auto& [region, member] : group->members) {
    if (!member.live()) continue;
    json::object shown{{"Joined", core::iso8601_ms(replication::wall_us(member.joined) / 1000)}};
    if (!member.added_by.empty()) shown["AddedBy"] = member.added_by;
    if (const auto until_s = source_until_s(plane, table, region)) {
      shown["SourceUntil"] = core::iso8601_ms(*until_s * 1000);
    }
    members[region] = std::move(shown);
  }
  return members;
}

Task<void> apply_replica_update(TablePlane& plane, std::string table, ReplicaUpdate update) {
  check_target(plane, update.region);
  check_no_replica_in_transit(plane, *plane.tables.find(table));
  if (update.action == ReplicaUpdate::Action::kCreate) {
    co_await create_replica(plane, std::move(table), std::move(update.region));
  } else {
    co_await delete_replica(plane, std::move(table), std::move(update.region));
  }
}

}  // namespace tandem::dynamodb
