#include <algorithm>
#include <chrono>
#include <memory>

#include "core/task.h"
#include "services/dynamodb/api/batch.h"
#include "services/dynamodb/api/expressions.h"
#include "services/dynamodb/api/item_handlers.h"
#include "services/dynamodb/api/keys.h"
#include "services/dynamodb/api/reading.h"
#include "services/dynamodb/model/item_codec.h"

namespace tandem::dynamodb {
namespace {

constexpr std::size_t kMaxKeys = 100;
/// What one answer carries before the rest is left unprocessed.
constexpr std::size_t kMaxAnswerBytes = 16 * 1024 * 1024;
/// And what it carries as text, which for numbers can be many times what they count.
constexpr std::size_t kMaxAnswerText = 64 * 1024 * 1024;
/// What is read before others get their turn: a few milliseconds' work.
constexpr std::size_t kSliceBytes = 512 * 1024;

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
      } else if (table.keys->size() > kMaxKeys) {
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
  std::string id;  ///< of the table: one that takes its name later is another
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

void add_member(std::string& object, std::string_view name, std::string_view json) {
  if (object.size() > 1) object += ',';
  append_json_string(object, name);
  object += ':';
  object += json;
}

/// Reads table after table until the answer is full, a slice at a time.
class Reading {
 public:
  /// Checks all of the request. Throws ApiError.
  Reading(ItemPlane plane, ItemRequest request)
      : plane_(plane),
        request_(std::move(request)),
        capacity_(capacity_report(request_.return_consumed_capacity)) {
    check_structure(request_);
    std::size_t keys = 0;
    for (auto& table : *request_.request_items) {
      plans_.push_back(parse(table));
      keys += table.keys->size();
    }
    if (keys > kMaxKeys) throw invalid("Too many items requested for the BatchGetItem call");
    for (auto& plan : plans_) find_table(plane_, plan);
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  /// One slice. False when there is no more.
  bool read() {
    std::size_t left = kSliceBytes;
    while (at_table_ < plans_.size()) {
      const TablePlan& plan = plans_[at_table_];
      if (!read(plan, left)) return true;
      end(plan);
    }
    return false;
  }
  /// Others have had their turn: a table may be gone, or described anew.
  void find_tables_again() {
    for (std::size_t at = at_table_; at < plans_.size(); ++at) {
      TablePlan& plan = plans_[at];
      plan.table = &require_table(plane_.tables, plan.request->name);
      if (plan.table->id != plan.id) throw no_such_table();
    }
  }

  std::string answer() {
    Answer answer;
    answer.add("Responses", responses_ + "}");
    answer.add("UnprocessedKeys", unprocessed_ + "}");
    capacity_.add_to(answer);
    return std::move(answer).take();
  }

 private:
  /// False when the slice ends before the table does.
  bool read(const TablePlan& plan, std::size_t& left) {
    const Consistency consistency = consistency_of(plan.request->consistent_read);
    for (; at_key_ < plan.keys.size(); ++at_key_) {
      if (left == 0) return false;
      const auto stored = plane_.items.get(*plan.table, plan.keys[at_key_]);
      if (!stored) {
        units_ += read_units(0, consistency);
        continue;
      }
      const StoredItem item(*stored);
      if (bytes_ + item.size() > kMaxAnswerBytes) break;
      if (responses_.size() + items_.size() > kMaxAnswerText) break;
      bytes_ += item.size();
      left -= std::min(left, stored->size());
      units_ += read_units(item.size(), consistency);
      if (items_.size() > 1) items_ += ',';
      if (plan.projection) {
        append_map(items_, plan.projection->projection.apply(item.decode()));
      } else {
        items_ += item.json();
      }
    }
    return true;
  }

  void end(const TablePlan& plan) {
    add_member(responses_, plan.request->name, items_ + ']');
    if (at_key_ < plan.keys.size()) {
      add_member(unprocessed_, plan.request->name, unprocessed(plan, at_key_));
    }
    capacity_.add(*plan.table, units_);
    items_ = "[";
    units_ = 0;
    at_key_ = 0;
    ++at_table_;
  }

  ItemPlane plane_;
  ItemRequest request_;  ///< the plans borrow from it
  std::vector<TablePlan> plans_;
  BatchCapacity capacity_;
  std::size_t at_table_ = 0;
  std::size_t at_key_ = 0;
  std::string items_ = "[";  ///< of the table that is being read
  HalfUnits units_ = 0;
  std::string responses_ = "{";
  std::string unprocessed_ = "{";
  std::size_t bytes_ = 0;
};

Task<std::string> read_on(std::unique_ptr<Reading> reading) {
  do {
    co_await core::sleep_for(std::chrono::milliseconds(0));
    reading->find_tables_again();
  } while (reading->read());
  co_return reading->answer();
}

}  // namespace

/// Up to 16 MB: what is more than a slice is pending, so that nobody waits for it.
service::RawAnswer batch_get_item(ItemPlane& plane, ItemRequest& request) {
  auto reading = std::make_unique<Reading>(plane, std::move(request));
  if (reading->read()) return read_on(std::move(reading));
  return reading->answer();
}

}  // namespace tandem::dynamodb
