// Documents to XML.
#include <fmt/format.h>

#include "aws/xml_codec.h"

namespace tandem::aws {
namespace {

using model::Location;
using model::Member;
using model::Shape;
using model::TimestampFormat;
using model::Type;

void open_element(std::string_view name, std::string_view attributes, std::string& out) {
  out += '<';
  out += name;
  out += attributes;
  out += '>';
}

void close_element(std::string_view name, std::string& out) {
  out += "</";
  out += name;
  out += '>';
}

std::string namespace_attribute(std::string_view prefix, std::string_view uri) {
  if (uri.empty()) return {};
  std::string attribute = prefix.empty() ? " xmlns" : fmt::format(" xmlns:{}", prefix);
  attribute += "=\"";
  append_xml_escaped(uri, attribute);
  return attribute + '"';
}

/// The member's own xmlns, and what its structure carries as attributes ("xsi:type").
std::string attributes_of(const Member& member, const json::value& value) {
  std::string attributes = namespace_attribute(member.xml_prefix(), member.xml_namespace());
  if (!member.shape().is(Type::kStructure) || !value.is_object()) return attributes;
  for (const Member inner : member.shape().members()) {
    if (!inner.xml_attribute()) continue;
    const auto text = json::find_string(value.get_object(), inner.name());
    if (!text) continue;
    attributes += fmt::format(" {}=\"", inner.wire_name());
    append_xml_escaped(*text, attributes);
    attributes += '"';
  }
  return attributes;
}

struct Writer {
  const XmlStyle& style;
  std::string& out;

  void structure(const Shape& shape, const json::object& document) {
    for (const Member member : shape.members()) {
      if (member.location() != Location::kBody || member.xml_attribute()) continue;
      const auto* value = json::find(document, member.name());
      if (value != nullptr) named(member, *value);
    }
  }

  /// A structure's member: an element of its own, or several when flattened.
  void named(const Member& member, const json::value& value) {
    const Shape shape = member.shape();
    const bool list = shape.is(Type::kList) && value.is_array();
    const bool map = shape.is(Type::kMap) && value.is_object();
    if (list && member.flattened()) {
      const Member element = shape.element();
      const auto name = element.has_wire_name() ? element.wire_name() : member.wire_name();
      for (const auto& item : value.get_array()) item_element(name, element, item);
    } else if (map && member.flattened()) {
      for (const auto& [key, item] : value.get_object()) {
        map_entry(shape, member.wire_name(), key, item);
      }
    } else {
      item_element(member.wire_name(), member, value);
    }
  }

  void item_element(std::string_view name, const Member& member, const json::value& value) {
    open_element(name, attributes_of(member, value), out);
    content(member, value);
    close_element(name, out);
  }

  void map_entry(const Shape& shape, std::string_view name, std::string_view key,
                 const json::value& value) {
    open_element(name, "", out);
    append_xml_element(shape.key().has_wire_name() ? shape.key().wire_name() : "key", key, out);
    item_element(shape.value().has_wire_name() ? shape.value().wire_name() : "value", shape.value(),
                 value);
    close_element(name, out);
  }

  void content(const Member& member, const json::value& value) {
    const Shape shape = member.shape();
    if (shape.is(Type::kStructure)) {
      if (value.is_object()) structure(shape, value.get_object());
    } else if (shape.is(Type::kList)) {
      if (!value.is_array()) return;
      const Member element = shape.element();
      const auto name = element.has_wire_name() ? element.wire_name() : "member";
      for (const auto& item : value.get_array()) item_element(name, element, item);
    } else if (shape.is(Type::kMap)) {
      if (!value.is_object()) return;
      for (const auto& [key, item] : value.get_object()) map_entry(shape, "entry", key, item);
    } else {
      append_xml_escaped(format_scalar(member, value, TimestampFormat::kIso8601, style.fraction),
                         out);
    }
  }
};

}  // namespace

void encode_xml_members(const Shape& structure, const json::object& document, const XmlStyle& style,
                        std::string& out) {
  Writer{style, out}.structure(structure, document);
}

void encode_xml(const Shape& structure, const json::object& document, std::string_view name,
                std::string_view xml_namespace, const XmlStyle& style, std::string& out) {
  open_element(name, namespace_attribute("", xml_namespace), out);
  encode_xml_members(structure, document, style, out);
  close_element(name, out);
}

void append_xml_escaped(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\0':
        // No form of XML has it, and a parser would refuse the whole document: U+FFFD instead.
        out += "\xEF\xBF\xBD";
        break;
      default:
        // A bare carriage return would be read as a line feed; other controls have no literal form.
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') {
          out += fmt::format("&#x{:x};", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
}

void append_xml_element(std::string_view name, std::string_view text, std::string& out) {
  open_element(name, "", out);
  append_xml_escaped(text, out);
  close_element(name, out);
}

}  // namespace tandem::aws
