// Boost.JSON under a short name, with the accessors documents need: absence is std::optional or
// nullptr, never an exception.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/parsed.h"

namespace tandem::json {

using namespace boost::json;  // NOLINT: the whole point of this header

/// nullptr when key is absent or null.
const value* find(const object& in, std::string_view key);
/// nullptr when absent or of another type.
const object* find_object(const object& in, std::string_view key);
const array* find_array(const object& in, std::string_view key);
std::optional<std::string> find_string(const object& in, std::string_view key);
std::optional<std::int64_t> find_int(const object& in, std::string_view key);
std::optional<double> find_number(const object& in, std::string_view key);
std::optional<bool> find_bool(const object& in, std::string_view key);

/// The string, or fallback when absent or of another type.
std::string string_or(const object& in, std::string_view key, std::string_view fallback = "");
std::int64_t int_or(const object& in, std::string_view key, std::int64_t fallback);
bool bool_or(const object& in, std::string_view key, bool fallback);

inline std::string_view view(const string& text) { return {text.data(), text.size()}; }
inline std::string to_std(const value& text) { return std::string(view(text.as_string())); }

/// Parses one JSON text, nesting at most max_depth, whole input consumed.
core::Parsed<value> parse_text(std::string_view text, std::size_t max_depth = 64);
/// Compact text.
std::string to_text(const value& document);

}  // namespace tandem::json
