#include "services/apigateway/mapping/value.h"

#include <algorithm>
#include <limits>

#include "services/apigateway/mapping/limits.h"

namespace tandem::apigateway::mapping {

namespace {

/// From so many entries on a map has an index.
constexpr std::size_t kIndexed = 12;

Value integer(std::int64_t number) {
  if (number >= std::numeric_limits<std::int32_t>::min() &&
      number <= std::numeric_limits<std::int32_t>::max()) {
    return static_cast<std::int32_t>(number);
  }
  return number;
}

}  // namespace

std::optional<std::int64_t> Value::if_integer() const {
  if (const auto* narrow = std::get_if<std::int32_t>(&data)) return *narrow;
  if (const auto* wide = std::get_if<std::int64_t>(&data)) return *wide;
  return std::nullopt;
}

double Value::to_double() const {
  if (const auto* real = std::get_if<double>(&data)) return *real;
  return static_cast<double>(if_integer().value_or(0));
}

Value text(std::string made) { return Text(std::make_shared<const std::string>(std::move(made))); }

void List::materialise(Heap& heap) {
  heap.budget().spend(source_->size());
  items_.reserve(source_->size());
  for (const json::value& each : *source_) items_.push_back(heap.of_json(each));
  source_ = nullptr;
}

void Map::materialise(Heap& heap) {
  heap.budget().spend(4 * source_->size());
  entries_.reserve(source_->size());
  for (const auto& each : *source_) {
    if (entries_.size() >= kIndexed) places_.emplace(each.key(), entries_.size());
    entries_.emplace_back(each.key(), heap.of_json(each.value()));
  }
  for (std::size_t at = 0; entries_.size() > kIndexed && at < kIndexed; ++at) {
    places_.emplace(entries_[at].first, at);
  }
  source_ = nullptr;
}

std::size_t Map::index_of(std::string_view key) {
  if (!places_.empty()) {
    const auto found = places_.find(std::string(key));
    return found == places_.end() ? entries_.size() : found->second;
  }
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& each) { return each.first == key; });
  return static_cast<std::size_t>(found - entries_.begin());
}

const Value* Map::find(Heap& heap, std::string_view key) {
  heap.budget().spend_bytes(key.size());
  if (source_ != nullptr) materialise(heap);
  const std::size_t at = index_of(key);
  return at == entries_.size() ? nullptr : &entries_[at].second;
}

Value Map::put(Heap& heap, std::string_view key, Value value) {
  heap.budget().spend(4);
  heap.budget().spend_bytes(key.size());
  if (source_ != nullptr) materialise(heap);
  const std::size_t at = index_of(key);
  if (at < entries_.size()) return std::exchange(entries_[at].second, std::move(value));
  entries_.emplace_back(key, std::move(value));
  if (!places_.empty()) {
    places_.emplace(key, at);
  } else if (entries_.size() > kIndexed) {
    for (std::size_t each = 0; each < entries_.size(); ++each) {
      places_.emplace(entries_[each].first, each);
    }
  }
  return {};
}

Value Map::remove(Heap& heap, std::string_view key) {
  if (source_ != nullptr) materialise(heap);
  const std::size_t at = index_of(key);
  heap.budget().spend(1 + entries_.size());
  if (at == entries_.size()) return {};
  Value old = std::move(entries_[at].second);
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
  if (places_.empty()) return old;
  places_.clear();
  for (std::size_t each = 0; entries_.size() > kIndexed && each < entries_.size(); ++each) {
    places_.emplace(entries_[each].first, each);
  }
  return old;
}

void Map::clear() {
  source_ = nullptr;
  entries_.clear();
  places_.clear();
}

List* Heap::list(List::Kind kind) {
  budget_.spend(4);
  return &lists_.emplace_back(kind);
}

List* Heap::list(List::Kind kind, std::vector<Value> items) {
  List* made = list(kind);
  budget_.spend(items.size());
  made->items(*this) = std::move(items);
  return made;
}

Map* Heap::map() {
  budget_.spend(4);
  return &maps_.emplace_back();
}

Value Heap::of_json(const json::value& document) {
  switch (document.kind()) {
    case json::kind::null:
      return {};
    case json::kind::bool_:
      return document.get_bool();
    case json::kind::int64:
      return integer(document.get_int64());
    case json::kind::uint64:
      return static_cast<double>(document.get_uint64());
    case json::kind::double_:
      return document.get_double();
    case json::kind::string:
      budget_.spend_bytes(document.get_string().size());
      return text(std::string(json::view(document.get_string())));
    case json::kind::array:
      budget_.spend(4);
      return &lists_.emplace_back(&document.get_array());
    case json::kind::object:
      budget_.spend(4);
      return &maps_.emplace_back(&document.get_object());
  }
  return {};
}

Value Heap::own_json(json::value document) {
  return of_json(documents_.emplace_back(std::move(document)));
}

json::value to_json(Heap& heap, const Value& value, std::size_t depth) {
  if (depth > kJsonDepth) throw RenderError{"values are nested too deeply"};
  heap.budget().spend(1);
  if (const bool* flag = value.if_bool()) return *flag;
  if (const auto number = value.if_integer()) return *number;
  if (value.is_number()) return value.to_double();
  if (const std::string* held = value.if_text()) {
    heap.budget().spend_bytes(held->size());
    return json::value(*held);
  }
  if (List* list = value.if_list()) {
    json::array made;
    for (const Value& each : list->items(heap)) made.push_back(to_json(heap, each, depth + 1));
    return made;
  }
  if (Map* map = value.if_map()) {
    json::object made;
    for (const auto& [key, each] : map->entries(heap)) {
      heap.budget().spend_bytes(key.size());
      made.insert_or_assign(key, to_json(heap, each, depth + 1));
    }
    return made;
  }
  return nullptr;
}

}  // namespace tandem::apigateway::mapping
