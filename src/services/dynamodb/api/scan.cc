#include "services/dynamodb/api/constraints.h"
#include "services/dynamodb/api/expressions.h"
#include "services/dynamodb/api/item_handlers.h"
#include "services/dynamodb/api/page.h"
#include "services/dynamodb/model/key_codec.h"

namespace tandem::dynamodb {
namespace {

constexpr std::int64_t kMaxSegments = 1'000'000;

aws::ApiError invalid(std::string text) {
  return aws::ApiError::validation_exception(std::move(text));
}

void check_structure(const ItemRequest& request) {
  Constraints constraints;
  constraints.in_range(request.limit, "limit", 1);
  constraints.return_consumed_capacity(request.return_consumed_capacity);
  constraints.in_range(request.segment, "segment", 0, kMaxSegments - 1);
  constraints.select(request.select);
  constraints.in_range(request.total_segments, "totalSegments", 1, kMaxSegments);
  constraints.table_name(request.table_name);
  constraints.index_name(request.index_name);
  constraints.check();
}

void check_segments(const ItemRequest& request) {
  if (request.segment && !request.total_segments) {
    throw invalid(
        "The TotalSegments parameter is required but was not present in the request when Segment "
        "parameter is present");
  }
  if (!request.total_segments) return;
  if (!request.segment) {
    throw invalid(
        "The Segment parameter is required but was not present in the request when parameter "
        "TotalSegments is present");
  }
  if (*request.segment >= *request.total_segments) {
    throw invalid(
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
        "Segment: " +
        std::to_string(*request.segment) +
        " is not less than TotalSegments: " + std::to_string(*request.total_segments));
  }
}

PagePlan parse_expressions(ItemRequest& request) {
  PagePlan plan;
  plan.count_only = request.select == "COUNT";
  request.substitutions.validate();
  if (request.filter) {
    plan.filter = parse_condition(ExpressionKind::kFilter, *request.filter, request.substitutions);
  }
  plan.projection = parse_read_projection(request.projection, request.substitutions);
  request.substitutions.check_all_used();
  return plan;
}

ItemRange range_of(const ItemRequest& request, std::string exclusive_start) {
  ItemRange range;
  if (request.total_segments) {
    auto [begin, end] = segment_range(static_cast<std::uint32_t>(*request.segment),
                                      static_cast<std::uint32_t>(*request.total_segments));
    const bool outside = !exclusive_start.empty() &&
                         (exclusive_start < begin || (!end.empty() && exclusive_start >= end));
    if (outside) {
      throw invalid(
          "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
          "ExclusiveStartKey with correct Segment. TotalSegments: " +
          std::to_string(*request.total_segments) +
          " Segment: " + std::to_string(*request.segment));
    }
    range.begin = std::move(begin);
    range.end = std::move(end);
  }
  range.exclusive_start = std::move(exclusive_start);
  return range;
}

}  // namespace

service::RawAnswer scan(ItemPlane& plane, ItemRequest& request) {
  check_structure(request);
  check_substitutions(request.substitutions, {{"FilterExpression", request.filter},
                                              {"ProjectionExpression", request.projection, false}});
  check_start_values(request);
  check_segments(request);
  check_select(request, "Scan");
  PagePlan plan = parse_expressions(request);
  plan.operation = "Scan";

  const Table& table = require_table(plane.tables, *request.table_name);
  refuse_index(request);
  std::string exclusive_start = start_key(table, request);
  ItemRange range = range_of(request, std::move(exclusive_start));
  check_projection_paths(table, plan.projection);
  if (plan.filter) {
    for_each_path(*plan.filter, [&table](const Path& path) { check_scalar_keys(table, path); });
  }
  return answer_page(plane, table, request, plan, range);
}

}  // namespace tandem::dynamodb
