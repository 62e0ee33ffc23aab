#include "services/cloudformation/resources/expression.h"

#include <algorithm>
#include <set>

#include "core/check.h"
#include "core/text.h"
#include "services/cloudformation/model/evaluate.h"

namespace tandem::cloudformation {
namespace {

constexpr std::string_view kItem = "item";

// One word of a request.
struct Word {
  std::string_view target;
  enum class Kind { kProperty, kTemplate } kind = Kind::kProperty;
  std::string_view source;  ///< property path or template
  char otherwise = 0;       ///< '|', '?' or '&', before fallback
  std::string_view fallback;
};

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.'; }

// Properties begin with a capital letter; any other word is text.
Word parse_word(std::string_view text) {
  Word word;
  const std::size_t equals = text.find('=');
  word.target = equals == std::string_view::npos ? std::string_view() : text.substr(0, equals);
  word.source = equals == std::string_view::npos ? text : text.substr(equals + 1);
  const auto end = std::find_if_not(word.source.begin(), word.source.end(), is_name);
  const std::string_view name =
      word.source.substr(0, static_cast<std::size_t>(std::distance(word.source.begin(), end)));
  const bool property = !name.empty() && (std::isupper(static_cast<unsigned char>(name[0])) != 0 ||
                                          name == kItem || name.starts_with("item."));
  const char after = end == word.source.end() ? '\0' : *end;
  if (!property ||
      (after != '\0' && std::string_view("|?&").find(after) == std::string_view::npos)) {
    word.kind = Word::Kind::kTemplate;
    return word;
  }
  word.otherwise = after;
  if (after != '\0') word.fallback = word.source.substr(name.size() + 1);
  word.source = name;
  return word;
}

// Texts are written without quotes.
json::value literal(std::string_view text) {
  auto parsed = json::parse_text(text);
  if (parsed.ok()) return std::move(parsed).value();
  return json::string(text);
}

const Shape* part_of(const Shape& shape, std::string_view name) {
  const Member* member = shape.find(name);
  return member == nullptr ? nullptr : &member->shape;
}

std::string renamed(std::string_view name, const Row& row) {
  for (const std::string_view word : words_of(row.renames)) {
    const std::size_t equals = word.find('=');
    if (word.substr(0, equals) == name) return std::string(word.substr(equals + 1));
  }
  return spelled(name, row);
}

// A part of a property as the service wants it.
json::value converted(const json::value& value, const Shape& shape, const Row& row) {
  switch (shape.kind) {
    case Shape::Kind::kJson:
      if (value.is_object() || value.is_array()) return json::string(json::to_text(value));
      return value;
    case Shape::Kind::kList: {
      if (!value.is_array()) return value;
      json::array items;
      for (const json::value& item : value.get_array()) {
        items.push_back(converted(item, *shape.item, row));
      }
      return items;
    }
    case Shape::Kind::kMap: {
      if (!value.is_object()) return value;
      json::object members;
      for (const auto& member : value.get_object()) {
        members[member.key()] = converted(member.value(), *shape.item, row);
      }
      return members;
    }
    case Shape::Kind::kObject: {
      if (!value.is_object()) return value;
      json::object members;
      for (const auto& member : value.get_object()) {
        const Shape* part = part_of(shape, member.key());
        if (part == nullptr) continue;
        members[renamed(member.key(), row)] = converted(member.value(), *part, row);
      }
      return members;
    }
    default:
      return value;
  }
}

const json::value* source_of(const Word& word, const RowScope& scope, const Shape** shape) {
  if (!word.source.starts_with(kItem)) {
    return property_at(word.source, scope.properties, scope.shape, shape);
  }
  CHECK(scope.item != nullptr);
  if (word.source == kItem) {
    *shape = scope.item_shape;
    return scope.item;
  }
  const auto* object = scope.item->if_object();
  return object == nullptr
             ? nullptr
             : property_at(word.source.substr(kItem.size() + 1), *object, *scope.item_shape, shape);
}

std::optional<json::value> value_of(const Word& word, const RowScope& scope) {
  if (word.source.starts_with(':')) return literal(word.source.substr(1));
  if (word.kind == Word::Kind::kTemplate) {
    const bool list = word.source.starts_with('[') && word.source.ends_with(']');
    const auto text =
        expand(list ? word.source.substr(1, word.source.size() - 2) : word.source, scope);
    if (!text) return std::nullopt;
    if (list) return json::value(json::array{json::string(*text)});
    return json::value(json::string(*text));
  }
  const Shape* shape = nullptr;
  const json::value* value = source_of(word, scope, &shape);
  if (word.otherwise == '&') {
    return value == nullptr ? std::nullopt : std::optional(literal(word.fallback));
  }
  if (value != nullptr) {
    return shape == nullptr ? *value : converted(*value, *shape, scope.row);
  }
  const bool was_there = scope.before != nullptr &&
                         property_at(word.source, *scope.before, scope.shape, nullptr) != nullptr;
  if (word.otherwise == '|' || (word.otherwise == '?' && was_there)) return literal(word.fallback);
  return std::nullopt;
}

void set(json::object& request, std::string_view target, json::value value) {
  const std::size_t slash = target.find('/');
  if (target.ends_with("[]")) {
    json::array only;
    only.push_back(std::move(value));
    value = std::move(only);
    target.remove_suffix(2);
  }
  if (slash == std::string_view::npos) {
    request[target] = std::move(value);
    return;
  }
  json::value& inner = request[target.substr(0, slash)];
  if (!inner.is_object()) inner = json::object();
  set(inner.get_object(), target.substr(slash + 1), std::move(value));
}

// One variable; nothing when it is a property that is not there.
std::optional<std::string> variable(std::string_view name, const RowScope& scope) {
  if (name == "id") return scope.physical.id;
  if (name == "region") return scope.identity.region;
  if (name == "account") return scope.identity.account;
  if (name.starts_with('@')) return json::string_or(scope.physical.attributes, name.substr(1));
  const std::size_t bar = name.find('|');
  Word word;
  word.source = name.substr(0, bar);
  const Shape* shape = nullptr;
  const json::value* value = source_of(word, scope, &shape);
  std::optional<std::string> text;
  if (value != nullptr) text = scalar_text(*value);
  const bool absent = !text || (bar != std::string_view::npos && text->empty());
  if (!absent) return text;
  return bar == std::string_view::npos ? text : std::optional(std::string(name.substr(bar + 1)));
}

// One segment of a path: "items", or "items[path=/]" for the item that has the member.
const json::value* step(const json::object& in, std::string_view segment, const RowScope& scope) {
  const std::size_t bracket = segment.find('[');
  const json::value* value = json::find(in, segment.substr(0, bracket));
  if (value == nullptr || bracket == std::string_view::npos) return value;
  const auto* items = value->if_array();
  if (items == nullptr) return nullptr;
  const std::string_view test = segment.substr(bracket + 1, segment.size() - bracket - 2);
  const std::size_t equals = test.find('=');
  const auto wanted = expand(test.substr(equals + 1), scope);
  for (const json::value& item : *items) {
    const bool found = item.is_object() && wanted &&
                       json::string_or(item.get_object(), test.substr(0, equals)) == *wanted;
    if (found) return &item;
  }
  return nullptr;
}

void add_property(std::set<std::string>& found, std::string_view path) {
  if (path.starts_with(kItem)) return;
  found.emplace(path.substr(0, path.find('.')));
}

void add_template(std::set<std::string>& found, std::string_view text) {
  for (std::size_t open = text.find('{'); open != std::string_view::npos;) {
    const std::size_t close = text.find('}', open);
    std::string_view name = text.substr(open + 1, close - open - 1);
    name = name.substr(0, name.find('|'));
    if (!name.empty() && std::isupper(static_cast<unsigned char>(name[0])) != 0) {
      add_property(found, name);
    }
    open = text.find('{', close);
  }
}

void add_request(std::set<std::string>& found, std::string_view request) {
  for (const std::string_view text : words_of(request)) {
    const Word word = parse_word(text);
    if (word.kind == Word::Kind::kProperty) {
      add_property(found, word.source);
    } else {
      add_template(found, word.source);
    }
  }
}

std::set<std::string> changeable(const Row& row) {
  std::set<std::string> found;
  for (const std::string_view text : words_of(row.patches)) {
    add_property(found, parse_word(text).source);
  }
  for (const Part& part : row.parts) {
    add_request(found, part.request);
    add_request(found, part.drop_request);
    if (!part.property.empty()) add_property(found, part.property);
  }
  if (!row.tags.tag.empty()) add_property(found, row.tags.property);
  return found;
}

}  // namespace

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words = core::split(text, ' ');
  std::erase_if(words, [](std::string_view word) { return word.empty(); });
  return words;
}

std::string spelled(std::string_view name, const Row& row) {
  std::string result(name);
  constexpr std::string_view kSmallInitials[] = {"apigateway", "codebuild", "logs"};
  const auto* end = std::end(kSmallInitials);
  if (std::find(std::begin(kSmallInitials), end, row.service) != end) result[0] |= 0x20;
  return result;
}

const json::value* property_at(std::string_view path, const json::object& properties,
                               const Shape& whole, const Shape** shape) {
  const std::size_t dot = path.find('.');
  const std::string_view name = path.substr(0, dot);
  const json::value* value = json::find(properties, name);
  const Shape* part = part_of(whole, name);
  if (value == nullptr || part == nullptr) return nullptr;
  if (dot != std::string_view::npos) {
    const auto* object = value->if_object();
    return object == nullptr ? nullptr : property_at(path.substr(dot + 1), *object, *part, shape);
  }
  if (shape != nullptr) *shape = part;
  return value;
}

std::optional<std::string> expand(std::string_view text, const RowScope& scope) {
  std::string result;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    result += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    CHECK(close != std::string_view::npos);
    const auto value = variable(text.substr(open + 1, close - open - 1), scope);
    if (!value) return std::nullopt;
    result += *value;
    text.remove_prefix(close + 1);
  }
  return result;
}

json::object build_request(std::string_view request, const RowScope& scope) {
  json::object result;
  for (const std::string_view text : words_of(request)) {
    const Word word = parse_word(text);
    auto value = value_of(word, scope);
    if (!value) continue;
    if (word.target == "*") {
      if (!value->is_object()) continue;
      for (auto& member : value->get_object()) result[member.key()] = std::move(member.value());
    } else if (word.target.empty()) {
      result[spelled(word.source, scope.row)] = std::move(*value);
    } else {
      set(result, word.target, std::move(*value));
    }
  }
  return result;
}

const json::value* at_path(const json::object& in, std::string_view path, const RowScope& scope) {
  std::size_t end = 0;
  bool inside = false;
  while (end < path.size() && (inside || path[end] != '.')) {
    inside = path[end] == '[' || (inside && path[end] != ']');
    ++end;
  }
  const json::value* value = step(in, path.substr(0, end), scope);
  if (value == nullptr || end == path.size()) return value;
  const auto* object = value->if_object();
  return object == nullptr ? nullptr : at_path(*object, path.substr(end + 1), scope);
}

json::object attributes_from(const json::object& answer, const RowScope& scope) {
  json::object attributes;
  for (const std::string_view word : words_of(scope.row.attributes)) {
    const std::size_t equals = word.find('=');
    const std::string_view source = word.substr(equals + 1);
    if (source.find('{') != std::string_view::npos) {
      if (auto text = expand(source, scope)) attributes[word.substr(0, equals)] = *text;
    } else if (const json::value* value = at_path(answer, source, scope)) {
      attributes[word.substr(0, equals)] = *value;
    }
  }
  return attributes;
}

std::vector<std::string> properties_of(const Row& row) {
  std::set<std::string> found = changeable(row);
  for (const std::string_view request : {row.request, row.address, row.read_request}) {
    add_request(found, request);
  }
  add_template(found, row.id);
  for (const std::string_view name : words_of(row.use.serves)) found.emplace(name);
  if (!row.tags.target.empty() || !row.tags.create.empty()) found.emplace(row.tags.property);
  return {found.begin(), found.end()};
}

std::vector<std::string> updatable_properties(const Row& row) {
  std::set<std::string> found = changeable(row);
  for (const std::string_view name : words_of(row.use.serves)) found.emplace(name);
  return {found.begin(), found.end()};
}

}  // namespace tandem::cloudformation
