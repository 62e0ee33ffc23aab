// Where todos are kept.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "todo.h"

namespace todo {

/// The store cannot do it; temporary when trying again later may help.
struct StoreError : std::runtime_error {
  enum class Kind { kTemporary, kPermanent };
  StoreError(Kind kind, const std::string& message) : std::runtime_error(message), kind(kind) {}
  Kind kind;
};

struct TodoPage {
  std::vector<Todo> todos;
  std::string next;  ///< id to go on after; empty at the end
};

class TodoStore {
 public:
  virtual ~TodoStore() = default;
  virtual void put(const Todo& todo) = 0;
  virtual std::optional<Todo> get(const std::string& id) = 0;
  /// The changed todo; nothing when there is none with this id.
  virtual std::optional<Todo> change(const std::string& id, const TodoChange& change,
                                     std::int64_t now_ms) = 0;
  /// False when there was none.
  virtual bool remove(const std::string& id) = 0;
  /// At most limit todos, in no particular order, after an earlier page's next.
  virtual TodoPage list(std::size_t limit, const std::string& after) = 0;
  /// Whether the table of this region answers. Writes nothing, takes at most two seconds.
  virtual bool healthy() = 0;
};

}  // namespace todo
