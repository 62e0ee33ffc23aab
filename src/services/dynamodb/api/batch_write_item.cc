#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "core/task.h"
#include "services/dynamodb/api/batch.h"
#include "services/dynamodb/api/item_handlers.h"
#include "services/dynamodb/api/writing.h"
#include "services/dynamodb/model/item_codec.h"
#include "services/dynamodb/model/json_reader.h"
#include "services/dynamodb/model/key_codec.h"

namespace tandem::dynamodb {
namespace {

/// What is written before others get their turn, and one item more at most: as text, which for
/// numbers can be many times what they count.
constexpr std::size_t kPortion = 1024 * 1024;

aws::ApiError invalid(std::string text) {
  return aws::ApiError::validation_exception(std::move(text));
}

void check_structure(const ItemRequest& request) {
  Constraints constraints;
  constraints.return_consumed_capacity(request.return_consumed_capacity);
  constraints.return_item_collection_metrics(request.return_item_collection_metrics);
  check_request_items(constraints, request);
  if (request.request_items) {
    for (const auto& table : *request.request_items) {
      if (table.writes.empty() || table.writes.size() > kMaxBatchWrites) {
        constraints.violated(
            "{" + table.name + "=[...]}", "requestItems",
            "Map value must satisfy constraint: [Member must have length less than or equal to 25, "
            "Member must have length greater than or equal to 1]");
        continue;
      }
      for (std::size_t i = 0; i < table.writes.size(); ++i) {
        if (!table.writes[i].null) continue;
        const std::string path =
            "requestItems." + table.name + ".member." + std::to_string(i + 1) + ".member.";
        const bool put = !table.writes[i].put && !table.writes[i].erase;
        constraints.not_null(false, path + (put ? "putRequest.item" : "deleteRequest.key"));
      }
    }
  }
  constraints.check();
}

void check_write(const BatchWrite& write) {
  if (write.put.has_value() == write.erase.has_value()) {
    throw invalid(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
        "supported datatypes");
  }
  check_values(write.put ? *write.put : *write.erase);
  if (write.put && write.put->size() > kMaxItemSize) throw too_large_to_put();
}

ItemPlan plan_of(const Table& table, BatchWrite& write) {
  ItemPlan plan{.table = &table};
  if (write.put) {
    plan.key = key_of_batch_item(table, write.put->map);
    plan.size = write.put->size();
    plan.encoded = std::move(write.put->encoded);
    if (plan.encoded.empty()) plan.attributes = std::move(write.put->map);
  } else {
    plan.kind = ItemPlan::Kind::kDelete;
    plan.key = key_of(table, write.erase->map);
    plan.attributes = std::move(write.erase->map);
  }
  return plan;
}

/// The plan, as it was asked for.
std::string write_request(const ItemPlan& plan) {
  if (plan.kind == ItemPlan::Kind::kDelete) {
    return "{\"DeleteRequest\":{\"Key\":" + to_json(plan.attributes) + "}}";
  }
  std::string item = plan.encoded.empty() ? to_json(plan.attributes)
                                          : std::string(StoredItem(plan.encoded).json());
  return "{\"PutRequest\":{\"Item\":" + item + "}}";
}

/// Across the whole request, for a table may come once by name and once by ARN.
void check_distinct(const std::vector<ItemPlan>& plans) {
  std::vector<std::string> keys;
  for (const auto& plan : plans) keys.push_back(plan.table->id + plan.key);
  check_distinct_keys({keys.begin(), keys.end()});
}

/// The writes of a request, carried out in portions. Each is one batch; the whole is none on AWS
/// either (API Reference, BatchWriteItem: "the individual PutItem and DeleteItem operations … are
/// atomic; however BatchWriteItem as a whole is not").
class BatchWriting {
 public:
  /// Checks all of the request, and takes what it needs of it. Throws ApiError.
  BatchWriting(ItemPlane plane, ItemRequest& request)
      : plane_(plane),
        report_(capacity_report(request.return_consumed_capacity)),
        capacity_(report_) {
    for (BatchTable& asked : *request.request_items) {
      const Table& table = require_table(plane_.tables, asked.name);
      for (BatchWrite& write : asked.writes) plans_.push_back(plan_of(table, write));
      ends_.push_back({asked.name, table.id, plans_.size()});
    }
    check_distinct(plans_);
  }

  /// True when that was the last one. Throws ApiError and StoreError.
  bool write_portion() {
    ItemExecutor executor(plane_.items, plane_.capacity);
    std::size_t staged = 0;
    while (table_ < ends_.size() && staged < kPortion) {
      const TableEnd& asked = ends_[table_];
      // Others may have had their turn: what is described anew is elsewhere, what is gone is gone.
      const Table& table = require_same_table(plane_.tables, asked.name, asked.id);
      for (; at_ < asked.end && staged < kPortion; ++at_) {
        ItemPlan& plan = plans_[at_];
        plan.table = &table;
        if (turned_away(plan)) continue;
        // Old items are read for the capacity alone.
        plan.wants_old = report_ != CapacityReport::kNone;
        staged += std::max(plan.size, plan.encoded.size());
        const ItemOutcome outcome = executor.stage(std::move(plan));
        units_ += write_units(outcome.old.size(), outcome.size);
      }
      if (at_ < asked.end) break;
      end_table(asked, table.name);
    }
    executor.commit();
    reserved_ = 0;
    if (table_ < ends_.size()) return false;
    // "ProvisionedThroughputExceededException … if none of the items can be processed" (API
    // Reference, BatchWriteItem).
    if (processed_ == 0 && throttled_) {
      throw plane_.capacity.throttle(*throttled_->table, Access::kWrite, throttled_->limit,
                                     "BatchWriteItem");
    }
    return true;
  }

  std::string answer() const {
    Answer answer;
    answer.add("UnprocessedItems", "{" + unprocessed_ + "}");
    capacity_.add_to(answer);
    return std::move(answer).take();
  }

 private:
  /// A table of the request, by the id that it had; its plans end where the next one's begin.
  struct TableEnd {
    std::string name;
    std::string id;
    std::size_t end;
  };

  struct Throttled {
    const Table* table;  ///< looked at in the same portion only
    Limit limit;
  };

  /// What has been let in pays when the portion is written: until then it is reserved.
  bool turned_away(const ItemPlan& plan) {
    const auto limit =
        plane_.capacity.refusal(*plan.table, Access::kWrite, partition_hash(plan.key), reserved_);
    if (!limit) {
      reserved_ += write_units(0, plan.size);
      ++processed_;
      return false;
    }
    if (!throttled_) throttled_ = {plan.table, *limit};
    if (!turned_away_.empty()) turned_away_ += ',';
    turned_away_ += write_request(plan);
    return true;
  }

  void end_table(const TableEnd& asked, std::string_view name) {
    if (units_ > 0) capacity_.add(name, std::exchange(units_, 0));
    reserved_ = 0;
    ++table_;
    if (turned_away_.empty()) return;
    if (!unprocessed_.empty()) unprocessed_ += ',';
    append_json_string(unprocessed_, asked.name);
    unprocessed_ += ":[" + std::exchange(turned_away_, {}) + "]";
  }

  ItemPlane plane_;
  CapacityReport report_;
  BatchCapacity capacity_;
  std::vector<ItemPlan> plans_;
  std::vector<TableEnd> ends_;
  std::size_t table_ = 0;
  std::size_t at_ = 0;
  HalfUnits units_ = 0;
  HalfUnits reserved_ = 0;   ///< of the table, in this portion
  std::string turned_away_;  ///< write requests of the table
  std::string unprocessed_;  ///< members of UnprocessedItems
  std::size_t processed_ = 0;
  std::optional<Throttled> throttled_;  ///< the first
};

Task<service::RawReply> write_rest(std::unique_ptr<BatchWriting> writing) {
  do {
    co_await core::sleep_for(std::chrono::milliseconds(0));
  } while (!writing->write_portion());
  co_return writing->answer();
}

}  // namespace

service::RawAnswer batch_write_item(ItemPlane& plane, ItemRequest& request) {
  check_structure(request);
  std::size_t count = 0;
  for (const auto& table : *request.request_items) {
    for (const auto& write : table.writes) check_write(write);
    count += table.writes.size();
  }
  if (count > kMaxBatchWrites)
    throw invalid("Too many items requested for the BatchWriteItem call");
  auto writing = std::make_unique<BatchWriting>(plane, request);
  if (writing->write_portion()) return writing->answer();
  return write_rest(std::move(writing));
}

}  // namespace tandem::dynamodb
