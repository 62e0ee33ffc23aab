#include <algorithm>
#include <fmt/format.h>

#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

const json::object* replica_in(const json::object& properties, std::string_view region) {
  const auto* replicas = json::find_array(properties, "Replicas");
  if (replicas == nullptr) return nullptr;
  for (const auto& replica : *replicas) {
    if (json::string_or(replica.as_object(), "Region") == region) return &replica.as_object();
  }
  return nullptr;
}

std::vector<std::string> regions_in(const json::object& in, std::string_view list,
                                    std::string_view member) {
  std::vector<std::string> regions;
  if (const auto* replicas = json::find_array(in, list)) {
    for (const auto& replica : *replicas) {
      regions.push_back(json::string_or(replica.as_object(), member));
    }
  }
  return regions;
}

void check(const json::object& properties, const std::string& own_region) {
  const std::size_t replicas = regions_in(properties, "Replicas", "Region").size();
  if (replica_in(properties, own_region) == nullptr) {
    throw HandlerError("InvalidRequest",
                       fmt::format("Invalid request provided: Replicas must include the region of "
                                   "the stack, {}",
                                   own_region));
  }
  if (replicas > 1 && !properties.contains("StreamSpecification")) {
    throw HandlerError("InvalidRequest",
                       "Invalid request provided: StreamSpecification must be "
                       "specified when there is more than one replica");
  }
  if (json::string_or(properties, "BillingMode", "PROVISIONED") != "PAY_PER_REQUEST") {
    throw HandlerError("InvalidRequest",
                       "BillingMode PROVISIONED is not supported by Tandem; use PAY_PER_REQUEST");
  }
  if (json::string_or(properties, "MultiRegionConsistency", "EVENTUAL") != "EVENTUAL") {
    throw HandlerError("InvalidRequest",
                       "MultiRegionConsistency STRONG is not supported by Tandem");
  }
}

// The settings of the stack's own replica beside the table's.
json::object with_own_replica(json::object properties, const std::string& region) {
  if (const json::object* replica = replica_in(properties, region)) {
    for (const auto& member : keep(*replica, {"DeletionProtectionEnabled", "Tags", "TableClass"})) {
      properties[member.key()] = member.value();
    }
  }
  return properties;
}

json::object replica_change(std::string_view action, const std::string& region) {
  return {{"ReplicaUpdates",
           json::array{json::object{{action, json::object{{"RegionName", region}}}}}}};
}

bool replicas_active(const json::object& table) {
  const auto* replicas = json::find_array(table, "Replicas");
  if (replicas == nullptr) return true;
  return std::all_of(replicas->begin(), replicas->end(), [](const json::value& replica) {
    return json::string_or(replica.as_object(), "ReplicaStatus", "ACTIVE") == "ACTIVE";
  });
}

/// Describes the table again and again until it and all its replicas are ACTIVE.
Task<json::object> wait_for_table(HandlerContext& context, std::string name) {
  for (;;) {
    json::object request{{"TableName", name}};
    json::object found = co_await context.call("dynamodb", "DescribeTable", std::move(request));
    const auto* table = json::find_object(found, "Table");
    if (table != nullptr && json::string_or(*table, "TableStatus") == "ACTIVE" &&
        replicas_active(*table)) {
      co_return *table;
    }
    co_await context.pause();
  }
}

/// UpdateTable with one change, then waits.
Task<void> change_table(HandlerContext& context, std::string name, json::object change) {
  change["TableName"] = name;
  co_await context.call("dynamodb", "UpdateTable", std::move(change));
  co_await wait_for_table(context, std::move(name));
}

Physical described(std::string name, const json::object& table) {
  return {
      std::move(name),
      pick(table, {{"TableArn", "Arn"}, {"LatestStreamArn", "StreamArn"}, {"TableId", "TableId"}})};
}

// The stack's own replica is a table like any other, of which the row of AWS::DynamoDB::Table takes
// care; what is here is about the replicas in other regions.
class GlobalTable final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    const std::string own = context.identity().region;
    check(properties, own);
    Physical physical = co_await table_->create(context, with_own_replica(properties, own));
    for (const std::string& region : regions_in(properties, "Replicas", "Region")) {
      if (region != own) co_await add_replica(context, physical, region, properties);
    }
    json::object table = co_await wait_for_table(context, physical.id);
    co_return described(physical.id, table);
  }

  Task<Physical> read(HandlerContext& context, std::string identifier) const override {
    json::object request{{"TableName", identifier}};
    json::object found = co_await context.call("dynamodb", "DescribeTable", std::move(request));
    const auto* table = json::find_object(found, "Table");
    co_return described(std::move(identifier), table == nullptr ? json::object() : *table);
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    const std::string own = context.identity().region;
    check(after, own);
    // What is there decides, not what the last template said: a failed update may have got halfway.
    json::object table = co_await wait_for_table(context, physical.id);
    for (const std::string& region : regions_in(table, "Replicas", "RegionName")) {
      if (region == own || replica_in(after, region) != nullptr) continue;
      co_await drop_replica(context, physical.id, region);
    }
    co_await table_->update(context, physical, with_own_replica(before, own),
                            with_own_replica(after, own));
    const std::vector<std::string> there = regions_in(table, "Replicas", "RegionName");
    for (const std::string& region : regions_in(after, "Replicas", "Region")) {
      if (region == own) continue;
      if (std::find(there.begin(), there.end(), region) == there.end()) {
        co_await add_replica(context, physical, region, after);
      } else {
        co_await settle_replica(context, physical, region, before, after);
      }
    }
    table = co_await wait_for_table(context, physical.id);
    co_return described(physical.id, table);
  }

  Task<void> remove(HandlerContext& context, Physical physical,
                    json::object properties) const override {
    const std::string own = context.identity().region;
    json::object table = co_await wait_for_table(context, physical.id);
    for (const std::string& region : regions_in(table, "Replicas", "RegionName")) {
      if (region != own) co_await drop_replica(context, physical.id, region);
    }
    co_await table_->remove(context, physical, std::move(properties));
  }

 private:
  static Task<void> drop_replica(HandlerContext& context, std::string name, std::string region) {
    json::object change = replica_change("Delete", region);
    co_await change_table(context, name, std::move(change));
    co_await wait_until_gone(context, std::move(name), std::move(region));
  }

  // Each replica has tags of its own; those of the stack's own are the table's.
  static Task<void> settle_tags(HandlerContext& context, std::string region, std::string arn,
                                json::object before, json::object after) {
    const TagChanges changes = tag_changes(before, after);
    if (!changes.removed.empty()) {
      json::object request{{"ResourceArn", arn}, {"TagKeys", changes.removed}};
      co_await context.call_in(region, "dynamodb", "UntagResource", std::move(request));
    }
    if (!changes.set.empty()) {
      json::object request{{"ResourceArn", arn}, {"Tags", tag_list(changes.set)}};
      co_await context.call_in(region, "dynamodb", "TagResource", std::move(request));
    }
  }

  static Task<void> add_replica(HandlerContext& context, Physical physical, std::string region,
                                json::object properties) {
    json::object change = replica_change("Create", region);
    co_await change_table(context, physical.id, std::move(change));
    co_await require_replica(context, physical.id, region);
    co_await settle_replica(context, physical, region, {}, properties);
  }

  // Tags and deletion protection are each replica's own.
  static Task<void> settle_replica(HandlerContext& context, Physical physical, std::string region,
                                   json::object before, json::object after) {
    static const json::object kNone;
    const json::object* old_replica = replica_in(before, region);
    const json::object* new_replica = replica_in(after, region);
    if (old_replica == nullptr) old_replica = &kNone;
    if (new_replica == nullptr) new_replica = &kNone;
    if (differs(*old_replica, *new_replica, "DeletionProtectionEnabled")) {
      json::object request{{"TableName", physical.id},
                           {"DeletionProtectionEnabled",
                            json::bool_or(*new_replica, "DeletionProtectionEnabled", false)}};
      co_await context.call_in(region, "dynamodb", "UpdateTable", std::move(request));
    }
    std::string arn = json::string_or(physical.attributes, "Arn");
    const auto at = arn.find(context.identity().region);
    if (at != std::string::npos) arn.replace(at, context.identity().region.size(), region);
    co_await settle_tags(context, region, arn, *old_replica, *new_replica);
  }

  // A replica shows from the moment it is asked for. One that has gone by the time the table is at
  // rest was refused by a region that could not be asked at once.
  static Task<void> require_replica(HandlerContext& context, std::string name, std::string region) {
    json::object table = co_await wait_for_table(context, name);
    const auto regions = regions_in(table, "Replicas", "RegionName");
    if (std::find(regions.begin(), regions.end(), region) != regions.end()) co_return;
    throw HandlerError("AlreadyExists",
                       fmt::format("Failed to create the replica of table {} in {}: a table of "
                                   "that name exists there",
                                   name, region));
  }
  static Task<void> wait_until_gone(HandlerContext& context, std::string name, std::string region) {
    for (;;) {
      json::object table = co_await wait_for_table(context, name);
      const auto regions = regions_in(table, "Replicas", "RegionName");
      if (std::find(regions.begin(), regions.end(), region) == regions.end()) co_return;
      co_await context.pause();
    }
  }

  const std::unique_ptr<const Handler> table_ = type_of(*find_row("AWS::DynamoDB::Table")).handler;
};

}  // namespace

ResourceType dynamodb_global_table() {
  return importable_by(
      "TableName",
      declare(
          "AWS::DynamoDB::GlobalTable",
          {.serves = "AttributeDefinitions BillingMode GlobalSecondaryIndexes KeySchema "
                     "LocalSecondaryIndexes MultiRegionConsistency Replicas StreamSpecification "
                     "TableName",
           .refuses =
               "GlobalSecondaryIndexes/*/ReadOnDemandThroughputSettings "
               "GlobalSecondaryIndexes/*/ReadProvisionedThroughputSettings "
               "GlobalSecondaryIndexes/*/WarmThroughput "
               "GlobalSecondaryIndexes/*/WriteOnDemandThroughputSettings "
               "GlobalSecondaryIndexes/*/WriteProvisionedThroughputSettings "
               "Replicas/*/ContributorInsightsSpecification Replicas/*/GlobalSecondaryIndexes "
               "Replicas/*/GlobalTableSettingsReplicationMode "
               "Replicas/*/KinesisStreamSpecification Replicas/*/PointInTimeRecoverySpecification "
               "Replicas/*/ReadOnDemandThroughputSettings "
               "Replicas/*/ReadProvisionedThroughputSettings Replicas/*/ReplicaStreamSpecification "
               "Replicas/*/ResourcePolicy Replicas/*/SSESpecification",
           .replaces = "AttributeDefinitions/*/AttributeType KeySchema LocalSecondaryIndexes"},
          {"Arn", "StreamArn", "TableId"}, "TableName", std::make_unique<GlobalTable>()));
}

}  // namespace tandem::cloudformation
