// Steps that PutItem, UpdateItem and DeleteItem share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "services/dynamodb/api/item_request.h"
#include "services/dynamodb/api/keys.h"
#include "services/dynamodb/model/condition.h"
#include "services/dynamodb/store/item_store.h"

namespace tandem::dynamodb {

/// The item a write finds, if it looked.
class OldItem {
 public:
  OldItem() = default;
  explicit OldItem(std::optional<std::string> stored);

  bool exists() const { return stored_.has_value(); }
  /// 0 when there is none.
  std::size_t size() const;
  /// Only when it exists.
  std::string_view json() const;
  /// Empty when there is none.
  Map decode() const;
  Previous previous() const { return Previous::of(stored_); }

 private:
  std::optional<std::string> stored_;
};

/// Names and values without an expression are refused.
void check_write_parameters(const ItemRequest& request);
/// Throws the problem found while reading, if any.
void check_values(const AttributeMap& attributes);
/// PutItem and DeleteItem have nothing else to return.
void check_old_or_none(const ItemRequest& request);

/// Validates the substitutions, parses the condition, and requires that all were used.
std::optional<Condition> parse_write_condition(ItemRequest& request);
void check_condition_paths(const Table& table, const std::optional<Condition>& condition);
/// Throws ConditionalCheckFailedException unless old satisfies it.
void require_condition(const Condition& condition, const OldItem& old, const ItemRequest& request);

void write_one(ItemStore& items, ItemWrite write);

aws::ApiError too_large_to_put();

}  // namespace tandem::dynamodb
