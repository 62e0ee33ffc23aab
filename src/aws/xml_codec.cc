#include "aws/xml_codec.h"

#include <algorithm>
#include <fmt/format.h>
#include <pugixml.hpp>

#include "core/text.h"

namespace tandem::aws {
namespace {

using model::Location;
using model::Member;
using model::Shape;
using model::Type;

constexpr std::size_t kMaxElements = 200'000;
constexpr std::size_t kMaxDepth = 64;

/// Without a namespace prefix.
std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node find_child(const pugi::xml_node& node, std::string_view name) {
  for (const auto child : node.children()) {
    if (child.type() == pugi::node_element && local_name(child) == name) return child;
  }
  return {};
}

std::string_view element_name(const Shape& list) {
  const Member element = list.element();
  return element.has_wire_name() ? element.wire_name() : std::string_view("member");
}

std::string_view member_name(const Member& member) {
  const Shape shape = member.shape();
  if (shape.is(Type::kList) && member.flattened() && shape.element().has_wire_name()) {
    return shape.element().wire_name();
  }
  return member.wire_name();
}

/// All character data below the node, as SDKs read it.
std::string text_of(const pugi::xml_node& node) {
  std::string text;
  for (const auto child : node.children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
      text += child.value();
    }
  }
  return text;
}

json::value decode_node(const Member& member, const pugi::xml_node& node, std::size_t depth);

void decode_map_entry(const Shape& map, const pugi::xml_node& entry, std::size_t depth,
                      json::object& into) {
  const auto key = find_child(entry, map.key().has_wire_name() ? map.key().wire_name() : "key");
  const auto value =
      find_child(entry, map.value().has_wire_name() ? map.value().wire_name() : "value");
  if (key && value) into[text_of(key)] = decode_node(map.value(), value, depth + 1);
}

/// Attributes may be written with any prefix ("xsi:type").
void decode_attribute(const Member& member, const pugi::xml_node& node, json::object& document) {
  for (const auto attribute : node.attributes()) {
    if (attribute.name() == member.wire_name()) {
      document[member.name()] = json::string(attribute.value());
    }
  }
}

json::object decode_structure(const Shape& shape, const pugi::xml_node& node, std::size_t depth) {
  if (depth > kMaxDepth) throw XmlError{"The document is nested too deeply"};
  json::object document;
  for (const Member member : shape.members()) {
    if (member.location() != Location::kBody) continue;
    if (member.xml_attribute()) {
      decode_attribute(member, node, document);
      continue;
    }
    const auto name = member_name(member);
    const auto first = find_child(node, name);
    if (!first) continue;
    const Shape target = member.shape();
    if (!member.flattened() || target.is_scalar() || target.is(Type::kStructure)) {
      document[member.name()] = decode_node(member, first, depth + 1);
      continue;
    }
    json::array list;
    json::object map;
    for (const auto child : node.children()) {
      if (child.type() != pugi::node_element || local_name(child) != name) continue;
      if (target.is(Type::kList)) {
        list.push_back(decode_node(target.element(), child, depth + 1));
      } else {
        decode_map_entry(target, child, depth, map);
      }
    }
    if (target.is(Type::kList)) {
      document[member.name()] = std::move(list);
    } else {
      document[member.name()] = std::move(map);
    }
  }
  return document;
}

/// The member of a structure, or of a list's form, that an element goes by.
std::optional<Member> member_of(const Shape& shape, std::string_view element) {
  if (shape.is(Type::kList)) {
    if (element == element_name(shape)) return shape.element();
    return std::nullopt;
  }
  for (const Member member : shape.members()) {
    if (member.location() != Location::kBody || member_name(member) != element) continue;
    const bool items = member.flattened() && member.shape().is(Type::kList);
    return items ? member.shape().element() : member;
  }
  return std::nullopt;
}

/// Elements that no member of a structure goes by, at any depth.
void name_unknown(const Shape& shape, const pugi::xml_node& node, const MemberPath& path,
                  std::size_t depth = 0) {
  if (depth > kMaxDepth) throw XmlError{"The document is nested too deeply"};
  const bool list = shape.is(Type::kList);
  if (!list && !shape.is(Type::kStructure)) return;
  for (const auto child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    const auto name = local_name(child);
    const auto known = member_of(shape, name);
    if (!known) {
      path.add(name);
    } else if (list) {
      name_unknown(known->shape(), child, path, depth + 1);
    } else {
      name_unknown(known->shape(), child, {path, name}, depth + 1);
    }
  }
}

/// The element of a structure that none of its members goes by, at any depth, is refused as an
/// XML schema does.
void refuse_unknown(const Shape& shape, const pugi::xml_node& node, std::size_t depth = 0) {
  if (depth > kMaxDepth) throw XmlError{"The document is nested too deeply"};
  const bool list = shape.is(Type::kList);
  if (!list && !shape.is(Type::kStructure)) {
    // "&#1;" is no reference that XML allows.
    if (!is_xml_text(text_of(node))) throw XmlError{"The document is not well-formed"};
    return;
  }
  for (const auto child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    const auto known = member_of(shape, local_name(child));
    if (!known) {
      throw XmlError{fmt::format(
          "cvc-complex-type.2.4.a: Invalid content was found starting with element '{}'.",
          local_name(child))};
    }
    refuse_unknown(known->shape(), child, depth + 1);
  }
}

json::value decode_list(const Shape& shape, const pugi::xml_node& node, std::size_t depth) {
  json::array list;
  const auto name = element_name(shape);
  for (const auto child : node.children()) {
    if (child.type() != pugi::node_element || local_name(child) != name) continue;
    list.push_back(decode_node(shape.element(), child, depth + 1));
  }
  return list;
}

json::value decode_node(const Member& member, const pugi::xml_node& node, std::size_t depth) {
  if (depth > kMaxDepth) throw XmlError{"The document is nested too deeply"};
  const Shape shape = member.shape();
  switch (shape.type()) {
    case Type::kStructure:
      return decode_structure(shape, node, depth);
    case Type::kList:
      return decode_list(shape, node, depth);
    case Type::kMap: {
      json::object map;
      for (const auto entry : node.children("entry")) decode_map_entry(shape, entry, depth, map);
      return map;
    }
    default: {
      const std::string text = text_of(node);
      auto value = parse_scalar(member, text);
      if (!value) throw XmlError{fmt::format("Invalid value '{}' for {}", text, member.name())};
      return std::move(*value);
    }
  }
}

}  // namespace

json::object decode_xml(const Shape& structure, std::string_view text, std::string_view root_name,
                        std::string_view wrapper, UnknownElements elements, UnknownNames* unknown) {
  const auto count = static_cast<std::size_t>(std::count(text.begin(), text.end(), '<'));
  if (count > kMaxElements) throw XmlError{"The document has too many elements"};
  if (text.find("<!DOCTYPE") != std::string_view::npos) {
    throw XmlError{"A document type declaration is not allowed"};
  }
  // The parser takes any bytes; they would come out again in answers.
  if (!core::is_utf8(text)) throw XmlError{"The document is not well-formed"};
  pugi::xml_document document;
  const auto result = document.load_buffer(
      text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata, pugi::encoding_utf8);
  pugi::xml_node root = document.document_element();
  if (!result || !root) throw XmlError{"The document is not well-formed"};
  if (!root_name.empty() && local_name(root) != root_name) {
    throw XmlError{fmt::format("{} is not valid, expected {}", local_name(root), root_name), true};
  }
  if (!wrapper.empty()) {
    root = find_child(root, wrapper);
    if (!root) return {};
  }
  if (elements == UnknownElements::kRefused) refuse_unknown(structure, root);
  if (unknown != nullptr) name_unknown(structure, root, MemberPath(unknown));
  return decode_structure(structure, root, 0);
}

}  // namespace tandem::aws
