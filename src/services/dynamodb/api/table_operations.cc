#include "services/dynamodb/api/table_operations.h"

#include "service/page.h"
#include "service/table.h"
#include "services/dynamodb/api/global_tables.h"
#include "services/dynamodb/api/table_description.h"
#include "services/dynamodb/api/table_errors.h"

namespace tandem::dynamodb {
namespace {

using aws::ApiError;
using service::Reply;

constexpr service::PageStyle kPages{.token = "ExclusiveStartTableName",
                                    .next = "LastEvaluatedTableName",
                                    .limit = "Limit",
                                    .usual = 100,
                                    .most = 100,
                                    .form = service::PageStyle::Token::kKey};

Reply describe_table(TablePlane& plane, const json::object& input) {
  return json::object{{"Table", describe(plane, find_table(plane, input))}};
}

Reply list_tables(TablePlane& plane, const json::object& input) {
  service::Page page(kPages, input, "TableNames");
  // "A maximum number of table names to return … the limit is 100": one more tells whether there is
  // another page.
  const auto most = static_cast<std::size_t>(kPages.usual) + 1;
  for (const Table* table : plane.tables.list(page.after(), most)) {
    if (!page.add(table->name, [&] { return json::value(table->name); })) break;
  }
  return std::move(page).finish();
}

/// The quotas an account starts with. Nothing is measured against them.
Reply describe_limits(TablePlane&, const json::object&) {
  return json::object{{"AccountMaxReadCapacityUnits", 80'000},
                      {"AccountMaxWriteCapacityUnits", 80'000},
                      {"TableMaxReadCapacityUnits", 40'000},
                      {"TableMaxWriteCapacityUnits", 40'000}};
}

Reply describe_endpoints(TablePlane& plane, const json::object&) {
  const std::string address = "dynamodb." + plane.environment.region + ".amazonaws.com";
  return json::object{{"Endpoints", json::array{json::object{{"Address", address},
                                                             {"CachePeriodInMinutes", 1440}}}}};
}

Reply describe_time_to_live(TablePlane& plane, const json::object& input) {
  const Table& table = find_table(plane, input);
  if (table.status == TableStatus::kCreating) {
    throw ApiError::validation_exception(
        "Cannot describe time to live while table is in CREATING state: Current table state is "
        "CREATING");
  }
  return json::object{{"TimeToLiveDescription", json::object{{"TimeToLiveStatus", "DISABLED"}}}};
}

Reply describe_continuous_backups(TablePlane& plane, const json::object& input) {
  check_table_name(plane, input);
  const std::string name = json::string_or(input, "TableName");
  if (plane.tables.find(name) == nullptr) {
    throw ApiError(400, "TableNotFoundException", "Table not found: " + name);
  }
  return json::object{{"ContinuousBackupsDescription",
                       json::object{{"ContinuousBackupsStatus", "DISABLED"},
                                    {"PointInTimeRecoveryDescription",
                                     json::object{{"PointInTimeRecoveryStatus", "DISABLED"}}}}}};
}

}  // namespace

void add_table_operations(std::vector<service::Operation>& operations, TablePlane& plane) {
  const auto add = [&](std::string_view name, auto function,
                       std::vector<std::string_view> accepts) {
    operations.push_back(service::row(plane, name, function, std::move(accepts)));
  };
  add("CreateTable", create_table,
      {"TableName", "KeySchema", "AttributeDefinitions", "BillingMode", "ProvisionedThroughput",
       "StreamSpecification", "SSESpecification", "TableClass", "Tags",
       "DeletionProtectionEnabled"});
  add("DeleteTable", delete_table, {"TableName"});
  add("DescribeTable", describe_table, {"TableName"});
  add("ListTables", list_tables, {"ExclusiveStartTableName", "Limit"});
  add("UpdateTable", update_table,
      {"TableName", "BillingMode", "ProvisionedThroughput", "StreamSpecification", "ReplicaUpdates",
       "DeletionProtectionEnabled"});
  add("TagResource", tag_resource, {"ResourceArn", "Tags"});
  add("UntagResource", untag_resource, {"ResourceArn", "TagKeys"});
  add("ListTagsOfResource", list_tags_of_resource, {"ResourceArn"});
  add("DescribeLimits", describe_limits, {});
  add("DescribeEndpoints", describe_endpoints, {});
  add("DescribeTimeToLive", describe_time_to_live, {"TableName"});
  add("DescribeContinuousBackups", describe_continuous_backups, {"TableName"});
  add_global_table_operations(operations, plane);
}

}  // namespace tandem::dynamodb
