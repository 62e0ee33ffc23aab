// The public methods of Java's String, numbers, Boolean, List and Map that templates may call.
//
// As in Velocity, a method that a class does not have, or not with such arguments, leads nowhere.
// One that Java has and is not served here fails the rendering by name, so that nothing silently
// differs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "services/apigateway/mapping/engine.h"

namespace tandem::apigateway::mapping {

using Arguments = std::vector<Value>;

/// Empty when there is no such method. Not of null.
std::optional<Value> call_method(Engine& engine, const Value& self, std::string_view name,
                                 const Arguments& arguments);

/// The place that a position means; negative ones count from the end in $list[-1]. Throws
/// RenderError.
std::size_t list_place(const List& list, std::int64_t position);

/// A method of one class: empty when the arguments do not fit.
struct MethodRow {
  std::string_view name;
  std::optional<Value> (*call)(Engine& engine, const Value& self, const Arguments& arguments);
};
std::span<const MethodRow> string_methods();
std::span<const MethodRow> list_methods();
std::span<const MethodRow> map_methods();
std::span<const MethodRow> number_methods();
std::span<const MethodRow> boolean_methods();

/// nullptr, or empty, when there is no such argument or it is of another class.
inline const std::string* text_at(const Arguments& arguments, std::size_t at) {
  return at < arguments.size() ? arguments[at].if_text() : nullptr;
}
inline std::optional<std::int64_t> integer_at(const Arguments& arguments, std::size_t at) {
  return at < arguments.size() ? arguments[at].if_integer() : std::nullopt;
}

}  // namespace tandem::apigateway::mapping
