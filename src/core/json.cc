#include "core/json.h"

namespace tandem::json {

const value* find(const object& in, std::string_view key) {
  const value* found = in.if_contains(key);
  return found == nullptr || found->is_null() ? nullptr : found;
}

const object* find_object(const object& in, std::string_view key) {
  const value* found = in.if_contains(key);
  return found == nullptr ? nullptr : found->if_object();
}

const array* find_array(const object& in, std::string_view key) {
  const value* found = in.if_contains(key);
  return found == nullptr ? nullptr : found->if_array();
}

std::optional<std::string> find_string(const object& in, std::string_view key) {
  const value* found = in.if_contains(key);
  if (found == nullptr || !found->is_string()) return std::nullopt;
  return std::string(view(found->get_string()));
}

std::optional<std::int64_t> find_int(const object& in, std::string_view key) {
  const value* found = in.if_contains(key);
  if (found == nullptr || !found->is_number()) return std::nullopt;
  boost::system::error_code error;
  const auto number = found->to_number<std::int64_t>(error);
  if (error) return std::nullopt;
  return number;
}

std::optional<double> find_number(const object& in, std::string_view key) {
  const value* found = in.if_contains(key);
  if (found == nullptr || !found->is_number()) return std::nullopt;
  return found->to_number<double>();
}

std::optional<bool> find_bool(const object& in, std::string_view key) {
  const value* found = in.if_contains(key);
  if (found == nullptr || !found->is_bool()) return std::nullopt;
  return found->get_bool();
}

std::string string_or(const object& in, std::string_view key, std::string_view fallback) {
  return find_string(in, key).value_or(std::string(fallback));
}

std::int64_t int_or(const object& in, std::string_view key, std::int64_t fallback) {
  return find_int(in, key).value_or(fallback);
}

bool bool_or(const object& in, std::string_view key, bool fallback) {
  return find_bool(in, key).value_or(fallback);
}

core::Parsed<value> parse_text(std::string_view text, std::size_t max_depth) {
  parse_options options;
  options.max_depth = max_depth;
  stream_parser parser({}, options);
  boost::system::error_code error;
  const std::size_t used = parser.write_some(text.data(), text.size(), error);
  if (!error && used < text.size()) {
    for (const char c : text.substr(used)) {
      if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
        return core::ParseError{"extra data after the JSON text", used};
      }
    }
  }
  if (!error) parser.finish(error);
  if (error) return core::ParseError{error.message(), used};
  return parser.release();
}

std::string to_text(const value& document) { return serialize(document); }

}  // namespace tandem::json
