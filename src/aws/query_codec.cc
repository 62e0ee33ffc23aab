#include "aws/query_codec.h"

#include <fmt/format.h>
#include <map>
#include <memory>
#include <optional>

#include "aws/error.h"
#include "aws/scalar.h"
#include "aws/xml_codec.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

using model::Member;
using model::Shape;
using model::Type;

constexpr std::size_t kMaxFields = 10'000;
constexpr std::size_t kMaxDepth = 32;

/// The dotted names as a tree.
struct Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
  const std::string* value = nullptr;

  const Node* child(std::string_view name) const {
    const auto at = children.find(name);
    return at == children.end() ? nullptr : at->second.get();
  }
};

[[noreturn]] void fail(std::string message) {
  throw ApiError(400, "MalformedInput", std::move(message));
}

void insert(Node& root, const std::string& name, const std::string& value) {
  Node* node = &root;
  std::size_t depth = 0;
  for (const auto part : core::split(name, '.')) {
    if (++depth > kMaxDepth) fail("Too many levels in parameter name");
    auto& next = node->children[std::string(part)];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  node->value = &value;
}

/// The children with numeric names, in order of number. Gaps are allowed, as AWS allows them.
std::vector<const Node*> numbered(const Node& node) {
  std::map<std::uint64_t, const Node*> found;
  for (const auto& [name, child] : node.children) {
    if (const auto number = core::parse_uint(name)) found.emplace(*number, child.get());
  }
  std::vector<const Node*> result;
  for (const auto& [number, child] : found) result.push_back(child);
  return result;
}

std::string_view list_name(const Shape& list) {
  const Member element = list.element();
  return element.has_wire_name() ? element.wire_name() : std::string_view("member");
}

/// The name a member goes by; a flattened list's element gives its own name.
std::string_view field_name(const Member& member) {
  const Shape shape = member.shape();
  if (shape.is(Type::kList) && member.flattened() && shape.element().has_wire_name()) {
    return shape.element().wire_name();
  }
  return member.wire_name();
}

/// What is no member of any operation.
bool is_for_the_frame(std::string_view field) {
  return field == "Action" || field == "Version" || is_about_the_sender(field);
}

/// Children that no member goes by.
void name_unknown(const Shape& shape, const Node& node, const MemberPath& path) {
  if (!path.asked()) return;
  for (const auto& [name, child] : node.children) {
    bool known = path.at_top() && is_for_the_frame(name);
    for (const Member member : shape.members()) known = known || field_name(member) == name;
    if (!known) path.add(name);
  }
}

/// Children of a list, a map or a scalar that are not of its form. wanted: the one that is;
/// nothing: numbers are.
void name_stray(const Node& node, std::optional<std::string_view> wanted, const MemberPath& path) {
  if (!path.asked()) return;
  for (const auto& [name, child] : node.children) {
    const bool known = wanted ? name == *wanted : core::parse_uint(name).has_value();
    if (!known) path.add(name);
  }
}

json::value decode_node(const Member& member, const Node& node, const MemberPath& path);

json::object decode_structure(const Shape& shape, const Node& node, const MemberPath& path) {
  json::object document;
  for (const Member member : shape.members()) {
    const Node* child = node.child(field_name(member));
    if (child == nullptr) continue;
    document[member.name()] = decode_node(member, *child, {path, member.name()});
  }
  name_unknown(shape, node, path);
  return document;
}

json::value decode_list(const Member& member, const Node& node, const MemberPath& path) {
  const Shape shape = member.shape();
  json::array list;
  const Node* base = &node;
  if (!member.flattened()) {
    std::string_view name = list_name(shape);
    base = node.child(name);
    if (base == nullptr) base = node.child(name = "member");
    name_stray(node, name, path);
    if (base == nullptr) return list;
  }
  name_stray(*base, std::nullopt, path);
  const Member element = shape.element();
  for (const Node* item : numbered(*base)) list.push_back(decode_node(element, *item, path));
  return list;
}

json::value decode_map(const Member& member, const Node& node, const MemberPath& path) {
  const Shape shape = member.shape();
  json::object map;
  const Node* base = member.flattened() ? &node : node.child("entry");
  if (!member.flattened()) name_stray(node, "entry", path);
  if (base == nullptr) return map;
  name_stray(*base, std::nullopt, path);
  const auto key_name = shape.key().has_wire_name() ? shape.key().wire_name() : "key";
  const auto value_name = shape.value().has_wire_name() ? shape.value().wire_name() : "value";
  for (const Node* entry : numbered(*base)) {
    const Node* key = entry->child(key_name);
    const Node* value = entry->child(value_name);
    for (const auto& [name, child] : entry->children) {
      if (name != key_name && name != value_name) path.add(name);
    }
    if (key == nullptr || key->value == nullptr || value == nullptr) continue;
    map[*key->value] = decode_node(shape.value(), *value, path);
  }
  return map;
}

json::value decode_node(const Member& member, const Node& node, const MemberPath& path) {
  switch (member.shape().type()) {
    case Type::kStructure:
      return decode_structure(member.shape(), node, path);
    case Type::kList:
      return decode_list(member, node, path);
    case Type::kMap:
      return decode_map(member, node, path);
    default: {
      // No child is of a scalar's form.
      name_stray(node, "", path);
      static const std::string kEmpty;
      const std::string& text = node.value == nullptr ? kEmpty : *node.value;
      auto value = parse_scalar(member, text);
      if (!value) fail(fmt::format("Invalid value '{}' for {}", text, member.name()));
      return std::move(*value);
    }
  }
}

void encode_node(const Member& member, const json::value& value, const std::string& prefix,
                 FormFields& fields);

void encode_structure(const Shape& shape, const json::object& document, const std::string& prefix,
                      FormFields& fields) {
  for (const Member member : shape.members()) {
    const auto* value = json::find(document, member.name());
    if (value == nullptr) continue;
    const std::string name(field_name(member));
    encode_node(member, *value, prefix.empty() ? name : prefix + "." + name, fields);
  }
}

void encode_list(const Member& member, const json::array& list, const std::string& prefix,
                 FormFields& fields) {
  if (list.empty()) {
    fields.emplace_back(prefix, "");
    return;
  }
  const Shape shape = member.shape();
  const std::string base =
      member.flattened() ? prefix : fmt::format("{}.{}", prefix, list_name(shape));
  std::size_t number = 0;
  for (const auto& item : list) {
    encode_node(shape.element(), item, fmt::format("{}.{}", base, ++number), fields);
  }
}

void encode_map(const Member& member, const json::object& map, const std::string& prefix,
                FormFields& fields) {
  const Shape shape = member.shape();
  const auto key_name = shape.key().has_wire_name() ? shape.key().wire_name() : "key";
  const auto value_name = shape.value().has_wire_name() ? shape.value().wire_name() : "value";
  std::size_t number = 0;
  for (const auto& [key, value] : map) {
    const auto entry = fmt::format("{}{}.{}", prefix, member.flattened() ? "" : ".entry", ++number);
    fields.emplace_back(fmt::format("{}.{}", entry, key_name), std::string(key));
    encode_node(shape.value(), value, fmt::format("{}.{}", entry, value_name), fields);
  }
}

void encode_node(const Member& member, const json::value& value, const std::string& prefix,
                 FormFields& fields) {
  const Type type = member.shape().type();
  if (type == Type::kStructure && value.is_object()) {
    encode_structure(member.shape(), value.get_object(), prefix, fields);
  } else if (type == Type::kList && value.is_array()) {
    encode_list(member, value.get_array(), prefix, fields);
  } else if (type == Type::kMap && value.is_object()) {
    encode_map(member, value.get_object(), prefix, fields);
  } else {
    fields.emplace_back(prefix, format_scalar(member, value, model::TimestampFormat::kIso8601));
  }
}

}  // namespace

bool has_too_many_fields(std::string_view form) {
  return std::count(form.begin(), form.end(), '&') > static_cast<std::ptrdiff_t>(kMaxFields);
}

json::object decode_query(const Shape& structure, const FormFields& fields, UnknownNames* unknown) {
  if (fields.size() > kMaxFields) fail("Too many parameters");
  Node root;
  for (const auto& [name, value] : fields) {
    if (!is_xml_text(name) || !is_xml_text(value)) fail("The request holds what is no text");
    insert(root, name, value);
  }
  return decode_structure(structure, root, MemberPath(unknown));
}

FormFields encode_query(const Shape& structure, const json::object& document) {
  FormFields fields;
  encode_structure(structure, document, "", fields);
  return fields;
}

std::string encode_form(const FormFields& fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    if (!text.empty()) text += '&';
    text += core::percent_encode(name);
    text += '=';
    text += core::percent_encode(value);
  }
  return text;
}

}  // namespace tandem::aws
