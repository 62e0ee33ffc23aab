#include "services/dynamodb/api/answer.h"
#include "services/dynamodb/api/constraints.h"
#include "services/dynamodb/api/expressions.h"
#include "services/dynamodb/api/item_handlers.h"
#include "services/dynamodb/api/reading.h"
#include "services/dynamodb/api/writing.h"
#include "services/dynamodb/model/item_codec.h"
#include "services/dynamodb/model/key_codec.h"

namespace tandem::dynamodb {
namespace {

void check_structure(const ItemRequest& request) {
  Constraints constraints;
  constraints.return_consumed_capacity(request.return_consumed_capacity);
  constraints.table_name(request.table_name);
  constraints.not_null(request.key.has_value(), "key");
  constraints.check();
}

}  // namespace

service::RawAnswer get_item(ItemPlane& plane, ItemRequest& request) {
  check_structure(request);
  check_substitutions(request.substitutions, {{"ProjectionExpression", request.projection, false}});
  check_values(*request.key);
  const auto projection = parse_read_projection(request.projection, request.substitutions);
  request.substitutions.check_all_used();

  const Table& table = require_table(plane.tables, *request.table_name);
  const std::string key = key_of(table, request.key->map);
  check_projection_paths(table, projection);

  const PartitionHash partition = partition_hash(key);
  plane.capacity.admit(table, Access::kRead, "GetItem", partition);
  const auto stored = plane.items.get(table, key);
  Answer answer;
  std::size_t size = 0;
  if (stored) {
    const StoredItem item(*stored);
    size = item.size();
    if (projection) {
      answer.add("Item", to_json(projection->projection.apply(item.decode())));
    } else {
      answer.add("Item", item.json());
    }
  }
  const HalfUnits units = read_units(size, consistency_of(request.consistent_read));
  plane.capacity.take(table, Access::kRead, partition, units);
  answer.add_capacity(table, units, capacity_report(request.return_consumed_capacity));
  return std::move(answer).take();
}

}  // namespace tandem::dynamodb
