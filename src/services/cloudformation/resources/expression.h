// The words of a row (row.h) applied to a resource: requests, templates, paths. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/cloudformation/resources/row.h"

namespace tandem::cloudformation {

/// What words may speak of. Everything outlives it.
struct RowScope {
  const Row& row;
  const Shape& shape;
  const HandlerContext::Identity& identity;
  const Physical& physical;
  const json::object& properties;
  const json::object* before = nullptr;  ///< an update: what there was
  const json::value* item = nullptr;     ///< of a part's list
  const Shape* item_shape = nullptr;
};

std::vector<std::string_view> words_of(std::string_view text);

/// Nothing when it speaks of a property that is not there.
std::optional<std::string> expand(std::string_view text, const RowScope& scope);
json::object build_request(std::string_view request, const RowScope& scope);
/// Null when the path leads nowhere.
const json::value* at_path(const json::object& in, std::string_view path, const RowScope& scope);
/// What the answer and the resource itself tell of its attributes.
json::object attributes_from(const json::object& answer, const RowScope& scope);
/// The part's property; null: not there. Its shape through shape, when that is asked for.
const json::value* property_at(std::string_view path, const json::object& properties,
                               const Shape& whole, const Shape** shape);
/// As the service spells it.
std::string spelled(std::string_view name, const Row& row);

/// The top-level properties that the words of a row speak of.
std::vector<std::string> properties_of(const Row& row);
/// Those that an update in place can change.
std::vector<std::string> updatable_properties(const Row& row);

}  // namespace tandem::cloudformation
