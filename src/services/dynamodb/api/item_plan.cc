#include "services/dynamodb/api/item_plan.h"

#include <fmt/format.h>
#include <ranges>

#include "services/dynamodb/api/answer.h"
#include "services/dynamodb/model/item_codec.h"
#include "services/dynamodb/model/key_codec.h"

namespace tandem::dynamodb {
namespace {

/// The item as the update leaves it; empty when it makes none.
Map updated(const ItemPlan& plan, const ItemOutcome& outcome) {
  const bool exists = outcome.old.exists();
  Map item = exists ? outcome.before : plan.attributes;
  apply(plan.update, item, exists ? ItemExists::kYes : ItemExists::kNo);
  if (!exists && !plan.update.actions.empty() && !plan.update.creates_items()) return {};
  if (nesting(item) > kMaxNesting) {
    throw aws::ApiError::validation_exception(std::string(kTooNested));
  }
  return item;
}

}  // namespace

std::size_t OldItem::size() const { return stored_ ? StoredItem(*stored_).size() : 0; }
std::string_view OldItem::json() const { return StoredItem(*stored_).json(); }
Map OldItem::decode() const { return stored_ ? StoredItem(*stored_).decode() : Map(); }

void ItemExecutor::take(const ItemPlan& plan, const OldItem& old) {
  capacity_.take(*plan.table, Access::kWrite, partition_hash(plan.key), write_units(old.size(), 0));
}

/// A write whose condition fails costs what the item that is there does (Developer Guide,
/// "Condition expressions": "consumes write capacity units").
void ItemExecutor::require_condition(const ItemPlan& plan, const OldItem& old) {
  if (matches(*plan.condition, old.decode())) return;
  take(plan, old);
  const bool show = plan.shows_old_on_failure && old.exists();
  throw condition_failed(show ? std::optional(old.json()) : std::nullopt);
}

OldItem ItemExecutor::look(const ItemPlan& plan) const {
  for (const ItemWrite& write : std::views::reverse(staged_)) {
    if (write.table == plan.table && write.key == plan.key) return OldItem(write.item);
  }
  return OldItem(items_.get(*plan.table, plan.key));
}

ItemOutcome ItemExecutor::stage(ItemPlan plan) {
  ItemOutcome outcome;
  ItemWrite write;
  const bool update = plan.kind == ItemPlan::Kind::kUpdate;
  if (plan.wants_old || plan.condition || update) {
    outcome.old = look(plan);
    write.previous = outcome.old.previous();
  }
  if (plan.condition) require_condition(plan, outcome.old);
  if (update) {
    outcome.before = outcome.old.decode();
    outcome.after = updated(plan, outcome);
    outcome.size = item_size(outcome.after);
    if (outcome.size > kMaxItemSize) throw too_large_to_update();
    // An item has its key at least: there is none, and none is made.
    if (outcome.after.empty()) {
      take(plan, outcome.old);
      return outcome;
    }
    write.item =
        plan.table->legacy ? stamped(outcome.after) : encode_item(outcome.after, outcome.size);
  } else if (plan.kind == ItemPlan::Kind::kPut) {
    outcome.size = plan.size;
    if (plan.table->legacy) {
      write.item = stamped(plan.encoded.empty() ? std::move(plan.attributes)
                                                : StoredItem(plan.encoded).decode());
    } else {
      write.item =
          plan.encoded.empty() ? encode_item(plan.attributes, plan.size) : std::move(plan.encoded);
    }
  }
  write.table = plan.table;
  write.key = std::move(plan.key);
  staged_.push_back(std::move(write));
  return outcome;
}

/// What version 2017.11.29 of global tables adds to an item (Developer Guide, "Global tables: how
/// it works", 2017.11.29). The answer to the write does not show it, as AWS adds it afterwards.
std::string ItemExecutor::stamped(Map item) const {
  const std::int64_t now_us = items_.now_us();
  const std::string time = fmt::format("{}.{:06}", now_us / 1'000'000, now_us % 1'000'000);
  item.set("aws:rep:deleting", Value::boolean(false));
  item.set("aws:rep:updatetime", Value(core::Decimal::parse(time).value));
  item.set("aws:rep:updateregion", Value::string(items_.region()));
  return encode_item(item);
}

void ItemExecutor::commit() {
  if (!staged_.empty()) items_.write(std::exchange(staged_, {}));
}

ItemOutcome execute(ItemStore& items, CapacityMeter& capacity, ItemPlan plan) {
  ItemExecutor executor(items, capacity);
  ItemOutcome outcome = executor.stage(std::move(plan));
  executor.commit();
  return outcome;
}

aws::ApiError too_large_to_put() {
  return aws::ApiError::validation_exception(std::string(kTooLarge));
}

}  // namespace tandem::dynamodb
