#include "services/cloudformation/resources/common.h"

#include "services/cloudformation/model/evaluate.h"

namespace tandem::cloudformation {

json::object pick(const json::object& properties,
                  std::initializer_list<std::pair<std::string_view, std::string_view>> names) {
  json::object result;
  for (const auto& [property, member] : names) {
    if (const json::value* value = json::find(properties, property)) result[member] = *value;
  }
  return result;
}

json::object keep(const json::object& properties, std::initializer_list<std::string_view> names) {
  json::object result;
  for (const std::string_view name : names) {
    if (const json::value* value = json::find(properties, name)) result[name] = *value;
  }
  return result;
}

std::string text_of(const json::object& properties, std::string_view name) {
  const json::value* value = json::find(properties, name);
  return value == nullptr ? "" : scalar_text(*value).value_or("");
}

bool differs(const json::object& before, const json::object& after, std::string_view name) {
  const json::value* old_value = json::find(before, name);
  const json::value* new_value = json::find(after, name);
  if (old_value == nullptr || new_value == nullptr) return old_value != new_value;
  return *old_value != *new_value;
}

std::string document_text(const json::value& value) {
  return value.is_string() ? json::to_std(value) : json::to_text(value);
}

Task<bool> exists(HandlerContext& context, std::string service, std::string operation,
                  json::object request) {
  try {
    co_await context.call(std::move(service), std::move(operation), std::move(request));
  } catch (const aws::ApiError&) {
    co_return false;
  }
  co_return true;
}

json::object all_tags(const HandlerContext& context, const json::object& properties) {
  json::object tags = context.system_tags();
  for (const auto& tag : tag_map(properties)) tags[tag.key()] = tag.value();
  return tags;
}

json::object tag_map(const json::object& properties) {
  json::object map;
  if (const auto* tags = json::find_array(properties, "Tags")) {
    for (const auto& tag : *tags) {
      map[json::string_or(tag.as_object(), "Key")] = json::string_or(tag.as_object(), "Value");
    }
  }
  return map;
}

TagChanges tag_changes(const json::object& before, const json::object& after) {
  const json::object old_tags = tag_map(before);
  const json::object new_tags = tag_map(after);
  TagChanges changes;
  for (const auto& tag : new_tags) {
    const json::value* old_value = old_tags.if_contains(tag.key());
    if (old_value == nullptr || *old_value != tag.value()) changes.set[tag.key()] = tag.value();
  }
  for (const auto& tag : old_tags) {
    if (!new_tags.contains(tag.key())) changes.removed.push_back(json::string(tag.key()));
  }
  return changes;
}

json::array tag_list(const json::object& map) {
  json::array list;
  for (const auto& tag : map) {
    list.push_back(json::object{{"Key", tag.key()}, {"Value", tag.value()}});
  }
  return list;
}

void Patch::add(std::string_view operation, std::string path, std::string value) {
  operations_.push_back(json::object{{"op", operation}, {"path", path}, {"value", value}});
}

void Patch::remove(std::string path) {
  operations_.push_back(json::object{{"op", "remove"}, {"path", path}});
}

void Patch::replace_if_changed(const json::object& before, const json::object& after,
                               std::string_view property, std::string_view path,
                               std::string_view otherwise) {
  if (!differs(before, after, property)) return;
  const json::value* value = json::find(after, property);
  add("replace", std::string(path),
      value == nullptr ? std::string(otherwise) : text_of(after, property));
}

std::string pointer_escaped(std::string_view segment) {
  std::string result;
  for (const char c : segment) {
    if (c == '~') {
      result += "~0";
    } else if (c == '/') {
      result += "~1";
    } else {
      result += c;
    }
  }
  return result;
}

std::string pointer_unescaped(std::string_view segment) {
  std::string result;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const char next = segment[i] == '~' && i + 1 < segment.size() ? segment[i + 1] : '\0';
    const bool escaped = next == '0' || next == '1';
    result += !escaped ? segment[i] : next == '1' ? '/' : '~';
    if (escaped) ++i;
  }
  return result;
}

ResourceType declare(std::string_view name, const SchemaUse& use,
                     std::vector<std::string> attributes, std::string_view name_property,
                     std::unique_ptr<const Handler> handler) {
  ResourceType type;
  type.name = name;
  type.shape = shape_of(name, use);
  type.attributes = std::move(attributes);
  type.name_property = name_property;
  type.handler = std::move(handler);
  return type;
}

ResourceType importable_by(std::string_view primary_identifier, ResourceType type) {
  type.primary_identifier = primary_identifier;
  return type;
}

}  // namespace tandem::cloudformation
