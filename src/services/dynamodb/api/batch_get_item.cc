#include "services/dynamodb/api/batch.h"
#include "services/dynamodb/api/expressions.h"
#include "services/dynamodb/api/item_handlers.h"
#include "services/dynamodb/api/reading.h"
#include "services/dynamodb/model/item_codec.h"

namespace tandem::dynamodb {
namespace {

constexpr std::size_t kMaxKeys = 100;
/// What one answer carries before the rest is left unprocessed.
constexpr std::size_t kMaxAnswerBytes = 16 * 1024 * 1024;
/// And what it carries as text, which for numbers can be many times what they count.
constexpr std::size_t kMaxAnswerText = 64 * 1024 * 1024;

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

void find_table(ItemPlane& plane, TablePlan& plan) {
  plan.table = &require_table(plane.tables, plan.request->name);
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

/// Reads table after table until the answer is full.
class Reader {
 public:
  Reader(ItemPlane& plane, CapacityReport report) : plane_(plane), capacity_(report) {}

  void read(const TablePlan& plan) {
    const Consistency consistency = consistency_of(plan.request->consistent_read);
    std::string items = "[";
    HalfUnits units = 0;
    std::size_t at = 0;
    for (; at < plan.keys.size(); ++at) {
      const auto stored = plane_.items.get(*plan.table, plan.keys[at]);
      if (!stored) {
        units += read_units(0, consistency);
        continue;
      }
      const StoredItem item(*stored);
      if (bytes_ + item.size() > kMaxAnswerBytes) break;
      if (responses_.size() + items.size() > kMaxAnswerText) break;
      bytes_ += item.size();
      units += read_units(item.size(), consistency);
      if (items.size() > 1) items += ',';
      if (plan.projection) {
        append_map(items, plan.projection->projection.apply(item.decode()));
      } else {
        items += item.json();
      }
    }
    items += ']';
    add_member(responses_, plan.request->name, items);
    if (at < plan.keys.size()) {
      add_member(unprocessed_, plan.request->name, unprocessed(plan, at));
    }
    capacity_.add(*plan.table, units);
  }

  std::string answer() && {
    Answer answer;
    answer.add("Responses", responses_ + "}");
    answer.add("UnprocessedKeys", unprocessed_ + "}");
    capacity_.add_to(answer);
    return std::move(answer).take();
  }

 private:
  ItemPlane& plane_;
  BatchCapacity capacity_;
  std::string responses_ = "{";
  std::string unprocessed_ = "{";
  std::size_t bytes_ = 0;
};

}  // namespace

std::string batch_get_item(ItemPlane& plane, ItemRequest& request) {
  check_structure(request);
  std::vector<TablePlan> plans;
  std::size_t keys = 0;
  for (auto& table : *request.request_items) {
    plans.push_back(parse(table));
    keys += table.keys->size();
  }
  if (keys > kMaxKeys) throw invalid("Too many items requested for the BatchGetItem call");
  for (auto& plan : plans) find_table(plane, plan);

  Reader reader(plane, capacity_report(request.return_consumed_capacity));
  for (const auto& plan : plans) reader.read(plan);
  return std::move(reader).answer();
}

}  // namespace tandem::dynamodb
