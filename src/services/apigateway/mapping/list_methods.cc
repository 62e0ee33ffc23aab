#include <algorithm>

#include "services/apigateway/mapping/hosts.h"
#include "services/apigateway/mapping/methods.h"
#include "services/apigateway/mapping/print.h"

namespace tandem::apigateway::mapping {

namespace {

using Result = std::optional<Value>;

List& of(const Value& self) { return *self.if_list(); }

bool has_places(const Value& self) { return of(self).kind() != List::Kind::kSet; }

/// What keySet() and split() make cannot be changed here: in Java the first is a view of its map.
bool changes(const Value& self) {
  const List::Kind kind = of(self).kind();
  if (kind == List::Kind::kSet) {
    throw RenderError{"a change of what keySet(), values() or entrySet() gave is not supported"};
  }
  return kind != List::Kind::kArray;
}

Result size(Engine&, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  return static_cast<std::int32_t>(of(self).size());
}

Result is_empty(Engine&, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  return of(self).size() == 0;
}

/// Java's get(-1) fails; only $list[-1] counts from the end.
std::size_t place(const Value& self, std::int64_t position) {
  if (position < 0) {
    throw RenderError{"java.lang.IndexOutOfBoundsException: " + std::to_string(position)};
  }
  return list_place(of(self), position);
}

Result get(Engine& engine, const Value& self, const Arguments& arguments) {
  const auto position = integer_at(arguments, 0);
  if (!position || arguments.size() != 1 || !has_places(self)) return std::nullopt;
  return of(self).items(engine.heap())[place(self, *position)];
}

Result set(Engine& engine, const Value& self, const Arguments& arguments) {
  const auto position = integer_at(arguments, 0);
  if (!position || arguments.size() != 2 || !has_places(self)) return std::nullopt;
  Value& held = of(self).items(engine.heap())[place(self, *position)];
  return std::exchange(held, arguments[1]);
}

Result add(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.empty() || arguments.size() > 2 || !changes(self)) return std::nullopt;
  auto& items = of(self).items(engine.heap());
  engine.budget().spend(2);
  if (arguments.size() == 1) {
    items.push_back(arguments.front());
    return true;
  }
  const auto position = integer_at(arguments, 0);
  if (!position) return std::nullopt;
  if (*position < 0 || *position > static_cast<std::int64_t>(items.size())) {
    throw RenderError{"java.lang.IndexOutOfBoundsException: " + std::to_string(*position)};
  }
  engine.budget().spend(items.size());
  items.insert(items.begin() + *position, arguments[1]);
  return Value();
}

std::vector<Value> elements(Engine& engine, const Value& other) {
  List* list = other.if_list();
  engine.budget().spend(list->size());
  return list->items(engine.heap());
}

Result add_all(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 1 || arguments[0].if_list() == nullptr || !changes(self)) {
    return std::nullopt;
  }
  const auto more = elements(engine, arguments[0]);
  auto& items = of(self).items(engine.heap());
  items.insert(items.end(), more.begin(), more.end());
  return !more.empty();
}

std::ptrdiff_t find(Engine& engine, const std::vector<Value>& items, const Value& wanted) {
  for (std::size_t at = 0; at < items.size(); ++at) {
    if (java_equals(engine.heap(), items[at], wanted)) return static_cast<std::ptrdiff_t>(at);
  }
  return -1;
}

/// remove(int) by place, remove(Object) by equality: an Integer is an int to Velocity.
Result remove(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 1 || !changes(self)) return std::nullopt;
  auto& items = of(self).items(engine.heap());
  engine.budget().spend(items.size());
  if (const auto position = integer_at(arguments, 0)) {
    const std::size_t at = place(self, *position);
    Value old = std::move(items[at]);
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(at));
    return old;
  }
  const std::ptrdiff_t at = find(engine, items, arguments[0]);
  if (at < 0) return false;
  items.erase(items.begin() + at);
  return true;
}

Result keep(Engine& engine, const Value& self, const Arguments& arguments, bool wanted) {
  if (arguments.size() != 1 || arguments[0].if_list() == nullptr || !changes(self)) {
    return std::nullopt;
  }
  const auto other = elements(engine, arguments[0]);
  auto& items = of(self).items(engine.heap());
  std::vector<Value> kept;
  for (const Value& each : items) {
    if ((find(engine, other, each) >= 0) == wanted) kept.push_back(each);
  }
  const bool changed = kept.size() != items.size();
  items = std::move(kept);
  return changed;
}

Result remove_all(Engine& engine, const Value& self, const Arguments& arguments) {
  return keep(engine, self, arguments, false);
}

Result retain_all(Engine& engine, const Value& self, const Arguments& arguments) {
  return keep(engine, self, arguments, true);
}

Result clear(Engine& engine, const Value& self, const Arguments& arguments) {
  if (!arguments.empty() || !changes(self)) return std::nullopt;
  of(self).items(engine.heap()).clear();
  return Value();
}

Result contains(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 1) return std::nullopt;
  return find(engine, of(self).items(engine.heap()), arguments[0]) >= 0;
}

Result contains_all(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 1 || arguments[0].if_list() == nullptr) return std::nullopt;
  const auto wanted = elements(engine, arguments[0]);
  const auto& items = of(self).items(engine.heap());
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const Value& each) { return find(engine, items, each) >= 0; });
}

Result index_of(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 1 || !has_places(self)) return std::nullopt;
  return static_cast<std::int32_t>(find(engine, of(self).items(engine.heap()), arguments[0]));
}

Result last_index_of(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 1 || !has_places(self)) return std::nullopt;
  const auto& items = of(self).items(engine.heap());
  for (std::size_t at = items.size(); at-- > 0;) {
    if (java_equals(engine.heap(), items[at], arguments[0])) return static_cast<std::int32_t>(at);
  }
  return -1;
}

Result sub_list(Engine& engine, const Value& self, const Arguments& arguments) {
  const auto from = integer_at(arguments, 0);
  const auto to = integer_at(arguments, 1);
  if (!from || !to || arguments.size() != 2 || !has_places(self)) return std::nullopt;
  const auto items = elements(engine, self);
  if (*from < 0 || *from > *to || *to > static_cast<std::int64_t>(items.size())) {
    throw RenderError{"java.lang.IndexOutOfBoundsException: subList(" + std::to_string(*from) +
                      ", " + std::to_string(*to) + ")"};
  }
  // A copy, where Java has a view: AbstractList.subList() prints as a list, not as JSON.
  return engine.heap().list(List::Kind::kList,
                            std::vector<Value>(items.begin() + *from, items.begin() + *to));
}

Result iterator(Engine& engine, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  return engine.heap().host<IteratorHost>(elements(engine, self));
}

Result to_json_string(Engine& engine, const Value& self, const Arguments& arguments) {
  if (!arguments.empty() || of(self).kind() != List::Kind::kJson) return std::nullopt;
  return text(json_string(engine, engine.heap(), self));
}

constexpr MethodRow kRows[] = {
    {"size", size},
    {"isEmpty", is_empty},
    {"get", get},
    {"set", set},
    {"add", add},
    {"addAll", add_all},
    {"remove", remove},
    {"removeAll", remove_all},
    {"retainAll", retain_all},
    {"clear", clear},
    {"contains", contains},
    {"containsAll", contains_all},
    {"indexOf", index_of},
    {"lastIndexOf", last_index_of},
    {"subList", sub_list},
    {"iterator", iterator},
    {"toJSONString", to_json_string},
};

}  // namespace

std::span<const MethodRow> list_methods() { return kRows; }

}  // namespace tandem::apigateway::mapping
