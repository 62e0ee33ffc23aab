// A write of one item as a value, and the one who carries writes out.
//
// Operations are front ends: they check a request in AWS's order and words and make plans of it.
// The executor reads what is there, judges the condition, works out the new item and stages it;
// commit() writes all that is staged in one batch. Whoever plans keeps the request: conditions and
// updates borrow its values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/dynamodb/model/condition.h"
#include "services/dynamodb/model/update.h"
#include "services/dynamodb/store/capacity_meter.h"
#include "services/dynamodb/store/item_store.h"

namespace tandem::dynamodb {

struct ItemPlan {
  enum class Kind : std::uint8_t { kPut, kUpdate, kDelete };
  Kind kind = Kind::kPut;
  const Table* table = nullptr;
  std::string key;       ///< encoded
  Map attributes;        ///< kPut: the item; kUpdate: its key, which a new item begins with
  std::size_t size = 0;  ///< kPut: item_size(attributes)
  std::string encoded;   ///< kPut: the item, instead of attributes, when that has been done
  Update update;         ///< kUpdate
  std::optional<Condition> condition;
  /// The answer needs the item that was there. Otherwise it is read where the write depends on it.
  bool wants_old = false;
  /// ReturnValuesOnConditionCheckFailure is ALL_OLD.
  bool shows_old_on_failure = false;
};

/// The item that a write found, if it looked.
class OldItem {
 public:
  OldItem() = default;
  explicit OldItem(std::optional<std::string> stored) : stored_(std::move(stored)) {}

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

struct ItemOutcome {
  OldItem old;
  Map before;            ///< kUpdate: the old item, decoded
  Map after;             ///< kUpdate: empty when there is none, as after a REMOVE where was none
  std::size_t size = 0;  ///< of the item that is there now
};

class ItemExecutor {
 public:
  /// Borrows.
  ItemExecutor(ItemStore& items, CapacityMeter& capacity) : items_(items), capacity_(capacity) {}

  /// A plan finds what earlier ones have staged. Throws ConditionalCheckFailedException, and
  /// ValidationException where the update does not go with the item; the plan is not staged then.
  /// A write that changes nothing takes its capacity here, others where they change their item.
  ItemOutcome stage(ItemPlan plan);
  /// All or nothing. Throws StoreError.
  void commit();

 private:
  OldItem look(const ItemPlan& plan) const;
  void require_condition(const ItemPlan& plan, const OldItem& old);
  void take(const ItemPlan& plan, const OldItem& old);
  std::string stamped(Map item) const;

  ItemStore& items_;
  CapacityMeter& capacity_;
  std::vector<ItemWrite> staged_;
};

/// One plan, carried out.
ItemOutcome execute(ItemStore& items, CapacityMeter& capacity, ItemPlan plan);

aws::ApiError too_large_to_put();

}  // namespace tandem::dynamodb
