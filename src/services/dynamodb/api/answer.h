// What the answers of item operations have in common: consumed capacity and condition failures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "services/dynamodb/model/capacity_units.h"
#include "services/dynamodb/store/table.h"

namespace tandem::dynamodb {

enum class CapacityReport : std::uint8_t { kNone, kTotal, kIndexes };
CapacityReport capacity_report(const std::optional<std::string>& return_consumed_capacity);

/// {"TableName":"t","CapacityUnits":0.5} and with kIndexes the table's share.
std::string consumed_capacity(std::string_view table, HalfUnits units, CapacityReport report);

/// Builds {"A":…,"B":…} from members that are JSON already.
class Answer {
 public:
  void add(std::string_view member, std::string_view json);
  void add_count(std::string_view member, std::size_t count);
  void add_capacity(const Table& table, HalfUnits units, CapacityReport report);
  std::string take() &&;

 private:
  std::string text_ = "{";
};

/// ConditionalCheckFailedException, with the item when there is one to show (its JSON).
aws::ApiError condition_failed(std::optional<std::string_view> item_json);

}  // namespace tandem::dynamodb
