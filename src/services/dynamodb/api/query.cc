#include "services/dynamodb/api/constraints.h"
#include "services/dynamodb/api/expressions.h"
#include "services/dynamodb/api/item_handlers.h"
#include "services/dynamodb/api/page.h"
#include "services/dynamodb/model/key_codec.h"
#include "services/dynamodb/model/key_condition.h"

namespace tandem::dynamodb {
namespace {

aws::ApiError invalid(std::string text) {
  return aws::ApiError::validation_exception(std::move(text));
}

void check_structure(const ItemRequest& request) {
  Constraints constraints;
  constraints.in_range(request.limit, "limit", 1);
  constraints.return_consumed_capacity(request.return_consumed_capacity);
  constraints.select(request.select);
  constraints.table_name(request.table_name);
  constraints.index_name(request.index_name);
  constraints.check();
}

struct Plan {
  PagePlan page;
  std::vector<KeyPredicate> predicates;
};

Plan parse_expressions(ItemRequest& request) {
  Plan plan;
  plan.page.count_only = request.select == "COUNT";
  auto& substitutions = request.substitutions;
  substitutions.validate();
  plan.predicates = parse_key_condition(*request.key_condition, substitutions);
  if (request.filter) {
    plan.page.filter = parse_condition(ExpressionKind::kFilter, *request.filter, substitutions);
  }
  plan.page.projection = parse_read_projection(request.projection, substitutions);
  substitutions.check_all_used();
  return plan;
}

/// What the key condition says about one table's keys.
struct KeyQuestion {
  const KeyPredicate* hash = nullptr;
  const KeyPredicate* range = nullptr;
};

void check_predicate(const KeyAttribute& attribute, const KeyPredicate& predicate, KeyPart part) {
  for (const Value* value : {predicate.value, predicate.high}) {
    if (value == nullptr) continue;
    if (value->type() != type_of(attribute.type)) {
      throw invalid(
          "One or more parameter values were invalid: Condition parameter type does not match "
          "schema type");
    }
    check_key_value(attribute.name, *value, part);
  }
}

KeyQuestion match_schema(const Table& table, const std::vector<KeyPredicate>& predicates) {
  KeyQuestion out;
  for (const auto& predicate : predicates) {
    if (predicate.attribute == table.hash.name) out.hash = &predicate;
    if (table.range && predicate.attribute == table.range->name) out.range = &predicate;
  }
  const std::size_t keys = table.range ? 2 : 1;
  if (predicates.size() > 2) {
    throw invalid("The number of query conditions (" + std::to_string(predicates.size()) +
                  ") exceeds the number of key attributes defined in the schema (" +
                  std::to_string(keys) + ")");
  }
  if (!table.range && predicates.size() > 1) throw invalid("Query key condition not supported");
  const auto missed = [](const KeyAttribute& attribute) {
    return invalid("Query condition missed key schema element: " + attribute.name);
  };
  if (out.hash == nullptr) throw missed(table.hash);
  if (predicates.size() > 1 && out.range == nullptr) throw missed(*table.range);
  check_predicate(table.hash, *out.hash, KeyPart::kHash);
  if (out.hash->op != KeyOperator::kEqual) throw invalid("Query key condition not supported");
  if (out.range != nullptr) check_predicate(*table.range, *out.range, KeyPart::kRange);
  return out;
}

/// The starting key must be one the query itself could have returned.
void check_start(const Table& table, const KeyQuestion& question, const Map& start) {
  const bool same_partition = *start.find(table.hash.name) == *question.hash->value;
  if (question.range != nullptr) {
    if (!matches(*question.range, *start.find(table.range->name))) {
      throw invalid("The provided starting key does not match the range key predicate");
    }
    if (question.range->op == KeyOperator::kEqual && same_partition) {
      throw invalid("The query can return at most one row and cannot be restarted");
    }
  }
  if (!same_partition) {
    throw invalid(
        "The provided starting key is outside query boundaries based on provided conditions");
  }
}

void check_paths(const Table& table, const PagePlan& page) {
  check_projection_paths(table, page.projection);
  if (!page.filter) return;
  for_each_path(*page.filter, [&table](const Path& path) {
    if (is_key_attribute(table, path.front().name)) {
      throw invalid(
          "Filter Expression can only contain non-primary key attributes: Primary key attribute: " +
          path.front().name);
    }
  });
}

ItemRange range_of(const KeyQuestion& question, const ItemRequest& request) {
  const std::string partition = encode_partition(*question.hash->value);
  ItemRange range;
  range.direction =
      request.scan_index_forward.value_or(true) ? Direction::kForward : Direction::kBackward;
  range.begin = partition;
  range.end = store::prefix_end(partition);
  if (question.range != nullptr) {
    const RangeInterval interval = interval_of(*question.range);
    range.begin = partition + interval.begin;
    if (!interval.end.empty()) range.end = partition + interval.end;
  }
  return range;
}

}  // namespace

service::RawAnswer query(ItemPlane& plane, ItemRequest& request) {
  check_structure(request);
  check_substitutions(request.substitutions, {{"FilterExpression", request.filter},
                                              {"KeyConditionExpression", request.key_condition},
                                              {"ProjectionExpression", request.projection, false}});
  check_start_values(request);
  check_select(request, "Query");
  if (!request.key_condition) {
    throw invalid(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
        "request.");
  }
  Plan plan = parse_expressions(request);

  const Table& table = require_table(plane.tables, *request.table_name);
  refuse_index(request);
  const KeyQuestion question = match_schema(table, plan.predicates);
  std::string exclusive_start = start_key(table, request);
  if (!exclusive_start.empty()) {
    check_start(table, question, request.exclusive_start_key->map);
  }
  check_paths(table, plan.page);
  plan.page.at_most_one =
      !table.range || (question.range != nullptr && question.range->op == KeyOperator::kEqual);

  ItemRange range = range_of(question, request);
  range.exclusive_start = std::move(exclusive_start);
  plan.page.operation = "Query";
  plan.page.partition = partition_hash(range.begin);
  return answer_page(plane, table, request, plan.page, range);
}

}  // namespace tandem::dynamodb
