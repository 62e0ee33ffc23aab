#include <algorithm>

#include "services/dynamodb/api/replica_updates.h"
#include "services/dynamodb/api/table_description.h"
#include "services/dynamodb/api/table_errors.h"
#include "services/dynamodb/api/table_settings.h"

namespace tandem::dynamodb {
namespace {

using aws::ApiError;

struct Changes {
  std::optional<Throughput> throughput;
  std::optional<BillingMode> billing;
  const json::object* stream = nullptr;
  std::optional<bool> protection;
  const json::array* replicas = nullptr;

  int count() const {
    return (throughput || billing ? 1 : 0) + (stream != nullptr ? 1 : 0) + (protection ? 1 : 0) +
           (replicas != nullptr ? 1 : 0);
  }
};

Changes parse(const json::object& input) {
  Changes changes;
  changes.throughput = requested_throughput(input);
  changes.stream = json::find_object(input, "StreamSpecification");
  changes.protection = requested_protection(input);
  changes.replicas = json::find_array(input, "ReplicaUpdates");
  if (const auto mode = json::find_string(input, "BillingMode")) {
    changes.billing =
        *mode == "PAY_PER_REQUEST" ? BillingMode::kPayPerRequest : BillingMode::kProvisioned;
  }
  if (changes.count() == 0) {
    throw ApiError::validation_exception(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
        "GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, "
        "ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, "
        "OnDemandThroughput, WarmThroughput or TableClass is required");
  }
  if (changes.replicas != nullptr && changes.count() > 1) {
    throw invalid_values("Replica modification must be the only operation in the request");
  }
  if (changes.protection && changes.count() > 1) {
    throw invalid_values(
        "DeletionProtection modification must be the only operation in the "
        "request");
  }
  if (changes.stream != nullptr && (changes.throughput || changes.billing)) {
    throw invalid_values("You cannot modify stream status while updating table IOPS");
  }
  if (changes.billing == BillingMode::kPayPerRequest && changes.throughput) {
    throw throughput_with_per_request();
  }
  return changes;
}

ApiError unchanged_throughput(const Throughput& now) {
  return ApiError::validation_exception(fmt::format(
      "The provisioned throughput for the table will not change. The requested value equals the "
      "current value. Current ReadCapacityUnits provisioned for the table: {0}. Requested "
      "ReadCapacityUnits: {0}. Current WriteCapacityUnits provisioned for the table: {1}. "
      "Requested WriteCapacityUnits: {1}. Refer to the Amazon DynamoDB Developer Guide for current "
      "limits and how to request higher limits.",
      now.read_units, now.write_units));
}

/// What is less counts for the quota, which holds where throughput does.
void change_throughput(const TablePlane& plane, Table& table, const Throughput& wanted) {
  const Throughput& now = table.throughput;
  const double now_s = plane.environment.clock.now_seconds();
  const core::Pace pace = plane.environment.config.pace();
  if (wanted.read_units < now.read_units || wanted.write_units < now.write_units) {
    auto refused = decrease_refusal(table.decreases, now_s, pace);
    if (refused && plane.capacity == service::CapacityMode::kEnforce) throw std::move(*refused);
    table.decreases = decreased(table.decreases, now_s, pace);
  }
  if (wanted.read_units > now.read_units || wanted.write_units > now.write_units) {
    table.throughput_increased_s = now_s;
  }
}

/// "The previous peak is half of what was provisioned before" (Developer Guide, "Initial throughput
/// for on-demand capacity mode").
void remember_peak(Table& table) {
  table.peak.read_units = std::max(table.peak.read_units, table.throughput.read_units / 2);
  table.peak.write_units = std::max(table.peak.write_units, table.throughput.write_units / 2);
}

void change_billing(const TablePlane& plane, Table& table, const Changes& changes, bool global) {
  const BillingMode mode = changes.billing.value_or(table.billing);
  const bool switches = mode != table.billing;
  if (mode == BillingMode::kPayPerRequest) {
    if (changes.throughput) throw throughput_with_per_request();
    if (switches) {
      table.billing_changed_s = plane.environment.clock.now_seconds();
      remember_peak(table);
    }
    table.throughput = {};
    table.billing = mode;
    return;
  }
  if (global) {
    throw ApiError::validation_exception(
        "Table write capacity should either be Pay-Per-Request or AutoScaled.");
  }
  if (!changes.throughput) {
    if (!switches) return;
    throw invalid_values("ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
  }
  const Throughput& wanted = *changes.throughput;
  if (!switches && wanted == table.throughput) throw unchanged_throughput(wanted);
  if (!switches) change_throughput(plane, table, wanted);
  table.billing = mode;
  table.throughput = wanted;
}

void change_stream(Table& table, const json::object& stream, bool global,
                   const core::Clock& clock) {
  const auto view = json::find_string(stream, "StreamViewType");
  if (json::bool_or(stream, "StreamEnabled", false)) {
    if (!view) {
      throw invalid_values("If stream is being enabled then UpdateViewType is required");
    }
    if (!table.stream_view.empty()) {
      throw ApiError::validation_exception("Table already has an enabled stream: TableName: " +
                                           table.name);
    }
    table.stream_view = *view;
    table.stream_label = stream_label(clock);
    return;
  }
  if (view) {
    throw invalid_values("If stream is being disabled, then UpdateViewType must not be specified");
  }
  if (table.stream_view.empty()) {
    throw ApiError::validation_exception("Table has no stream to disable: TableName: " +
                                         table.name);
  }
  if (global) throw invalid_values("Disabling Stream is not allowed for a Global Table replica.");
  table.stream_view.clear();
}

void apply_settings(TablePlane& plane, const Table& current, const Changes& changes) {
  Table table = current;
  const bool global = table.replicated();
  // "Table write capacity should either be Pay-Per-Request or AutoScaled."
  const bool shares_capacity = global && !table.legacy && !plane.scales_writes(table.name);
  const core::Clock& clock = plane.environment.clock;
  if (changes.billing || changes.throughput) {
    change_billing(plane, table, changes, shares_capacity);
  }
  if (changes.stream != nullptr) change_stream(table, *changes.stream, global, clock);
  if (changes.protection) table.deletion_protection = *changes.protection;
  const std::string before = current.definition();
  const Table& updated = plane.tables.update(std::move(table));
  // Capacity and stream settings are the same in every region (settings sync matrix).
  const std::string after = updated.definition();
  if (global && after != before) plane.replicator.define(updated.group, after);
}

}  // namespace

Task<service::Reply> update_table(TablePlane& plane, json::object input) {
  check_table_name(plane, input);
  const Changes changes = parse(input);
  std::optional<ReplicaUpdate> replica;
  if (changes.replicas != nullptr) replica = parse_replica_updates(*changes.replicas);
  const Table& table = find_table(plane, input);
  const std::string name = table.name;
  if (table.status == TableStatus::kDeleting) {
    throw resource_in_use(
        "Attempt to change a resource which is still in use: Table is being deleted: " + name);
  }
  if (replica && table.legacy) {
    throw ApiError::validation_exception(
        "ReplicaUpdates is for global tables version 2019.11.21. Table " + name +
        " is a replica of version 2017.11.29 (Legacy): use UpdateGlobalTable.");
  }
  if (replica) {
    co_await apply_replica_update(plane, name, *replica);
  } else {
    check_no_replica_in_transit(plane, table);
    apply_settings(plane, table, changes);
  }
  const Table* updated = plane.tables.find(name);
  if (updated == nullptr) throw table_not_found(name);
  service::Reply reply;
  reply.output["TableDescription"] = describe(plane, *updated, TableStatus::kUpdating);
  co_return reply;
}

}  // namespace tandem::dynamodb
