#include "services/dynamodb/api/answer.h"
#include "services/dynamodb/api/constraints.h"
#include "services/dynamodb/api/item_handlers.h"
#include "services/dynamodb/api/writing.h"
#include "services/dynamodb/model/key_codec.h"

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

service::RawAnswer delete_item(ItemPlane& plane, ItemRequest& request) {
  check_structure(request);
  check_write_parameters(request);
  check_values(*request.key);
  check_old_or_none(request);
  ItemPlan plan{.kind = ItemPlan::Kind::kDelete};
  plan.condition = parse_write_condition(request);

  const Table& table = require_table(plane.tables, *request.table_name);
  plan.table = &table;
  plan.key = key_of(table, request.key->map);
  check_condition_paths(table, plan.condition);

  const auto report = capacity_report(request.return_consumed_capacity);
  const bool returns_old = request.return_values == "ALL_OLD";
  plan.wants_old = returns_old || report != CapacityReport::kNone;
  plan.shows_old_on_failure = shows_old_on_failure(request);
  plane.capacity.admit(table, Access::kWrite, "DeleteItem", partition_hash(plan.key));
  const ItemOutcome outcome = execute(plane.items, plane.capacity, std::move(plan));

  Answer answer;
  if (returns_old && outcome.old.exists()) answer.add("Attributes", outcome.old.json());
  answer.add_capacity(table, write_units(outcome.old.size(), 0), report);
  return std::move(answer).take();
}

}  // namespace tandem::dynamodb
