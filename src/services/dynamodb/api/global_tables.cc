#include "services/dynamodb/api/global_tables.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <set>

#include "aws/arn.h"
#include "core/log.h"
#include "service/page.h"
#include "service/table.h"
#include "services/dynamodb/api/replica_updates.h"
#include "services/dynamodb/api/table_description.h"
#include "services/dynamodb/api/table_errors.h"

namespace tandem::dynamodb {
namespace {

using aws::ApiError;
using replication::Group;
using replication::Member;
using replication::MemberState;
using service::Reply;

constexpr service::PageStyle kPages{.token = "ExclusiveStartGlobalTableName",
                                    .next = "LastEvaluatedGlobalTableName",
                                    .limit = "Limit",
                                    .usual = 100,
                                    .most = 100,
                                    .form = service::PageStyle::Token::kKey};
constexpr std::string_view kImages = "NEW_AND_OLD_IMAGES";

std::string name_of(const json::object& input) { return json::string_or(input, "GlobalTableName"); }

/// The words are [measured: Global tables] in 2026.
void check_served(TablePlane& plane, std::string_view operation) {
  if (plane.environment.config.legacy_global_tables == service::LegacyGlobalTables::kServed) return;
  if (!std::exchange(plane.named_switch, true)) {
    log::warning(
        "dynamodb: {} was refused, as AWS refuses it since 2026; with 'legacy_global_tables: true' "
        "in tandem.yaml it is served",
        operation);
  }
  throw invalid_values(
      "DynamoDB global tables version 2017.11.29 is not supported. We recommend using DynamoDB "
      "global tables version 2019.11.21, instead of version 2017.11.29 (Legacy).");
}

ApiError no_global_table(std::string_view prefix, const std::string& name) {
  return {400, "GlobalTableNotFoundException",
          fmt::format("{}Global table with name: '{}' does not exist.", prefix, name)};
}
ApiError global_table_exists(const std::string& name) {
  return {400, "GlobalTableAlreadyExistsException",
          fmt::format("Global table with name: '{}' already exists.", name)};
}
ApiError no_table(const std::string& name, const std::string& region) {
  return {400, "TableNotFoundException",
          fmt::format("Table not found: {} in region '{}'", name, region)};
}
ApiError replica_exists(const std::string& name, const std::string& region) {
  return {400, "ReplicaAlreadyExistsException",
          fmt::format("Global table with name: '{}' already has a replica in region: '{}'.", name,
                      region)};
}
ApiError no_replica(const std::string& name, const std::string& region) {
  return {
      400, "ReplicaNotFoundException",
      fmt::format("Global table with name: '{}' has no replica in region: '{}'.", name, region)};
}

const Table* find_legacy(const TablePlane& plane, const std::string& name) {
  const Table* table = plane.tables.find(name);
  return table != nullptr && table->legacy ? table : nullptr;
}

/// Of a table whose group this region knows.
json::object describe_global(const TablePlane& plane, const std::string& name, const Group& group) {
  json::array replicas;
  replication::Timestamp created = replication::kMaxTimestamp;
  bool creating = false;
  bool deleting = false;
  for (const auto& [region, member] : group.members) {
    created = std::min(created, member.joined);
    if (!member.live()) continue;
    creating = creating || member.state == MemberState::kCreating;
    deleting = deleting || member.state == MemberState::kDeleting;
    replicas.push_back(
        json::object{{"RegionName", region}, {"ReplicaStatus", replica_status(member.state)}});
  }
  const char* changing = replicas.empty() ? "DELETING" : "UPDATING";
  const bool changes = creating || deleting || replicas.empty();
  return {{"GlobalTableName", name},
          {"GlobalTableArn",
           aws::make_arn("dynamodb", "", plane.environment.account(), "global-table/" + name)},
          {"CreationDateTime", static_cast<double>(replication::wall_us(created)) / 1e6},
          {"GlobalTableStatus", changes ? changing : "ACTIVE"},
          {"ReplicationGroup", std::move(replicas)}};
}

json::object answer_with(const TablePlane& plane, const std::string& name, const Group& group) {
  return {{"GlobalTableDescription", describe_global(plane, name, group)}};
}

void check_region(const TablePlane& plane, const std::string& region) {
  if (plane.environment.config.find_region(region) != nullptr) return;
  throw ApiError::validation_exception(
      fmt::format("Region {} is not supported. Global tables are only supported in the following "
                  "regions: [{}]",
                  region, fmt::join(supported_regions(plane), ", ")));
}

/// DescribeTable's answer of another region. Throws ApiError: a table that is not there as this
/// API says it, a region that does not answer as something to be tried again.
Task<json::object> describe_there(TablePlane& plane, std::string name, std::string region) {
  json::object input{{"TableName", name}};
  aws::ApiCall call{region, "dynamodb", "DescribeTable", std::move(input), {}};
  try {
    const aws::ApiResult result = co_await plane.others->call(std::move(call));
    co_return result.output.at("Table").as_object();
  } catch (const ApiError& error) {
    if (error.code() == "ResourceNotFoundException") throw no_table(name, region);
    throw ApiError(
        500, "InternalServerError",
        fmt::format("Region {} cannot say what table {} is: {}", region, name, error.message()));
  }
}

Task<bool> is_legacy_there(TablePlane& plane, std::string name, std::string region) {
  json::object input{{"GlobalTableName", name}};
  aws::ApiCall call{region, "dynamodb", "DescribeGlobalTable", std::move(input), {}};
  try {
    co_await plane.others->call(std::move(call));
    co_return true;
  } catch (const ApiError& error) {
    if (error.code() != "GlobalTableNotFoundException") throw;
  }
  co_return false;
}

/// The table's keys with their types, in one text.
std::string keys_of(const json::object& described) {
  std::map<std::string, std::string> types;
  for (const json::value& one : described.at("AttributeDefinitions").as_array()) {
    types[json::string_or(one.as_object(), "AttributeName")] =
        json::string_or(one.as_object(), "AttributeType");
  }
  std::string text;
  for (const json::value& one : described.at("KeySchema").as_array()) {
    const std::string name = json::string_or(one.as_object(), "AttributeName");
    text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ", name, types[name],
                        json::string_or(one.as_object(), "KeyType"));
  }
  return text;
}

/// The conditions of the API Reference, CreateGlobalTable, but for that of having no items.
void check_joinable(const json::object& described, const std::string& region,
                    const std::string& keys) {
  const std::string name = json::string_or(described, "TableName");
  if (described.contains("Replicas")) {
    throw invalid_values(
        fmt::format("Table {} in region {} is a replica of a global table of version 2019.11.21",
                    name, region));
  }
  if (const std::string there = keys_of(described); there != keys) {
    throw invalid_values(
        fmt::format("Table {} must have the same key schema in all regions: [{}] in region {}, "
                    "[{}] elsewhere",
                    name, there, region, keys));
  }
  const json::object* stream = json::find_object(described, "StreamSpecification");
  if (stream == nullptr || json::string_or(*stream, "StreamViewType") != kImages) {
    throw invalid_values(fmt::format(
        "Table {} must have a stream with the view type {} in region {}", name, kImages, region));
  }
  if (json::string_or(described, "TableStatus") != "ACTIVE") {
    throw resource_in_use(fmt::format("Table {} in region {} is not ACTIVE", name, region));
  }
}

/// Of one that is to become a replica beside the table here.
Task<void> check_there(TablePlane& plane, std::string name, std::string region) {
  const json::object there = co_await describe_there(plane, name, region);
  const Table* here = plane.tables.find(name);
  if (here == nullptr) throw no_table(name, plane.environment.region);
  check_joinable(there, region, keys_of(describe(plane, *here)));
  if (co_await is_legacy_there(plane, name, region)) throw global_table_exists(name);
}

/// Adds the region and waits until it has joined, or cannot. One that is checked can, unless
/// somebody has been quicker.
Task<void> join(TablePlane& plane, std::string name, std::string region) {
  const Table* table = find_legacy(plane, name);
  if (table == nullptr) throw no_global_table("", name);
  if (find_live(plane, *table, region) != nullptr) throw replica_exists(name, region);
  const std::string group = table->group;
  plane.replicator.add_member(group, region);
  co_await wait_for_answer(plane, group, region);
  table = find_legacy(plane, name);
  if (table != nullptr && find_live(plane, *table, region) != nullptr) co_return;
  throw ApiError(500, "InternalServerError",
                 fmt::format("Table {} in region {} could not be joined", name, region));
}

/// A global table that nobody has joined: the table is an ordinary one again.
void undo_alone(TablePlane& plane, const std::string& id) {
  const Group* group = plane.replicator.find_group(id);
  if (group == nullptr) return;
  const auto live = std::count_if(group->members.begin(), group->members.end(),
                                  [](const auto& entry) { return entry.second.live(); });
  if (live == 1) plane.replicator.leave(id);
}

std::set<std::string> regions_of(const json::object& input) {
  std::set<std::string> regions;
  for (const json::value& replica : input.at("ReplicationGroup").as_array()) {
    regions.insert(json::string_or(replica.as_object(), "RegionName"));
  }
  return regions;
}

Task<Reply> create_global_table(TablePlane& plane, json::object input) {
  check_served(plane, "CreateGlobalTable");
  const std::string name = name_of(input);
  const std::string own = plane.environment.region;
  std::set<std::string> regions = regions_of(input);
  for (const std::string& region : regions) check_region(plane, region);
  if (!regions.contains(own)) {
    throw ApiError::validation_exception(
        "ReplicationGroup must include the region that the request is made in: " + own);
  }
  regions.erase(own);
  for (const std::string& region : regions) co_await check_there(plane, name, region);
  // From here on nothing is waited for until the group is stored.
  const Table* table = plane.tables.find(name);
  if (table == nullptr) throw no_table(name, own);
  if (table->legacy) throw global_table_exists(name);
  const json::object described = describe(plane, *table);
  check_joinable(described, own, keys_of(described));
  Table founder = *table;
  founder.legacy = true;
  founder.group = plane.replicator.create_group(founder.number, name, founder.definition());
  const std::string group = founder.group;
  plane.tables.update(std::move(founder));
  try {
    for (const std::string& region : regions) co_await join(plane, name, region);
  } catch (const ApiError&) {
    undo_alone(plane, group);
    throw;
  }
  const Group* made = plane.replicator.find_group(group);
  if (made == nullptr) throw no_global_table("", name);
  co_return Reply(answer_with(plane, name, *made));
}

struct LegacyUpdate {
  bool create = false;
  std::string region;
};

std::vector<LegacyUpdate> parse_updates(const TablePlane& plane, const json::object& input) {
  std::vector<LegacyUpdate> updates;
  for (const json::value& value : input.at("ReplicaUpdates").as_array()) {
    const json::object* create = json::find_object(value.as_object(), "Create");
    const json::object* remove = json::find_object(value.as_object(), "Delete");
    if ((create == nullptr) == (remove == nullptr)) {
      throw ApiError::validation_exception(
          "Each of ReplicaUpdates must have exactly one of Create and Delete");
    }
    updates.push_back(
        {create != nullptr, json::string_or(create != nullptr ? *create : *remove, "RegionName")});
    check_region(plane, updates.back().region);
  }
  if (updates.empty()) {
    throw ApiError::validation_exception("ReplicaUpdates must name at least one region");
  }
  return updates;
}

Task<void> let_go(TablePlane& plane, std::string name, std::string region) {
  const Table* table = find_legacy(plane, name);
  if (table == nullptr || find_live(plane, *table, region) == nullptr) {
    throw no_replica(name, region);
  }
  const std::string group = table->group;
  if (region == plane.environment.region) {
    plane.replicator.leave(group);
  } else {
    plane.replicator.remove_member(group, region);
  }
  co_await wait_for_answer(plane, group, region);
}

Task<Reply> update_global_table(TablePlane& plane, json::object input) {
  check_served(plane, "UpdateGlobalTable");
  const std::string name = name_of(input);
  const std::vector<LegacyUpdate> updates = parse_updates(plane, input);
  const Table* table = find_legacy(plane, name);
  if (table == nullptr) throw no_global_table("Global table not found: ", name);
  // All is judged before anything is done.
  for (const LegacyUpdate& update : updates) {
    const bool there = find_live(plane, *table, update.region) != nullptr;
    if (update.create && there) throw replica_exists(name, update.region);
    if (!update.create && !there) throw no_replica(name, update.region);
  }
  const std::string id = table->group;
  Group known = *plane.replicator.find_group(id);
  for (const LegacyUpdate& update : updates) {
    if (update.create) co_await check_there(plane, name, update.region);
  }
  for (const LegacyUpdate& update : updates) {
    if (update.create) {
      co_await join(plane, name, update.region);
    } else {
      co_await let_go(plane, name, update.region);
    }
    if (const Group* now = plane.replicator.find_group(id)) {
      known = *now;
    } else {
      known.members.erase(update.region);  // the last one: nobody is left to remember it
    }
  }
  co_return Reply(answer_with(plane, name, known));
}

Reply describe_global_table(TablePlane& plane, const json::object& input) {
  const Table* table = find_legacy(plane, name_of(input));
  const Group* group = table == nullptr ? nullptr : plane.replicator.find_group(table->group);
  if (group == nullptr) throw no_global_table("Global table not found: ", name_of(input));
  return answer_with(plane, table->name, *group);
}

Reply list_global_tables(TablePlane& plane, const json::object& input) {
  const std::string region = json::string_or(input, "RegionName");
  service::Page page(kPages, input, "GlobalTables");
  for (const Table* table : plane.tables.list(page.after(), plane.tables.size())) {
    const Group* group = table->legacy ? plane.replicator.find_group(table->group) : nullptr;
    if (group == nullptr) continue;
    if (!region.empty() && find_live(plane, *table, region) == nullptr) continue;
    const auto render = [&] {
      json::array regions;
      for (const auto& [name, member] : group->members) {
        if (member.live()) regions.push_back(json::object{{"RegionName", name}});
      }
      return json::value(
          json::object{{"GlobalTableName", table->name}, {"ReplicationGroup", std::move(regions)}});
    };
    if (!page.add(table->name, render)) break;
  }
  return std::move(page).finish();
}

json::object settings_of(const std::string& region, std::string_view status,
                         const json::object& described) {
  const json::object& units = described.at("ProvisionedThroughput").as_object();
  json::object settings{
      {"RegionName", region},
      {"ReplicaStatus", status},
      {"ReplicaProvisionedReadCapacityUnits", json::int_or(units, "ReadCapacityUnits", 0)},
      {"ReplicaProvisionedWriteCapacityUnits", json::int_or(units, "WriteCapacityUnits", 0)}};
  if (const json::object* billing = json::find_object(described, "BillingModeSummary")) {
    settings["ReplicaBillingModeSummary"] = *billing;
  }
  return settings;
}

/// Capacity is each table's own: the others are asked.
Task<Reply> describe_global_table_settings(TablePlane& plane, json::object input) {
  const std::string name = name_of(input);
  const Table* table = find_legacy(plane, name);
  if (table == nullptr) throw no_global_table("", name);
  const std::map<std::string, Member> members = plane.replicator.find_group(table->group)->members;
  json::array settings;
  for (const auto& [region, member] : members) {
    if (!member.live()) continue;
    json::object described;
    if (region == plane.environment.region) {
      table = find_legacy(plane, name);
      if (table == nullptr) throw no_global_table("", name);
      described = describe(plane, *table);
    } else {
      described = co_await describe_there(plane, name, region);
    }
    settings.push_back(settings_of(region, replica_status(member.state), described));
  }
  co_return Reply(
      json::object{{"GlobalTableName", name}, {"ReplicaSettings", std::move(settings)}});
}

/// Nothing of what it could change is served; the frame refuses it by name.
[[noreturn]] Reply update_global_table_settings(TablePlane& plane, const json::object& input) {
  if (find_legacy(plane, name_of(input)) == nullptr) throw no_global_table("", name_of(input));
  throw ApiError::validation_exception(
      "At least one of GlobalTableBillingMode, GlobalTableProvisionedWriteCapacityUnits, "
      "GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate, "
      "GlobalTableGlobalSecondaryIndexSettingsUpdate or ReplicaSettingsUpdate is required");
}

}  // namespace

void add_global_table_operations(std::vector<service::Operation>& operations, TablePlane& plane) {
  const auto add = [&](std::string_view name, auto function,
                       std::vector<std::string_view> accepts) {
    operations.push_back(service::row(plane, name, function, std::move(accepts)));
  };
  add("CreateGlobalTable", create_global_table, {"GlobalTableName", "ReplicationGroup"});
  add("UpdateGlobalTable", update_global_table, {"GlobalTableName", "ReplicaUpdates"});
  add("DescribeGlobalTable", describe_global_table, {"GlobalTableName"});
  add("DescribeGlobalTableSettings", describe_global_table_settings, {"GlobalTableName"});
  add("UpdateGlobalTableSettings", update_global_table_settings, {"GlobalTableName"});
  add("ListGlobalTables", list_global_tables,
      {"ExclusiveStartGlobalTableName", "Limit", "RegionName"});
}

}  // namespace tandem::dynamodb
