#include "services/dynamodb/api/writing.h"

#include "services/dynamodb/api/answer.h"
#include "services/dynamodb/api/expressions.h"
#include "services/dynamodb/model/item_codec.h"

namespace tandem::dynamodb {

OldItem::OldItem(std::optional<std::string> stored) : stored_(std::move(stored)) {}

std::size_t OldItem::size() const { return stored_ ? StoredItem(*stored_).size() : 0; }
std::string_view OldItem::json() const { return StoredItem(*stored_).json(); }
Map OldItem::decode() const { return stored_ ? StoredItem(*stored_).decode() : Map(); }

void check_write_parameters(const ItemRequest& request) {
  check_substitutions(request.substitutions, {{"ConditionExpression", request.condition}});
}

void check_values(const AttributeMap& attributes) {
  if (attributes.problem) {
    throw aws::ApiError::validation_exception(attributes.problem.message);
  }
}

void check_old_or_none(const ItemRequest& request) {
  const auto& value = request.return_values;
  if (!value || *value == "ALL_OLD" || *value == "NONE") return;
  throw aws::ApiError::validation_exception("ReturnValues can only be ALL_OLD or NONE");
}

std::optional<Condition> parse_write_condition(ItemRequest& request) {
  std::optional<Condition> condition;
  request.substitutions.validate();
  if (request.condition) {
    condition =
        parse_condition(ExpressionKind::kCondition, *request.condition, request.substitutions);
  }
  request.substitutions.check_all_used();
  return condition;
}

void check_condition_paths(const Table& table, const std::optional<Condition>& condition) {
  if (!condition) return;
  for_each_path(*condition, [&table](const Path& path) { check_scalar_keys(table, path); });
}

void require_condition(const Condition& condition, const OldItem& old, const ItemRequest& request) {
  if (matches(condition, old.decode())) return;
  const bool show = request.return_values_on_condition_check_failure == "ALL_OLD" && old.exists();
  throw condition_failed(show ? std::optional(old.json()) : std::nullopt);
}

void write_one(ItemStore& items, ItemWrite write) {
  std::vector<ItemWrite> writes;
  writes.push_back(std::move(write));
  items.write(std::move(writes));
}

aws::ApiError too_large_to_put() {
  return aws::ApiError::validation_exception("Item size has exceeded the maximum allowed size");
}

}  // namespace tandem::dynamodb
