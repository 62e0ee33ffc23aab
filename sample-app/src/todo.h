// A todo, and what a client may say about one. Pure.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace todo {

struct Todo {
  std::string id;
  std::string text;
  bool checked = false;
  std::int64_t created_at_ms = 0;
  std::int64_t updated_at_ms = 0;

  boost::json::object to_json() const;
};

/// What is wrong with a request; its message is for the client.
struct Invalid {
  std::string message;
};

inline constexpr std::size_t kTextCharacters = 1'000;

struct NewTodo {
  std::string text;
  bool checked = false;
};
/// The body of POST: text, and checked if it likes. Throws Invalid.
NewTodo parse_new_todo(std::optional<std::string_view> body);

struct TodoChange {
  std::string text;
  bool checked = false;
};
/// The body of PUT: text and checked, both. Throws Invalid.
TodoChange parse_todo_change(std::optional<std::string_view> body);

}  // namespace todo
