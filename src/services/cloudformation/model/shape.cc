#include "services/cloudformation/model/shape.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <set>

#include "core/text.h"
#include "services/cloudformation/model/evaluate.h"

namespace tandem::cloudformation {
namespace {

std::string_view kind_name(Shape::Kind kind) {
  switch (kind) {
    case Shape::Kind::kString:
      return "String";
    case Shape::Kind::kInteger:
      return "Integer";
    case Shape::Kind::kNumber:
      return "Number";
    case Shape::Kind::kBoolean:
      return "Boolean";
    case Shape::Kind::kList:
      return "JSONArray";
    default:
      return "JSONObject";
  }
}

std::string_view kind_name(const json::value& value) {
  if (value.is_string()) return "String";
  if (value.is_bool()) return "Boolean";
  if (value.is_double()) return "Number";
  if (value.is_number()) return "Integer";
  return value.is_array() ? "JSONArray" : "JSONObject";
}

class Conformer {
 public:
  json::value conform(const Shape& shape, const json::value& value, const std::string& path) {
    // Not known before deployment: any type fits.
    if (value.is_string() && is_unknown(value)) return value;
    switch (shape.kind) {
      case Shape::Kind::kJson:
        return value;
      case Shape::Kind::kString:
        return string(shape, value, path);
      case Shape::Kind::kInteger:
      case Shape::Kind::kNumber:
        return number(shape, value, path);
      case Shape::Kind::kBoolean:
        return boolean(value, path);
      case Shape::Kind::kList:
        return list(shape, value, path);
      case Shape::Kind::kMap:
        return map(shape, value, path);
      case Shape::Kind::kObject:
        break;
    }
    if (!value.is_object()) return mismatch(shape.kind, value, path);
    return object(shape, value.get_object(), path);
  }

  json::object object(const Shape& shape, const json::object& value, const std::string& path) {
    json::object result;
    for (const auto& given : value) {
      const std::string_view name = given.key();
      const Member* member = shape.find(name);
      if (member == nullptr && shape.others != nullptr) {
        result[name] = conform(*shape.others, given.value(), fmt::format("{}/{}", path, name));
      } else if (member == nullptr) {
        fail(path == "#" ? fmt::format("Encountered unsupported property {}", name)
                         : fmt::format("{}: extraneous key [{}] is not permitted", path, name));
      } else if (member->refused) {
        fail(fmt::format("Property {}/{} is not supported by Tandem", path, name));
      } else {
        result[name] = conform(member->shape, given.value(), fmt::format("{}/{}", path, name));
      }
    }
    for (const Member& member : shape.members) {
      if (member.required && !value.contains(member.name)) {
        fail(fmt::format("{}: required key [{}] not found", path, member.name));
      }
    }
    return result;
  }

  const std::string& error() const { return error_; }

 private:
  json::value string(const Shape& shape, const json::value& value, const std::string& path) {
    const auto text = scalar_text(value);
    if (!text) return mismatch(Shape::Kind::kString, value, path);
    check_length(shape, *text, path);
    check_allowed(shape, *text, path);
    return json::string(*text);
  }

  json::value number(const Shape& shape, const json::value& value, const std::string& path) {
    json::value converted = as_number(shape, value, path);
    if (converted.is_number()) check_number(shape, converted, path);
    return converted;
  }

  json::value as_number(const Shape& shape, const json::value& value, const std::string& path) {
    if (value.is_int64() || value.is_uint64()) return value;
    if (value.is_double() && shape.kind == Shape::Kind::kNumber) return value;
    const auto text = scalar_text(value);
    if (text && !value.is_bool()) {
      if (const auto whole = core::parse_int(*text)) return *whole;
      double real = 0;
      const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), real);
      const bool parsed = error == std::errc() && end == text->data() + text->size();
      if (parsed && shape.kind == Shape::Kind::kNumber) return real;
      if (parsed && real == static_cast<double>(static_cast<std::int32_t>(real))) {
        return static_cast<std::int64_t>(real);
      }
    }
    return mismatch(shape.kind, value, path);
  }

  json::value boolean(const json::value& value, const std::string& path) {
    if (value.is_bool()) return value;
    if (value.is_string()) {
      const std::string_view text = json::view(value.get_string());
      if (core::equals_ignoring_case(text, "true")) return true;
      if (core::equals_ignoring_case(text, "false")) return false;
    }
    return mismatch(Shape::Kind::kBoolean, value, path);
  }

  json::value list(const Shape& shape, const json::value& value, const std::string& path) {
    const auto* items = value.if_array();
    if (items == nullptr) return mismatch(shape.kind, value, path);
    json::array result;
    for (std::size_t i = 0; i < items->size(); ++i) {
      result.push_back(conform(*shape.item, (*items)[i], fmt::format("{}/{}", path, i)));
    }
    const auto count = static_cast<double>(items->size());
    if (shape.min && count < *shape.min) {
      fail(fmt::format("{}: expected minimum item count: {}, found: {}", path, *shape.min, count));
    } else if (shape.max && count > *shape.max) {
      fail(fmt::format("{}: expected maximum item count: {}, found: {}", path, *shape.max, count));
    }
    return result;
  }

  json::value map(const Shape& shape, const json::value& value, const std::string& path) {
    if (!value.is_object()) return mismatch(Shape::Kind::kMap, value, path);
    json::object result;
    for (const auto& member : value.get_object()) {
      const std::string_view key = member.key();
      result[key] = conform(*shape.item, member.value(), fmt::format("{}/{}", path, key));
    }
    return result;
  }

  void check_length(const Shape& shape, std::string_view text, const std::string& path) {
    // Code points: a continuation byte of UTF-8 starts none.
    const auto length = static_cast<double>(std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) >> 6) != 2;
    }));
    if (shape.min && length < *shape.min) {
      fail(fmt::format("{}: expected minLength: {}, actual: {}", path, *shape.min, length));
    } else if (shape.max && length > *shape.max) {
      fail(fmt::format("{}: expected maxLength: {}, actual: {}", path, *shape.max, length));
    }
  }

  void check_number(const Shape& shape, const json::value& value, const std::string& path) {
    const auto number = value.to_number<double>();
    if (shape.min && number < *shape.min) {
      fail(fmt::format("{}: {} is not greater or equal to {}", path, number, *shape.min));
    } else if (shape.max && number > *shape.max) {
      fail(fmt::format("{}: {} is not less or equal to {}", path, number, *shape.max));
    }
    check_allowed(shape, json::to_text(value), path);
  }

  void check_allowed(const Shape& shape, std::string_view text, const std::string& path) {
    const bool allowed = shape.values.empty() || std::find(shape.values.begin(), shape.values.end(),
                                                           text) != shape.values.end();
    if (!allowed) fail(fmt::format("{}: {} is not a valid enum value", path, text));
  }

  json::value mismatch(Shape::Kind expected, const json::value& value, const std::string& path) {
    fail(fmt::format("{}: expected type: {}, found: {}", path, kind_name(expected),
                     kind_name(value)));
    return value;
  }

  void fail(std::string message) {
    if (error_.empty()) error_ = std::move(message);
  }

  std::string error_;
};

const json::value* member_of(const json::object& object, std::string_view name) {
  return object.if_contains(name);
}

bool changes_replace(const Shape& shape, const json::object& before, const json::object& after) {
  const auto changes = compare(shape, before, after);
  return std::any_of(changes.begin(), changes.end(),
                     [](const PropertyChange& change) { return change.replaces; });
}

/// An item is told by its first required member: "AttributeName", "IndexName".
bool items_replace(const Shape& item, const json::value* before, const json::value* after) {
  const auto identity = std::find_if(item.members.begin(), item.members.end(),
                                     [](const Member& member) { return member.required; });
  if (identity == item.members.end()) return false;
  const auto* old_items = before == nullptr ? nullptr : before->if_array();
  const auto* new_items = after == nullptr ? nullptr : after->if_array();
  if (old_items == nullptr || new_items == nullptr) return false;
  const std::string& name = identity->name;
  for (const json::value& one : *old_items) {
    for (const json::value& other : *new_items) {
      if (!one.is_object() || !other.is_object()) continue;
      const json::value* key = json::find(one.get_object(), name);
      const json::value* other_key = json::find(other.get_object(), name);
      if (key == nullptr || other_key == nullptr || *key != *other_key) continue;
      if (changes_replace(item, one.get_object(), other.get_object())) return true;
    }
  }
  return false;
}

bool replaces(const Member& member, const json::value* before, const json::value* after) {
  if (member.create_only) return true;
  if (member.shape.kind == Shape::Kind::kList) {
    return items_replace(*member.shape.item, before, after);
  }
  if (member.shape.kind != Shape::Kind::kObject) return false;
  static const json::object kEmpty;
  const auto* old_object = before == nullptr ? &kEmpty : before->if_object();
  const auto* new_object = after == nullptr ? &kEmpty : after->if_object();
  if (old_object == nullptr || new_object == nullptr) return false;
  return changes_replace(member.shape, *old_object, *new_object);
}

}  // namespace

const Member* Shape::find(std::string_view name) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const Member& member) { return member.name == name; });
  return found == members.end() ? nullptr : &*found;
}

Conformed conform(const Shape& shape, const json::object& properties) {
  Conformer conformer;
  Conformed result;
  result.properties = conformer.object(shape, properties, "#");
  result.error = conformer.error();
  return result;
}

std::vector<PropertyChange> compare(const Shape& shape, const json::object& before,
                                    const json::object& after) {
  std::vector<PropertyChange> changes;
  for (const Member& member : shape.members) {
    const json::value* old_value = member_of(before, member.name);
    const json::value* new_value = member_of(after, member.name);
    if (old_value == nullptr && new_value == nullptr) continue;
    if (old_value != nullptr && new_value != nullptr && *old_value == *new_value) continue;
    const bool replaced = replaces(member, old_value, new_value);
    changes.push_back({member.name, replaced, member.conditional && !replaced});
  }
  if (shape.others == nullptr) return changes;
  std::set<std::string, std::less<>> names;
  for (const auto* object : {&before, &after}) {
    for (const auto& member : *object) names.emplace(member.key());
  }
  for (const std::string& name : names) {
    if (shape.find(name) != nullptr) continue;
    const json::value* old_value = member_of(before, name);
    const json::value* new_value = member_of(after, name);
    const bool same = old_value != nullptr && new_value != nullptr && *old_value == *new_value;
    if (!same) changes.push_back({name, false, false});
  }
  return changes;
}

}  // namespace tandem::cloudformation
