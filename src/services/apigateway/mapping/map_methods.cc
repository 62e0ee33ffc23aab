#include <algorithm>

#include "services/apigateway/mapping/hosts.h"
#include "services/apigateway/mapping/methods.h"
#include "services/apigateway/mapping/print.h"

namespace tandem::apigateway::mapping {

namespace {

using Result = std::optional<Value>;

Map& of(const Value& self) { return *self.if_map(); }

const Value* find(Engine& engine, const Value& self, const Value& key) {
  return of(self).find(engine.heap(), engine.print(key));
}

Result size(Engine&, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  return static_cast<std::int32_t>(of(self).size());
}

Result is_empty(Engine&, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  return of(self).size() == 0;
}

Result get(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 1) return std::nullopt;
  const Value* found = find(engine, self, arguments[0]);
  return found == nullptr ? Value() : *found;
}

Result get_or_default(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 2) return std::nullopt;
  const Value* found = find(engine, self, arguments[0]);
  return found == nullptr ? arguments[1] : *found;
}

Result put(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 2) return std::nullopt;
  return of(self).put(engine.heap(), engine.print(arguments[0]), arguments[1]);
}

Result put_if_absent(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 2) return std::nullopt;
  const Value* found = find(engine, self, arguments[0]);
  if (found != nullptr && !found->is_null()) return *found;
  of(self).put(engine.heap(), engine.print(arguments[0]), arguments[1]);
  return Value();
}

Result replace(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 2) return std::nullopt;
  if (find(engine, self, arguments[0]) == nullptr) return Value();
  return of(self).put(engine.heap(), engine.print(arguments[0]), arguments[1]);
}

Result put_all(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 1 || arguments[0].if_map() == nullptr) return std::nullopt;
  Map& from = *arguments[0].if_map();
  if (&from == &of(self)) return Value();
  for (const auto& [key, each] : from.entries(engine.heap())) {
    of(self).put(engine.heap(), key, each);
  }
  return Value();
}

Result remove(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 1) return std::nullopt;
  return of(self).remove(engine.heap(), engine.print(arguments[0]));
}

Result clear(Engine&, const Value& self, const Arguments& arguments) {
  if (!arguments.empty()) return std::nullopt;
  of(self).clear();
  return Value();
}

Result contains_key(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 1) return std::nullopt;
  return find(engine, self, arguments[0]) != nullptr;
}

Result contains_value(Engine& engine, const Value& self, const Arguments& arguments) {
  if (arguments.size() != 1) return std::nullopt;
  const auto& entries = of(self).entries(engine.heap());
  return std::any_of(entries.begin(), entries.end(), [&](const Map::Entry& each) {
    return java_equals(engine.heap(), each.second, arguments[0]);
  });
}

template <class Take>
Result collect(Engine& engine, const Value& self, const Arguments& arguments, Take take) {
  if (!arguments.empty()) return std::nullopt;
  std::vector<Value> made;
  for (const auto& each : of(self).entries(engine.heap())) {
    engine.budget().spend(2);
    made.push_back(take(each));
  }
  return engine.heap().list(List::Kind::kSet, std::move(made));
}

Result key_set(Engine& engine, const Value& self, const Arguments& arguments) {
  return collect(engine, self, arguments, [](const Map::Entry& each) { return text(each.first); });
}

Result values(Engine& engine, const Value& self, const Arguments& arguments) {
  return collect(engine, self, arguments, [](const Map::Entry& each) { return each.second; });
}

Result entry_set(Engine& engine, const Value& self, const Arguments& arguments) {
  return collect(engine, self, arguments, [&](const Map::Entry& each) {
    return Value(engine.heap().host<EntryHost>(&of(self), each.first));
  });
}

constexpr MethodRow kRows[] = {
    {"size", size},
    {"isEmpty", is_empty},
    {"get", get},
    {"getOrDefault", get_or_default},
    {"put", put},
    {"putIfAbsent", put_if_absent},
    {"putAll", put_all},
    {"replace", replace},
    {"remove", remove},
    {"clear", clear},
    {"containsKey", contains_key},
    {"containsValue", contains_value},
    {"keySet", key_set},
    {"values", values},
    {"entrySet", entry_set},
};

}  // namespace

std::span<const MethodRow> map_methods() { return kRows; }

}  // namespace tandem::apigateway::mapping
