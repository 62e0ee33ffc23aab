#include "services/dynamodb/api/batch.h"

#include <algorithm>

#include "aws/error.h"

namespace tandem::dynamodb {
namespace {

/// As much of a map as is needed to recognise it in a message.
std::string describe(const std::vector<BatchTable>& tables) {
  std::string out = "{";
  for (const auto& table : tables) {
    if (out.size() > 1) out += ", ";
    out += table.name + "=[...]";
    if (out.size() > 1000) break;
  }
  return out + "}";
}

}  // namespace

void check_request_items(Constraints& constraints, const ItemRequest& request) {
  constexpr std::string_view kPath = "requestItems";
  constraints.not_null(request.request_items.has_value(), kPath);
  if (!request.request_items) return;
  const auto& tables = *request.request_items;
  if (tables.empty()) {
    constraints.violated("{}", kPath, "Member must have length greater than or equal to 1");
  }
  const bool all_names = std::all_of(tables.begin(), tables.end(), [](const BatchTable& table) {
    return is_resource_name(table.name) || table.name.starts_with("arn:");
  });
  if (!all_names) {
    constraints.violated(
        describe(tables), kPath,
        "Map keys must satisfy constraint: [Member must have length less than or equal to 255, "
        "Member must have length greater than or equal to 3, Member must satisfy regular "
        "expression pattern: [a-zA-Z0-9_.-]+]");
  }
}

void check_distinct_keys(std::vector<std::string_view> keys) {
  std::sort(keys.begin(), keys.end());
  if (std::adjacent_find(keys.begin(), keys.end()) == keys.end()) return;
  throw aws::ApiError::validation_exception("Provided list of item keys contains duplicates");
}

void BatchCapacity::add(std::string_view table, HalfUnits units) {
  if (report_ == CapacityReport::kNone) return;
  if (!entries_.empty()) entries_ += ',';
  entries_ += consumed_capacity(table, units, report_);
}

std::string BatchCapacity::text() const {
  return report_ == CapacityReport::kNone ? "" : "[" + entries_ + "]";
}

void BatchCapacity::add_to(Answer& answer) const {
  if (report_ != CapacityReport::kNone) answer.add("ConsumedCapacity", text());
}

}  // namespace tandem::dynamodb
