#include "services/dynamodb/api/table_description.h"

#include <algorithm>

#include "aws/arn.h"
#include "services/dynamodb/api/constraints.h"
#include "services/dynamodb/api/table_errors.h"

namespace tandem::dynamodb {
namespace {

using replication::Group;
using replication::Member;
using replication::MemberState;

json::object element(std::string_view name, std::string_view type_member, std::string_view type) {
  return {{"AttributeName", name}, {type_member, type}};
}

std::string_view type_letter(const KeyAttribute& key) {
  return key.type == KeyType::kString ? "S" : key.type == KeyType::kNumber ? "N" : "B";
}

}  // namespace

std::string_view replica_status(MemberState state) {
  switch (state) {
    case MemberState::kCreating:
      return "CREATING";
    case MemberState::kActive:
      return "ACTIVE";
    case MemberState::kDeleting:
    case MemberState::kGone:
      return "DELETING";
  }
  return "";
}

namespace {

/// The other regions only, in order of creation (global tables 2019.11.21).
void add_replicas(const TablePlane& plane, const Table& table, json::object& to) {
  const Group* group = plane.replicator.find_group(table.group);
  // DescribeTable tells of version 2019.11.21 only (Developer Guide, "Determining the version").
  if (group == nullptr || table.legacy) return;
  std::vector<std::pair<std::string, const Member*>> others;
  for (const auto& [region, member] : group->members) {
    if (member.live() && region != plane.environment.region) others.emplace_back(region, &member);
  }
  std::sort(others.begin(), others.end(),
            [](const auto& a, const auto& b) { return a.second->joined < b.second->joined; });
  if (others.empty()) return;
  json::array replicas;
  for (const auto& [region, member] : others) {
    replicas.push_back(
        json::object{{"RegionName", region}, {"ReplicaStatus", replica_status(member->state)}});
  }
  to["GlobalTableVersion"] = "2019.11.21";
  to["GlobalTableSettingsReplicationMode"] = "ENABLED_WITH_OVERRIDES";
  to["Replicas"] = std::move(replicas);
}

/// A table to which a replica is being added is UPDATING, and goes on serving.
TableStatus status_of(const TablePlane& plane, const Table& table) {
  const Group* group = plane.replicator.find_group(table.group);
  if (group == nullptr || table.legacy || table.status != TableStatus::kActive) {
    return table.status;
  }
  const bool adding =
      std::any_of(group->members.begin(), group->members.end(),
                  [](const auto& entry) { return entry.second.state == MemberState::kCreating; });
  return adding ? TableStatus::kUpdating : TableStatus::kActive;
}

json::object throughput_of(const TablePlane& plane, const Table& table) {
  const double now_s = plane.environment.clock.now_seconds();
  const core::Pace pace = plane.environment.config.pace();
  json::object throughput{{"NumberOfDecreasesToday", decreases_today(table.decreases, now_s, pace)},
                          {"ReadCapacityUnits", table.throughput.read_units},
                          {"WriteCapacityUnits", table.throughput.write_units}};
  if (table.throughput_increased_s > 0) {
    throughput["LastIncreaseDateTime"] = table.throughput_increased_s;
  }
  if (table.decreases.last_s > 0) {
    throughput["LastDecreaseDateTime"] = table.decreases.last_s;
  }
  return throughput;
}

void add_stream(const Table& table, json::object& to) {
  if (!table.stream_view.empty()) {
    to["StreamSpecification"] =
        json::object{{"StreamEnabled", true}, {"StreamViewType", table.stream_view}};
  }
  if (table.stream_label.empty()) return;
  to["LatestStreamLabel"] = table.stream_label;
  to["LatestStreamArn"] = table.arn + "/stream/" + table.stream_label;
}

}  // namespace

json::object describe(const TablePlane& plane, const Table& table,
                      std::optional<TableStatus> status) {
  const TableStatistics statistics = plane.items.statistics(table);
  json::array definitions{element(table.hash.name, "AttributeType", type_letter(table.hash))};
  json::array keys{element(table.hash.name, "KeyType", "HASH")};
  if (table.range) {
    definitions.push_back(element(table.range->name, "AttributeType", type_letter(*table.range)));
    keys.push_back(element(table.range->name, "KeyType", "RANGE"));
  }
  json::object description{{"AttributeDefinitions", std::move(definitions)},
                           {"TableName", table.name},
                           {"KeySchema", std::move(keys)},
                           {"TableStatus", text(status.value_or(status_of(plane, table)))},
                           {"CreationDateTime", table.created_s},
                           {"ProvisionedThroughput", throughput_of(plane, table)},
                           {"TableSizeBytes", statistics.item_bytes},
                           {"ItemCount", statistics.item_count},
                           {"TableArn", table.arn},
                           {"TableId", table.id},
                           {"DeletionProtectionEnabled", table.deletion_protection}};
  // Shown once a table is, or has been, billed per request.
  if (table.billing_changed_s > 0) {
    const bool per_request = table.billing == BillingMode::kPayPerRequest;
    description["BillingModeSummary"] =
        json::object{{"BillingMode", per_request ? "PAY_PER_REQUEST" : "PROVISIONED"},
                     {"LastUpdateToPayPerRequestDateTime", table.billing_changed_s}};
  }
  add_stream(table, description);
  add_replicas(plane, table, description);
  return description;
}

void check_table_name(const TablePlane& plane, const json::object& input) {
  const std::string name = json::string_or(input, "TableName");
  Constraints constraints;
  constraints.table_name(name);
  constraints.check();
  const auto arn = aws::Arn::parse(name);
  if (!arn || arn->region == plane.environment.region) return;
  throw aws::ApiError::validation_exception(
      fmt::format("1 validation error detected: Invalid AWS region in '{}'", name));
}

const Table& find_table(const TablePlane& plane, const json::object& input) {
  check_table_name(plane, input);
  const std::string name = json::string_or(input, "TableName");
  const Table* table = plane.tables.find(name);
  if (table == nullptr) throw table_not_found(name);
  return *table;
}

}  // namespace tandem::dynamodb
