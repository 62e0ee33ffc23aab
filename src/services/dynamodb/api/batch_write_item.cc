#include "services/dynamodb/api/batch.h"
#include "services/dynamodb/api/item_handlers.h"
#include "services/dynamodb/api/writing.h"
#include "services/dynamodb/model/item_codec.h"

namespace tandem::dynamodb {
namespace {

constexpr std::size_t kMaxWrites = 25;

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
      if (table.writes.empty() || table.writes.size() > kMaxWrites) {
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
  if (write.put && item_size(write.put->map) > kMaxItemSize) throw too_large_to_put();
}

/// Encodes one table's writes. Reads old items only when capacity is asked for.
void encode(ItemPlane& plane, const BatchTable& request, CapacityReport report,
            BatchCapacity& capacity, std::vector<ItemWrite>& writes) {
  const Table& table = require_table(plane.tables, request.name);
  HalfUnits units = 0;
  for (const auto& write : request.writes) {
    ItemWrite out;
    out.table = &table;
    out.key =
        write.put ? key_of_batch_item(table, write.put->map) : key_of(table, write.erase->map);
    std::size_t new_size = 0;
    if (write.put) {
      new_size = item_size(write.put->map);
      out.item = encode_item(write.put->map, new_size);
    }
    if (report != CapacityReport::kNone) {
      const OldItem old(plane.items.get(table, out.key));
      out.previous = old.previous();
      units += write_units(old.size(), new_size);
    }
    writes.push_back(std::move(out));
  }
  capacity.add(table, units);
}

/// Across the whole request, for a table may come once by name and once by ARN.
void check_distinct_writes(const std::vector<ItemWrite>& writes) {
  std::vector<std::string> keys;
  for (const auto& write : writes) keys.push_back(write.table->id + write.key);
  check_distinct_keys({keys.begin(), keys.end()});
}

}  // namespace

std::string batch_write_item(ItemPlane& plane, ItemRequest& request) {
  check_structure(request);
  std::size_t count = 0;
  for (const auto& table : *request.request_items) {
    for (const auto& write : table.writes) check_write(write);
    count += table.writes.size();
  }
  if (count > kMaxWrites) throw invalid("Too many items requested for the BatchWriteItem call");

  const auto report = capacity_report(request.return_consumed_capacity);
  BatchCapacity capacity(report);
  std::vector<ItemWrite> writes;
  for (const auto& table : *request.request_items) {
    encode(plane, table, report, capacity, writes);
  }
  check_distinct_writes(writes);
  plane.items.write(std::move(writes));

  Answer answer;
  answer.add("UnprocessedItems", "{}");
  capacity.add_to(answer);
  return std::move(answer).take();
}

}  // namespace tandem::dynamodb
