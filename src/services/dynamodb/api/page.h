// Pages of Query and Scan: walking a range of items until a limit is met, with filter and
// projection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "services/dynamodb/api/item_operations.h"
#include "services/dynamodb/api/item_request.h"
#include "services/dynamodb/api/reading.h"
#include "services/dynamodb/model/condition.h"

namespace tandem::dynamodb {

/// Bytes of items one call looks at, before filtering.
inline constexpr std::size_t kPageBytes = 1024 * 1024;

/// Read and checked parameters of a page that Query and Scan have in common.
struct PagePlan {
  std::string_view operation;  ///< a literal: "Query" or "Scan"
  PartitionHash partition;     ///< of a Query
  bool count_only = false;
  bool at_most_one = false;  ///< a whole key was given: there is never a next page
  std::optional<Condition> filter;
  std::optional<ProjectionExpression> projection;
};

/// Which of Select's values goes with which other parameters. operation: "Query" or "Scan".
void check_select(const ItemRequest& request, std::string_view operation);
/// Throws about an IndexName, for tables have no indexes here.
void refuse_index(const ItemRequest& request);
/// The problem of an ExclusiveStartKey's values.
void check_start_values(const ItemRequest& request);
/// The encoded ExclusiveStartKey; empty when there is none.
std::string start_key(const Table& table, const ItemRequest& request);

/// Walks the range and renders the answer.
std::string answer_page(ItemPlane& plane, const Table& table, const ItemRequest& request,
                        const PagePlan& plan, const ItemRange& range);

}  // namespace tandem::dynamodb
