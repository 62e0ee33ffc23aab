#include "services/autoscaling/engine/tables.h"

#include <fmt/format.h>

#include "aws/error.h"

namespace tandem::autoscaling {
namespace {

/// The part of a description that has the units: the table's own, or an index's.
const json::object* part_of(const json::object& table, const Dimension& dimension) {
  if (dimension.index.empty()) return &table;
  const json::array* indexes = json::find_array(table, "GlobalSecondaryIndexes");
  if (indexes == nullptr) return nullptr;
  for (const json::value& each : *indexes) {
    const json::object* index = each.if_object();
    if (index != nullptr && json::string_or(*index, "IndexName") == dimension.index) return index;
  }
  return nullptr;
}

bool is_provisioned(const json::object& table) {
  const json::object* summary = json::find_object(table, "BillingModeSummary");
  return summary == nullptr || json::string_or(*summary, "BillingMode") != "PAY_PER_REQUEST";
}

std::int64_t units_of(const json::object& part, std::string_view name) {
  const json::object* throughput = json::find_object(part, "ProvisionedThroughput");
  if (throughput == nullptr) return 0;
  return json::int_or(*throughput, fmt::format("{}CapacityUnits", name), 0);
}

}  // namespace

Task<std::optional<json::object>> Tables::describe(std::string table) {
  aws::ApiCall call;
  call.region = region_;
  call.service = "dynamodb";
  call.operation = "DescribeTable";
  call.input["TableName"] = table;
  try {
    const aws::ApiResult result = co_await api_.call(std::move(call));
    if (const auto* found = json::find_object(result.output, "Table")) co_return *found;
  } catch (const aws::ApiError& error) {
    if (error.code() != "ResourceNotFoundException") throw;
  }
  co_return std::nullopt;
}

Task<std::optional<TableCapacity>> Tables::find(Dimension dimension) {
  const auto table = co_await describe(dimension.table);
  const json::object* part = table ? part_of(*table, dimension) : nullptr;
  if (part == nullptr) co_return std::nullopt;
  TableCapacity found;
  found.units = units_of(*part, dimension.name());
  found.provisioned = is_provisioned(*table);
  found.active = json::string_or(*table, "TableStatus") == "ACTIVE" &&
                 json::string_or(*part, "IndexStatus", "ACTIVE") == "ACTIVE";
  co_return found;
}

Task<void> Tables::set(Dimension dimension, std::int64_t units) {
  const core::Gate::Place place = co_await one_.enter();
  const auto table = co_await describe(dimension.table);
  const json::object* part = table ? part_of(*table, dimension) : nullptr;
  if (part == nullptr) {
    throw aws::ApiError(
        400, "ResourceNotFoundException",
        fmt::format("Requested resource not found: Table: {} not found", dimension.table));
  }
  std::int64_t read = units_of(*part, "Read");
  std::int64_t write = units_of(*part, "Write");
  std::int64_t& wanted = dimension.reads() ? read : write;
  if (wanted == units) co_return;
  wanted = units;
  json::object throughput{{"ReadCapacityUnits", read}, {"WriteCapacityUnits", write}};
  aws::ApiCall call;
  call.region = region_;
  call.service = "dynamodb";
  call.operation = "UpdateTable";
  call.input["TableName"] = dimension.table;
  if (dimension.index.empty()) {
    call.input["ProvisionedThroughput"] = std::move(throughput);
  } else {
    json::object update{{"IndexName", dimension.index}};
    update["ProvisionedThroughput"] = std::move(throughput);
    json::object one;
    one["Update"] = std::move(update);
    json::array updates;
    updates.push_back(std::move(one));
    call.input["GlobalSecondaryIndexUpdates"] = std::move(updates);
  }
  co_await api_.call(std::move(call));
}

}  // namespace tandem::autoscaling
