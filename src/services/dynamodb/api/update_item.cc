#include "services/dynamodb/api/answer.h"
#include "services/dynamodb/api/constraints.h"
#include "services/dynamodb/api/expressions.h"
#include "services/dynamodb/api/item_handlers.h"
#include "services/dynamodb/api/writing.h"
#include "services/dynamodb/model/item_codec.h"
#include "services/dynamodb/model/key_codec.h"
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

/// The Attributes member for a ReturnValues.
class Returned {
 public:
  Returned(std::string return_values, const Update& update) : values_(std::move(return_values)) {
    if (values_.starts_with("UPDATED_") && !update.actions.empty()) paths_.emplace(update.paths());
  }

  /// Empty: the answer has none.
  std::string of(const ItemOutcome& outcome) const {
    const bool old = values_ == "ALL_OLD" || values_ == "UPDATED_OLD";
    const Map& item = old ? outcome.before : outcome.after;
    if (values_ == "NONE" || item.empty()) return "";
    if (values_ == "ALL_OLD" || values_ == "ALL_NEW") return to_json(item);
    if (!paths_) return "";
    const Map updated = paths_->apply(item);
    return updated.empty() ? "" : to_json(updated);
  }

 private:
  std::string values_;
  std::optional<Projection> paths_;
};

}  // namespace

service::RawAnswer update_item(ItemPlane& plane, ItemRequest& request) {
  check_structure(request);
  check_substitutions(request.substitutions, {{"UpdateExpression", request.update},
                                              {"ConditionExpression", request.condition}});
  check_values(*request.key);
  request.substitutions.validate();
  ItemPlan plan{.kind = ItemPlan::Kind::kUpdate};
  if (request.update) plan.update = parse_update(*request.update, request.substitutions);
  plan.condition = parse_write_condition(request);

  const Table& table = require_table(plane.tables, *request.table_name);
  plan.table = &table;
  plan.key = key_of(table, request.key->map);
  check_update_paths(table, plan.update);
  check_condition_paths(table, plan.condition);

  plan.attributes = std::move(request.key->map);
  plan.shows_old_on_failure = shows_old_on_failure(request);
  const Returned returned(request.return_values.value_or("NONE"), plan.update);
  plane.capacity.admit(table, Access::kWrite, "UpdateItem", partition_hash(plan.key));
  const ItemOutcome outcome = execute(plane.items, plane.capacity, std::move(plan));

  Answer answer;
  const std::string attributes = returned.of(outcome);
  if (!attributes.empty()) answer.add("Attributes", attributes);
  answer.add_capacity(table, write_units(outcome.old.size(), outcome.size),
                      capacity_report(request.return_consumed_capacity));
  return std::move(answer).take();
}

}  // namespace tandem::dynamodb
