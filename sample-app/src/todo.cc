#include "todo.h"

#include <algorithm>

namespace todo {
namespace {

namespace json = boost::json;

json::object parse_object(std::optional<std::string_view> body) {
  if (!body || body->empty()) throw Invalid{"The request has no body."};
  json::parse_options options;
  options.max_depth = 8;
  boost::system::error_code error;
  json::value value =
      json::parse(json::string_view(body->data(), body->size()), error, {}, options);
  if (error) throw Invalid{"The body is not valid JSON."};
  if (!value.is_object()) throw Invalid{"The body is not a JSON object."};
  return std::move(value.as_object());
}

/// In code points: what a user counts is nearer to that than bytes are.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string read_text(const json::object& body) {
  const json::value* value = body.if_contains("text");
  if (value == nullptr) throw Invalid{"text is required."};
  if (!value->is_string()) throw Invalid{"text must be a string."};
  const std::string text(value->as_string().data(), value->as_string().size());
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw Invalid{"text must not be empty."};
  }
  if (characters(text) > kTextCharacters) {
    throw Invalid{"text must not be longer than " + std::to_string(kTextCharacters) +
                  " characters."};
  }
  return text;
}

bool read_checked(const json::value& value) {
  if (!value.is_bool()) throw Invalid{"checked must be true or false."};
  return value.as_bool();
}

}  // namespace

json::object Todo::to_json() const {
  return {{"id", id},
          {"text", text},
          {"checked", checked},
          {"createdAt", created_at_ms},
          {"updatedAt", updated_at_ms}};
}

NewTodo parse_new_todo(std::optional<std::string_view> body) {
  const json::object object = parse_object(body);
  NewTodo todo{read_text(object), false};
  if (const json::value* checked = object.if_contains("checked")) {
    todo.checked = read_checked(*checked);
  }
  return todo;
}

TodoChange parse_todo_change(std::optional<std::string_view> body) {
  const json::object object = parse_object(body);
  TodoChange change{read_text(object), false};
  const json::value* checked = object.if_contains("checked");
  if (checked == nullptr) throw Invalid{"checked is required."};
  change.checked = read_checked(*checked);
  return change;
}

}  // namespace todo
