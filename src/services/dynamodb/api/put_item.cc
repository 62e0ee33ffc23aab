#include "services/dynamodb/api/answer.h"
#include "services/dynamodb/api/constraints.h"
#include "services/dynamodb/api/item_handlers.h"
#include "services/dynamodb/api/writing.h"
#include "services/dynamodb/model/item_codec.h"

namespace tandem::dynamodb {
namespace {

void check_structure(const ItemRequest& request) {
  Constraints constraints;
  constraints.return_consumed_capacity(request.return_consumed_capacity);
  constraints.table_name(request.table_name);
  constraints.not_null(request.item.has_value(), "item");
  constraints.return_values(request.return_values);
  constraints.return_item_collection_metrics(request.return_item_collection_metrics);
  constraints.return_values_on_failure(request.return_values_on_condition_check_failure);
  constraints.check();
}

}  // namespace

std::string put_item(ItemPlane& plane, ItemRequest& request) {
  check_structure(request);
  check_write_parameters(request);
  check_values(*request.item);
  check_old_or_none(request);
  const Map& item = request.item->map;
  const std::size_t size = item_size(item);
  if (size > kMaxItemSize) throw too_large_to_put();
  const auto condition = parse_write_condition(request);

  const Table& table = require_table(plane.tables, *request.table_name);
  ItemWrite write;
  write.table = &table;
  write.key = key_of_item(table, item);
  check_condition_paths(table, condition);

  const auto report = capacity_report(request.return_consumed_capacity);
  const bool returns_old = request.return_values == "ALL_OLD";
  OldItem old;
  if (condition || returns_old || report != CapacityReport::kNone) {
    old = OldItem(plane.items.get(table, write.key));
    write.previous = old.previous();
  }
  if (condition) require_condition(*condition, old, request);
  write.item = encode_item(item, size);
  write_one(plane.items, std::move(write));

  Answer answer;
  if (returns_old && old.exists()) answer.add("Attributes", old.json());
  answer.add_capacity(table, write_units(old.size(), size), report);
  return std::move(answer).take();
}

}  // namespace tandem::dynamodb
