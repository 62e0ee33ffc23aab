#include "services/dynamodb/api/answer.h"
#include "services/dynamodb/api/constraints.h"
#include "services/dynamodb/api/item_handlers.h"
#include "services/dynamodb/api/writing.h"

namespace tandem::dynamodb {
namespace {

void check_structure(const ItemRequest& request) {
  Constraints constraints;
  constraints.return_consumed_capacity(request.return_consumed_capacity);
  constraints.table_name(request.table_name);
  constraints.return_values(request.return_values);
  constraints.return_item_collection_metrics(request.return_item_collection_metrics);
  constraints.return_values_on_failure(request.return_values_on_condition_check_failure);
  constraints.not_null(request.key.has_value(), "key");
  constraints.check();
}

}  // namespace

std::string delete_item(ItemPlane& plane, ItemRequest& request) {
  check_structure(request);
  check_write_parameters(request);
  check_values(*request.key);
  check_old_or_none(request);
  const auto condition = parse_write_condition(request);

  const Table& table = require_table(plane.tables, *request.table_name);
  ItemWrite write;
  write.table = &table;
  write.key = key_of(table, request.key->map);
  check_condition_paths(table, condition);

  const OldItem old(plane.items.get(table, write.key));
  write.previous = old.previous();
  if (condition) require_condition(*condition, old, request);
  if (old.exists()) write_one(plane.items, std::move(write));

  Answer answer;
  if (request.return_values == "ALL_OLD" && old.exists()) answer.add("Attributes", old.json());
  answer.add_capacity(table, write_units(old.size(), 0),
                      capacity_report(request.return_consumed_capacity));
  return std::move(answer).take();
}

}  // namespace tandem::dynamodb
