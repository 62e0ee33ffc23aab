#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "core/task.h"
#include "net/body.h"
#include "services/dynamodb/api/batch.h"
#include "services/dynamodb/api/expressions.h"
#include "services/dynamodb/api/item_handlers.h"
#include "services/dynamodb/api/keys.h"
#include "services/dynamodb/api/reading.h"
#include "services/dynamodb/model/item_codec.h"
#include "services/dynamodb/model/key_codec.h"
#include "store/store.h"

namespace tandem::dynamodb {
namespace {

/// What one answer carries before the rest is left unprocessed.
constexpr std::size_t kMaxAnswerBytes = 16 * 1024 * 1024;
/// And what it carries as text, which for numbers can be many times what they count.
constexpr std::size_t kMaxAnswerText = 64 * 1024 * 1024;
/// What is read before others get their turn, and one item more at most.
constexpr std::size_t kSliceBytes = net::kBodySlice;

aws::ApiError invalid(std::string text) {
  return aws::ApiError::validation_exception(std::move(text));
}

void check_structure(const ItemRequest& request) {
  Constraints constraints;
  constraints.return_consumed_capacity(request.return_consumed_capacity);
  check_request_items(constraints, request);
  if (request.request_items) {
    for (const auto& table : *request.request_items) {
      const std::string path = "requestItems." + table.name + ".member.keys";
      constraints.not_null(table.keys.has_value(), path);
      if (!table.keys) continue;
      if (table.keys->empty()) {
        constraints.violated("[]", path, "Member must have length greater than or equal to 1");
      } else if (table.keys->size() > kMaxBatchKeys) {
        constraints.violated("[...]", path, "Member must have length less than or equal to 100");
      }
    }
  }
  constraints.check();
}

/// One table's keys, encoded, and what to read of their items.
struct TablePlan {
  BatchTable* request = nullptr;
  const Table* table = nullptr;
  std::string id;    ///< of the table: one that takes its name later is another
  std::string name;  ///< the table's, where the request may have its ARN
  std::optional<ProjectionExpression> projection;
  std::vector<std::string> keys;
};

TablePlan parse(BatchTable& request) {
  TablePlan plan;
  plan.request = &request;
  check_substitutions(request.substitutions, {{"ProjectionExpression", request.projection, false}});
  plan.projection = parse_read_projection(request.projection, request.substitutions);
  request.substitutions.check_all_used();
  for (const auto& key : *request.keys) {
    if (key.problem) throw invalid(key.problem.message);
  }
  return plan;
}

void find_table(const ItemPlane& plane, TablePlan& plan) {
  plan.table = &require_table(plane.tables, plan.request->name);
  plan.id = plan.table->id;
  plan.name = plan.table->name;
  for (const auto& key : *plan.request->keys) plan.keys.push_back(key_of(*plan.table, key.map));
  check_distinct_keys({plan.keys.begin(), plan.keys.end()});
  check_projection_paths(*plan.table, plan.projection);
}

/// The keys from `first` on, as a request of their own.
std::string unprocessed(const TablePlan& plan, std::size_t first) {
  std::string out = "{\"Keys\":[";
  for (std::size_t i = first; i < plan.request->keys->size(); ++i) {
    if (i > first) out += ',';
    append_map(out, (*plan.request->keys)[i].map);
  }
  out += ']';
  if (plan.request->projection) {
    out += ",\"ProjectionExpression\":";
    append_json_string(out, *plan.request->projection);
  }
  if (!plan.request->names_json.empty()) {
    out += ",\"ExpressionAttributeNames\":" + plan.request->names_json;
  }
  if (plan.request->consistent_read) {
    out +=
        *plan.request->consistent_read ? ",\"ConsistentRead\":true" : ",\"ConsistentRead\":false";
  }
  return out + "}";
}

/// Reads table after table until the answer is full, and gives it away slice by slice: it is never
/// whole in memory, and a client that has gone or does not read keeps one slice at most.
class BatchAnswer final : public net::BodySource {
 public:
  /// Checks all of the request. Throws ApiError.
  BatchAnswer(ItemPlane plane, ItemRequest request)
      : plane_(plane),
        request_(std::move(request)),
        capacity_(capacity_report(request_.return_consumed_capacity)) {
    check_structure(request_);
    std::size_t keys = 0;
    for (auto& table : *request_.request_items) {
      plans_.push_back(parse(table));
      keys += table.keys->size();
    }
    if (keys > kMaxBatchKeys) throw invalid("Too many items requested for the BatchGetItem call");
    for (auto& plan : plans_) find_table(plane_, plan);
  }

  /// Goes on for a slice. The whole answer when that was all of it; else next() begins with what
  /// has been read.
  std::optional<std::string> whole() {
    read_slice();
    if (!ended_) return std::nullopt;
    // "ProvisionedThroughputExceededException … if none of the items can be processed" (API
    // Reference, BatchGetItem). What was not ended has read something.
    if (processed_ == 0 && throttled_) {
      const Table& table = *throttled_->table;
      throw plane_.capacity.throttle(table, Access::kRead, throttled_->limit, "BatchGetItem");
    }
    return std::move(out_);
  }

  Task<std::string> next() override {
    while (out_.empty() && !ended_) {
      co_await core::sleep_for(std::chrono::milliseconds(0));
      read_on();
    }
    co_return std::exchange(out_, std::string());
  }
  std::optional<std::uint64_t> length() const override { return std::nullopt; }

 private:
  /// Others have had their turn. That the store fails now is too late for an error of DynamoDB's.
  void read_on() {
    find_tables_again();
    try {
      read_slice();
    } catch (const store::StoreError& error) {
      throw net::BodyError(error.message);
    }
  }

  void read_slice() {
    std::size_t left = kSliceBytes;
    while (at_table_ < plans_.size()) {
      const TablePlan& plan = plans_[at_table_];
      if (!read(plan, left)) return;
      end(plan);
    }
    out_ += "},\"UnprocessedKeys\":{" + unprocessed_ + "}";
    if (const std::string spent = capacity_.text(); !spent.empty()) {
      out_ += ",\"ConsumedCapacity\":" + spent;
    }
    out_ += '}';
    ended_ = true;
  }

  /// A table may be described anew, or gone, and another may have its name. The keys of one that is
  /// gone are unprocessed: whoever asks for them again is told.
  void find_tables_again() {
    for (std::size_t at = at_table_; at < plans_.size(); ++at) {
      TablePlan& plan = plans_[at];
      plan.table = plane_.tables.find(plan.request->name);
      if (plan.table == nullptr) continue;
      if (plan.table->id != plan.id || !plan.table->serves_items()) plan.table = nullptr;
    }
  }

  /// False when the slice ends before the table does.
  bool read(const TablePlan& plan, std::size_t& left) {
    const Consistency consistency = consistency_of(plan.request->consistent_read);
    for (; at_key_ < plan.keys.size() && plan.table != nullptr; ++at_key_) {
      if (left == 0) return false;
      const PartitionHash partition = partition_hash(plan.keys[at_key_]);
      if (turned_away(plan, partition)) break;
      const auto stored = plane_.items.get(*plan.table, plan.keys[at_key_]);
      if (!stored) {
        take(plan, partition, read_units(0, consistency));
        continue;
      }
      const StoredItem item(*stored);
      if (bytes_ + item.size() > kMaxAnswerBytes) break;
      if (text_bytes_ + item.json().size() > kMaxAnswerText) break;
      bytes_ += item.size();
      text_bytes_ += item.json().size();
      left -= std::min(left, stored->size());
      take(plan, partition, read_units(item.size(), consistency));
      begin(plan);
      if (any_item_) out_ += ',';
      any_item_ = true;
      if (plan.projection) {
        append_map(out_, plan.projection->projection.apply(item.decode()));
      } else {
        out_ += item.json();
      }
    }
    return true;
  }

  /// The rest of the table's keys are unprocessed then, each an event of its own.
  bool turned_away(const TablePlan& plan, PartitionHash partition) {
    const auto limit = plane_.capacity.refusal(*plan.table, Access::kRead, partition);
    if (!limit) return false;
    plane_.capacity.refuse_more(*plan.table, Access::kRead, *limit, plan.keys.size() - at_key_ - 1);
    if (!throttled_) throttled_ = {plan.table, *limit};
    return true;
  }

  void take(const TablePlan& plan, PartitionHash partition, HalfUnits units) {
    plane_.capacity.take(*plan.table, Access::kRead, partition, units);
    units_ += units;
    ++processed_;
  }

  void begin(const TablePlan& plan) {
    if (begun_) return;
    begun_ = true;
    if (at_table_ > 0) out_ += ',';
    append_json_string(out_, plan.request->name);
    out_ += ":[";
  }

  void end(const TablePlan& plan) {
    begin(plan);
    out_ += ']';
    if (at_key_ < plan.keys.size()) {
      if (!unprocessed_.empty()) unprocessed_ += ',';
      append_json_string(unprocessed_, plan.request->name);
      unprocessed_ += ':' + unprocessed(plan, at_key_);
    }
    // What was read of a table that has gone meanwhile was read.
    if (units_ > 0 || (plan.table != nullptr && !throttled_)) capacity_.add(plan.name, units_);
    units_ = 0;
    at_key_ = 0;
    begun_ = false;
    any_item_ = false;
    ++at_table_;
  }

  ItemPlane plane_;
  ItemRequest request_;  ///< the plans borrow from it
  std::vector<TablePlan> plans_;
  BatchCapacity capacity_;
  std::size_t at_table_ = 0;
  std::size_t at_key_ = 0;
  bool begun_ = false;     ///< the table's name has been written
  bool any_item_ = false;  ///< and an item of it
  HalfUnits units_ = 0;
  std::string out_ = "{\"Responses\":{";
  std::string unprocessed_;
  std::size_t bytes_ = 0;  ///< read so far, as DynamoDB counts
  std::size_t text_bytes_ = 0;
  bool ended_ = false;
  struct Throttled {
    const Table* table;  ///< looked at before others get their turn only
    Limit limit;
  };
  std::optional<Throttled> throttled_;  ///< the first of the tables that were
  std::size_t processed_ = 0;           ///< keys
};

}  // namespace

/// Up to 16 MB as DynamoDB counts them: what is more than a slice is a source.
service::RawAnswer batch_get_item(ItemPlane& plane, ItemRequest& request) {
  auto answer = std::make_shared<BatchAnswer>(plane, std::move(request));
  if (auto whole = answer->whole()) return std::move(*whole);
  return std::shared_ptr<net::BodySource>(std::move(answer));
}

}  // namespace tandem::dynamodb
