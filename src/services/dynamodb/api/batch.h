// Steps that the batch operations share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/dynamodb/api/answer.h"
#include "services/dynamodb/api/constraints.h"
#include "services/dynamodb/api/item_request.h"

namespace tandem::dynamodb {

/// RequestItems is there, not empty, and its keys are names or ARNs of tables.
void check_request_items(Constraints& constraints, const ItemRequest& request);

/// Throws when two of the encoded keys of one table are equal.
void check_distinct_keys(std::vector<std::string_view> keys);

/// ConsumedCapacity of a batch: one entry a table.
class BatchCapacity {
 public:
  explicit BatchCapacity(CapacityReport report) : report_(report) {}
  void add(std::string_view table, HalfUnits units);
  void add_to(Answer& answer) const;
  /// As JSON; empty when none was asked for.
  std::string text() const;

 private:
  CapacityReport report_;
  std::string entries_;
};

}  // namespace tandem::dynamodb
