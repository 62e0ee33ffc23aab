#include "services/dynamodb/api/constraints.h"

#include <algorithm>

#include "aws/error.h"
#include "aws/shown.h"
#include "core/text.h"

namespace tandem::dynamodb {
namespace {

constexpr std::size_t kMinName = 3;
constexpr std::size_t kMaxName = 255;
/// Wherever a table's name goes its ARN may go too.
constexpr std::size_t kMaxArn = 1024;
/// The service reports no more than this many.
constexpr std::size_t kMaxViolations = 10;

bool matches_pattern(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

/// "INDEXES" in "INDEXES, TOTAL, NONE".
bool lists(std::string_view values, std::string_view value) {
  const auto parts = core::split(values, ',');
  return std::any_of(parts.begin(), parts.end(),
                     [value](std::string_view part) { return core::trim(part) == value; });
}

}  // namespace

bool is_resource_name(std::string_view name) {
  return name.size() >= kMinName && name.size() <= kMaxName && matches_pattern(name);
}

void Constraints::violated(std::optional<std::string_view> value, std::string_view path,
                           std::string_view constraint) {
  std::string text = "Value ";
  text += value ? "'" + aws::shown(*value) + "'" : "null";
  text += " at '";
  text += aws::shown(path);
  text += "' failed to satisfy constraint: ";
  text += constraint;
  violations_.push_back(std::move(text));
}

void Constraints::not_null(bool given, std::string_view path) {
  if (!given) violated(std::nullopt, path, "Member must not be null");
}

void Constraints::name(const std::string& value, std::string_view path) {
  if (is_resource_name(value)) return;
  if (!matches_pattern(value)) {
    violated(value, path, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
  }
  if (value.size() < kMinName) {
    violated(value, path, "Member must have length greater than or equal to 3");
  }
  if (value.size() > kMaxName) {
    violated(value, path, "Member must have length less than or equal to 255");
  }
}

void Constraints::table_name(const std::optional<std::string>& value) {
  constexpr std::string_view kPath = "tableName";
  not_null(value.has_value(), kPath);
  if (!value) return;
  if (value->empty()) {
    // Measured: for a name or an ARN this is all that is said.
    violated(*value, kPath, "Member must have length greater than or equal to 1");
    return;
  }
  if (value->starts_with("arn:")) {
    if (value->size() > kMaxArn) {
      violated(*value, kPath, "Member must have length less than or equal to 1024");
    }
    return;
  }
  name(*value, kPath);
}

void Constraints::index_name(const std::optional<std::string>& value) {
  if (value) name(*value, "indexName");
}

void Constraints::one_of(const std::optional<std::string>& value, std::string_view path,
                         std::string_view values) {
  if (!value || lists(values, *value)) return;
  violated(*value, path,
           std::string("Member must satisfy enum value set: [").append(values).append("]"));
}

void Constraints::in_range(std::optional<std::int64_t> value, std::string_view path,
                           std::int64_t least, std::int64_t most) {
  if (!value) return;
  const std::string shown = std::to_string(*value);
  if (*value < least) {
    violated(shown, path,
             "Member must have value greater than or equal to " + std::to_string(least));
  }
  if (*value > most) {
    violated(shown, path, "Member must have value less than or equal to " + std::to_string(most));
  }
}

void Constraints::return_consumed_capacity(const std::optional<std::string>& value) {
  one_of(value, "returnConsumedCapacity", "INDEXES, TOTAL, NONE");
}
void Constraints::return_item_collection_metrics(const std::optional<std::string>& value) {
  one_of(value, "returnItemCollectionMetrics", "SIZE, NONE");
}
void Constraints::return_values(const std::optional<std::string>& value) {
  one_of(value, "returnValues", "ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW");
}
void Constraints::return_values_on_failure(const std::optional<std::string>& value) {
  one_of(value, "returnValuesOnConditionCheckFailure", "ALL_OLD, NONE");
}
void Constraints::select(const std::optional<std::string>& value) {
  one_of(value, "select", "SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES");
}

void Constraints::check() const {
  if (violations_.empty()) return;
  const std::size_t shown = std::min(violations_.size(), kMaxViolations);
  const std::vector<std::string> first(violations_.begin(),
                                       violations_.begin() + static_cast<std::ptrdiff_t>(shown));
  throw aws::ApiError::validation_exception(std::to_string(shown) + " validation error" +
                                            (shown > 1 ? "s" : "") +
                                            " detected: " + core::join(first, "; "));
}

}  // namespace tandem::dynamodb
