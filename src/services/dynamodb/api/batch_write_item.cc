#include "services/dynamodb/api/batch.h"
#include "services/dynamodb/api/item_handlers.h"
#include "services/dynamodb/api/writing.h"
#include "services/dynamodb/model/item_codec.h"

namespace tandem::dynamodb {
namespace {

aws::ApiError invalid(std::string text) {
  return aws::ApiError::validation_exception(std::move(text));
}

void check_structure(const ItemRequest& request) {
  Constraints constraints;
  constraints.return_consumed_capacity(request.return_consumed_capacity);
  constraints.return_item_collection_metrics(request.return_item_collection_metrics);
  check_request_items(constraints, request);
  if (request.request_items) {
    for (const auto& table : *request.request_items) {
      if (table.writes.empty() || table.writes.size() > kMaxBatchWrites) {
        constraints.violated(
            "{" + table.name + "=[...]}", "requestItems",
            "Map value must satisfy constraint: [Member must have length less than or equal to 25, "
            "Member must have length greater than or equal to 1]");
        continue;
      }
      for (std::size_t i = 0; i < table.writes.size(); ++i) {
        if (!table.writes[i].null) continue;
        const std::string path =
            "requestItems." + table.name + ".member." + std::to_string(i + 1) + ".member.";
        const bool put = !table.writes[i].put && !table.writes[i].erase;
        constraints.not_null(false, path + (put ? "putRequest.item" : "deleteRequest.key"));
      }
    }
  }
  constraints.check();
}

void check_write(const BatchWrite& write) {
  if (write.put.has_value() == write.erase.has_value()) {
    throw invalid(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
        "supported datatypes");
  }
  check_values(write.put ? *write.put : *write.erase);
  if (write.put && write.put->size() > kMaxItemSize) throw too_large_to_put();
}

ItemPlan plan_of(const Table& table, BatchWrite& write) {
  ItemPlan plan{.table = &table};
  if (write.put) {
    plan.key = key_of_batch_item(table, write.put->map);
    plan.size = write.put->size();
    plan.encoded = std::move(write.put->encoded);
    if (plan.encoded.empty()) plan.attributes = std::move(write.put->map);
  } else {
    plan.kind = ItemPlan::Kind::kDelete;
    plan.key = key_of(table, write.erase->map);
  }
  return plan;
}

std::vector<ItemPlan> plans_of(const ItemPlane& plane, std::vector<BatchTable>& tables) {
  std::vector<ItemPlan> plans;
  for (BatchTable& request : tables) {
    const Table& table = require_table(plane.tables, request.name);
    for (BatchWrite& write : request.writes) plans.push_back(plan_of(table, write));
  }
  return plans;
}

/// Across the whole request, for a table may come once by name and once by ARN.
void check_distinct(const std::vector<ItemPlan>& plans) {
  std::vector<std::string> keys;
  for (const auto& plan : plans) keys.push_back(plan.table->id + plan.key);
  check_distinct_keys({keys.begin(), keys.end()});
}

}  // namespace

service::RawAnswer batch_write_item(ItemPlane& plane, ItemRequest& request) {
  check_structure(request);
  std::size_t count = 0;
  for (const auto& table : *request.request_items) {
    for (const auto& write : table.writes) check_write(write);
    count += table.writes.size();
  }
  if (count > kMaxBatchWrites)
    throw invalid("Too many items requested for the BatchWriteItem call");
  std::vector<ItemPlan> plans = plans_of(plane, *request.request_items);
  check_distinct(plans);

  const auto report = capacity_report(request.return_consumed_capacity);
  BatchCapacity capacity(report);
  ItemExecutor executor(plane.items);
  for (auto at = plans.begin(); at != plans.end();) {
    const Table& table = *at->table;
    HalfUnits units = 0;
    for (; at != plans.end() && at->table == &table; ++at) {
      // Old items are read for the capacity alone.
      at->wants_old = report != CapacityReport::kNone;
      const ItemOutcome outcome = executor.stage(std::move(*at));
      units += write_units(outcome.old.size(), outcome.size);
    }
    capacity.add(table, units);
  }
  executor.commit();

  Answer answer;
  answer.add("UnprocessedItems", "{}");
  capacity.add_to(answer);
  return std::move(answer).take();
}

}  // namespace tandem::dynamodb
