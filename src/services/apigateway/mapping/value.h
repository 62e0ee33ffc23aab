// The values of a template: Java's objects as far as templates can tell. Lists and maps are shared
// by reference, as in Java, so that what is put into one is seen wherever it is known; they live in
// a Heap until the rendering ends, which is why cycles among them do no harm.
//
// JSON becomes values lazily: a list or map made of JSON reads it when it is looked into for the
// first time, so that `$input.path('$.id')` of a large body costs what leads to the id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "core/json.h"
#include "services/apigateway/mapping/budget.h"

namespace tandem::apigateway::mapping {

class Heap;
class Host;
class List;
class Map;
using Text = std::shared_ptr<const std::string>;

/// null, Boolean, Integer, Long, Double, String, a list or array, a map, or an object of ours.
struct Value {
  std::variant<std::monostate, bool, std::int32_t, std::int64_t, double, Text, List*, Map*, Host*>
      data;

  Value() = default;
  template <class T>
  requires(!std::is_same_v<std::remove_cvref_t<T>, Value>) Value(T held)
      : data(std::move(held)) {}  // NOLINT: implicit by design

  bool is_null() const { return std::holds_alternative<std::monostate>(data); }
  bool is_number() const { return data.index() >= 2 && data.index() <= 4; }
  const bool* if_bool() const { return std::get_if<bool>(&data); }
  /// nullptr when it is no text; lives as long as this value.
  const std::string* if_text() const {
    const Text* text = std::get_if<Text>(&data);
    return text == nullptr ? nullptr : text->get();
  }
  List* if_list() const { return get<List>(); }
  Map* if_map() const { return get<Map>(); }
  Host* if_host() const { return get<Host>(); }
  /// An Integer or a Long.
  std::optional<std::int64_t> if_integer() const;
  /// Of a number.
  double to_double() const;

 private:
  template <class T>
  T* get() const {
    T* const* held = std::get_if<T*>(&data);
    return held == nullptr ? nullptr : *held;
  }
};

Value text(std::string made);

class List {
 public:
  enum class Kind {
    kJson,   ///< prints as JSON: [{"a":"b"}]
    kList,   ///< an ArrayList: [{a=b}]
    kSet,    ///< what keySet() and entrySet() give: a list without positions
    kArray,  ///< a Java array, as split() makes: [Ljava.lang.String;@0
  };

  explicit List(Kind kind) : kind_(kind) {}
  explicit List(const json::array* source) : kind_(Kind::kJson), source_(source) {}

  Kind kind() const { return kind_; }
  std::vector<Value>& items(Heap& heap) {
    if (source_ != nullptr) materialise(heap);
    return items_;
  }
  /// The JSON it was made of when nobody has looked into it yet.
  const json::array* untouched() const { return source_; }
  std::size_t size() const { return source_ != nullptr ? source_->size() : items_.size(); }

 private:
  void materialise(Heap& heap);

  Kind kind_;
  const json::array* source_ = nullptr;
  std::vector<Value> items_;
};

/// In the order in which keys came.
class Map {
 public:
  /// What a reference to the map itself gives.
  enum class Whole {
    kItself,
    kPrintsEmpty,  ///< $context.identity and the overrides
    kNull,         ///< $context.authorizer.claims
  };
  using Entry = std::pair<std::string, Value>;

  Map() = default;
  explicit Map(const json::object* source) : source_(source) {}

  const std::vector<Entry>& entries(Heap& heap) {
    if (source_ != nullptr) materialise(heap);
    return entries_;
  }
  const json::object* untouched() const { return source_; }
  std::size_t size() const { return source_ != nullptr ? source_->size() : entries_.size(); }
  /// nullptr when there is no such key.
  const Value* find(Heap& heap, std::string_view key);
  /// What the key had before; null when it is new.
  Value put(Heap& heap, std::string_view key, Value value);
  Value remove(Heap& heap, std::string_view key);
  void clear();

  Whole whole = Whole::kItself;

 private:
  void materialise(Heap& heap);
  std::size_t index_of(std::string_view key);

  const json::object* source_ = nullptr;
  std::vector<Entry> entries_;
  /// Only of maps with many entries.
  std::unordered_map<std::string, std::size_t> places_;
};

class Engine;

/// An object of ours that templates may use: $input, $util, an entry of a map, ...
class Host {
 public:
  Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  virtual ~Host() = default;

  virtual std::string print(Engine&) { return ""; }
  /// null when there is no such property, or it is null.
  virtual Value property(Engine&, std::string_view) { return {}; }
  /// Empty when there is no such method.
  virtual std::optional<Value> call(Engine&, std::string_view, const std::vector<Value>&) {
    return std::nullopt;
  }
};

/// Owns lists, maps and objects. Whatever is made here is paid for.
class Heap {
 public:
  explicit Heap(Budget& budget) : budget_(budget) {}

  Budget& budget() { return budget_; }
  List* list(List::Kind kind);
  List* list(List::Kind kind, std::vector<Value> items);
  Map* map();
  template <class T, class... Arguments>
  T* host(Arguments&&... arguments) {
    budget_.spend(8);
    auto made = std::make_unique<T>(std::forward<Arguments>(arguments)...);
    T* const held = made.get();
    hosts_.push_back(std::move(made));
    return held;
  }
  /// The document outlives the heap.
  Value of_json(const json::value& document);
  /// Keeps the document.
  Value own_json(json::value document);

 private:
  Budget& budget_;
  std::deque<List> lists_;
  std::deque<Map> maps_;
  std::deque<json::value> documents_;
  std::vector<std::unique_ptr<Host>> hosts_;
};

/// What a value is as JSON: objects of ours as null. Throws RenderError when it is too deep.
json::value to_json(Heap& heap, const Value& value, std::size_t depth = 0);

}  // namespace tandem::apigateway::mapping
