#include "services/apigateway/mapping/print.h"

#include <cmath>

#include "services/apigateway/mapping/java_text.h"
#include "services/apigateway/mapping/limits.h"

namespace tandem::apigateway::mapping {

namespace {

class Printer {
 public:
  Printer(Engine& engine, Heap& heap) : engine_(engine), heap_(heap) {}

  void print(const Value& value, std::size_t depth) {
    enter(depth);
    if (value.is_null()) return put("null");
    if (List* list = value.if_list()) return print_list(*list, depth);
    if (Map* map = value.if_map()) return print_map(*map, depth);
    print_scalar(value);
  }

  void json(const Value& value, std::size_t depth) {
    enter(depth);
    if (value.is_null()) return put("null");
    if (const std::string* held = value.if_text()) return put_quoted(*held);
    if (List* list = value.if_list()) return json_list(*list, depth);
    if (Map* map = value.if_map()) return json_map(*map, depth);
    if (Host* host = value.if_host()) return put_quoted(host->print(engine_));
    // JSON knows neither; json-smart writes null.
    if (value.is_number() && !std::isfinite(value.to_double())) return put("null");
    print_scalar(value);
  }

  std::string take() { return std::move(out_); }

 private:
  void enter(std::size_t depth) {
    if (depth > kJsonDepth) throw RenderError{"values are nested too deeply"};
    heap_.budget().spend(1);
  }

  void put(std::string_view text) {
    heap_.budget().spend_bytes(text.size());
    out_ += text;
  }
  void put_quoted(std::string_view text) {
    heap_.budget().spend_bytes(2 * text.size());
    append_json_text(text, out_);
  }

  void print_scalar(const Value& value) {
    if (const bool* flag = value.if_bool()) return put(*flag ? "true" : "false");
    if (const auto number = value.if_integer()) return put(std::to_string(*number));
    if (value.is_number()) return put(java_double(value.to_double()));
    if (const std::string* held = value.if_text()) return put(*held);
    if (Host* host = value.if_host()) put(host->print(engine_));
  }

  void print_list(List& list, std::size_t depth) {
    if (list.kind() == List::Kind::kJson) return json_list(list, depth);
    // A Java array has no toString() of its own; Object's shows its address.
    if (list.kind() == List::Kind::kArray) return put("[Ljava.lang.String;@0");
    put("[");
    const auto& items = list.items(heap_);
    for (std::size_t at = 0; at < items.size(); ++at) {
      if (at > 0) put(", ");
      print(items[at], depth + 1);
    }
    put("]");
  }

  void print_map(Map& map, std::size_t depth) {
    put("{");
    bool first = true;
    for (const auto& [key, each] : map.entries(heap_)) {
      if (!first) put(", ");
      first = false;
      put(key);
      put("=");
      print(each, depth + 1);
    }
    put("}");
  }

  /// JSON that nobody has looked into is written as it was read.
  void source(const json::value& value) {
    heap_.budget().spend(1);
    switch (value.kind()) {
      case json::kind::null:
        out_ += "null";
        break;
      case json::kind::string:
        put_quoted(json::view(value.get_string()));
        break;
      case json::kind::array:
        return source(value.get_array());
      case json::kind::object:
        return source(value.get_object());
      default:
        print_scalar(heap_.of_json(value));
    }
  }
  void source(const json::array& list) {
    out_ += '[';
    for (const json::value& each : list) {
      if (&each != list.data()) out_ += ',';
      source(each);
    }
    out_ += ']';
  }
  void source(const json::object& map) {
    out_ += '{';
    for (const auto& each : map) {
      if (&each != map.begin()) out_ += ',';
      append_json_text(each.key(), out_);
      heap_.budget().spend(each.key().size() / 32);
      out_ += ':';
      source(each.value());
    }
    out_ += '}';
  }

  void json_list(List& list, std::size_t depth) {
    if (list.untouched() != nullptr) return source(*list.untouched());
    put("[");
    const auto& items = list.items(heap_);
    for (std::size_t at = 0; at < items.size(); ++at) {
      if (at > 0) out_ += ',';
      json(items[at], depth + 1);
    }
    put("]");
  }

  void json_map(Map& map, std::size_t depth) {
    if (map.untouched() != nullptr) return source(*map.untouched());
    put("{");
    bool first = true;
    for (const auto& [key, each] : map.entries(heap_)) {
      if (!first) out_ += ',';
      first = false;
      put_quoted(key);
      out_ += ':';
      json(each, depth + 1);
    }
    put("}");
  }

  Engine& engine_;
  Heap& heap_;
  std::string out_;
};

}  // namespace

std::string java_string(Engine& engine, Heap& heap, const Value& value) {
  Printer printer(engine, heap);
  printer.print(value, 0);
  return printer.take();
}

std::string json_string(Engine& engine, Heap& heap, const Value& value) {
  Printer printer(engine, heap);
  printer.json(value, 0);
  return printer.take();
}

const char* class_name(const Value& value) {
  static constexpr const char* kScalars[] = {
      nullptr,          "java.lang.Boolean", "java.lang.Integer",
      "java.lang.Long", "java.lang.Double",  "java.lang.String"};
  if (const List* list = value.if_list()) {
    switch (list->kind()) {
      case List::Kind::kJson:
        return "net.minidev.json.JSONArray";
      case List::Kind::kList:
        return "java.util.ArrayList";
      case List::Kind::kSet:
        return "java.util.LinkedHashMap$LinkedKeySet";
      case List::Kind::kArray:
        return "[Ljava.lang.String;";
    }
  }
  if (value.if_map() != nullptr) return "java.util.LinkedHashMap";
  return value.if_host() != nullptr ? nullptr : kScalars[value.data.index()];
}

bool java_equals(Heap& heap, const Value& left, const Value& right, std::size_t depth) {
  if (depth > kJsonDepth) throw RenderError{"values are nested too deeply"};
  heap.budget().spend(1);
  if (left.data.index() != right.data.index()) return false;
  if (const std::string* held = left.if_text()) {
    heap.budget().spend_bytes(held->size());
    return *held == *right.if_text();
  }
  if (List* list = left.if_list(); list != nullptr && list != right.if_list()) {
    const auto& ours = list->items(heap);
    const auto& theirs = right.if_list()->items(heap);
    if (ours.size() != theirs.size()) return false;
    for (std::size_t at = 0; at < ours.size(); ++at) {
      if (!java_equals(heap, ours[at], theirs[at], depth + 1)) return false;
    }
    return true;
  }
  if (Map* map = left.if_map(); map != nullptr && map != right.if_map()) {
    Map& other = *right.if_map();
    if (map->size() != other.size()) return false;
    for (const auto& [key, each] : map->entries(heap)) {
      const Value* found = other.find(heap, key);
      if (found == nullptr || !java_equals(heap, each, *found, depth + 1)) return false;
    }
    return true;
  }
  return left.data == right.data;
}

}  // namespace tandem::apigateway::mapping
