#include "services/dynamodb/api/answer.h"
#include "services/dynamodb/api/constraints.h"
#include "services/dynamodb/api/expressions.h"
#include "services/dynamodb/api/item_handlers.h"
#include "services/dynamodb/api/writing.h"
#include "services/dynamodb/model/item_codec.h"
#include "services/dynamodb/model/projection.h"
#include "services/dynamodb/model/update.h"

namespace tandem::dynamodb {
namespace {

void check_structure(const ItemRequest& request) {
  Constraints constraints;
  constraints.return_consumed_capacity(request.return_consumed_capacity);
  constraints.table_name(request.table_name);
  constraints.return_item_collection_metrics(request.return_item_collection_metrics);
  constraints.return_values(request.return_values);
  constraints.return_values_on_failure(request.return_values_on_condition_check_failure);
  constraints.not_null(request.key.has_value(), "key");
  constraints.check();
}

void check_update_paths(const Table& table, const Update& update) {
  for (const auto& action : update.actions) {
    const std::string& name = action.path.front().name;
    if (is_key_attribute(table, name)) {
      throw aws::ApiError::validation_exception(
          "One or more parameter values were invalid: Cannot update attribute " + name +
          ". This attribute is part of the key");
    }
    for (const auto& operand : action.set.operands) {
      for_each_path(operand, [&table](const Path& path) { check_scalar_keys(table, path); });
    }
  }
}

/// The Attributes member for a ReturnValues other than NONE; empty: the answer has none.
std::string returned_attributes(const std::string& return_values, const Update& update,
                                const Map& old_item, const Map& new_item) {
  const bool old = return_values == "ALL_OLD" || return_values == "UPDATED_OLD";
  const Map& item = old ? old_item : new_item;
  if (return_values == "NONE" || item.empty()) return "";
  if (return_values == "ALL_OLD" || return_values == "ALL_NEW") return to_json(item);
  if (update.actions.empty()) return "";
  const Map updated = Projection(update.paths()).apply(item);
  return updated.empty() ? "" : to_json(updated);
}

struct Outcome {
  Map item;
  std::size_t size = 0;
  bool exists = false;  ///< an update that only removes makes no item
};

Outcome run(const ItemRequest& request, const Update& update, const OldItem& old,
            const Map& old_item) {
  Outcome out;
  out.item = old.exists() ? old_item : request.key->map;
  apply(update, out.item, old.exists() ? ItemExists::kYes : ItemExists::kNo);
  out.exists = old.exists() || update.actions.empty() || update.creates_items();
  if (!out.exists) out.item = Map();
  if (nesting(out.item) > kMaxNesting) {
    throw aws::ApiError::validation_exception(std::string(kTooNested));
  }
  out.size = item_size(out.item);
  if (out.size > kMaxItemSize) throw too_large_to_update();
  return out;
}

struct Expressions {
  Update update;
  std::optional<Condition> condition;
};

Expressions parse_expressions(ItemRequest& request) {
  Expressions out;
  request.substitutions.validate();
  if (request.update) out.update = parse_update(*request.update, request.substitutions);
  out.condition = parse_write_condition(request);
  return out;
}

}  // namespace

std::string update_item(ItemPlane& plane, ItemRequest& request) {
  check_structure(request);
  check_substitutions(request.substitutions, {{"UpdateExpression", request.update},
                                              {"ConditionExpression", request.condition}});
  check_values(*request.key);
  const auto [update, condition] = parse_expressions(request);

  const Table& table = require_table(plane.tables, *request.table_name);
  ItemWrite write;
  write.table = &table;
  write.key = key_of(table, request.key->map);
  check_update_paths(table, update);
  check_condition_paths(table, condition);

  const OldItem old(plane.items.get(table, write.key));
  write.previous = old.previous();
  if (condition) require_condition(*condition, old, request);
  const Map old_item = old.decode();
  const Outcome outcome = run(request, update, old, old_item);
  if (outcome.exists) {
    write.item = encode_item(outcome.item, outcome.size);
    write_one(plane.items, std::move(write));
  }

  Answer answer;
  const std::string attributes =
      returned_attributes(request.return_values.value_or("NONE"), update, old_item, outcome.item);
  if (!attributes.empty()) answer.add("Attributes", attributes);
  answer.add_capacity(table, write_units(old.size(), outcome.size),
                      capacity_report(request.return_consumed_capacity));
  return std::move(answer).take();
}

}  // namespace tandem::dynamodb
