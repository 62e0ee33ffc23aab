// XML on the wire to documents and back, along a shape.
#pragma once

#include <string>
#include <string_view>

#include "aws/model.h"
#include "aws/scalar.h"
#include "aws/unknown.h"
#include "core/json.h"

namespace tandem::aws {

/// Why a text is no XML of the wanted shape. The protocol says it in the service's words.
struct XmlError {
  std::string message;
  bool wrong_root = false;  ///< well-formed, but another document than the operation's
};

/// UTF-8 without what XML 1.0 §2.2 leaves out: control characters other than tab and line ends. No
/// client can read an answer that holds others.
bool is_xml_text(std::string_view text);

/// Decodes the element root_name (any name when empty), looking into wrapper inside it when that
/// is given. No DTD, no entity but XML's five and character references. Throws XmlError. Elements
/// that the model does not have are left out, and named in unknown when it is given; kRefused is
/// XmlError for them.
enum class UnknownElements { kLeftOut, kRefused };
json::object decode_xml(const model::Shape& structure, std::string_view text,
                        std::string_view root_name = "", std::string_view wrapper = "",
                        UnknownElements elements = UnknownElements::kLeftOut,
                        UnknownNames* unknown = nullptr);

/// Appends "<name>…</name>" holding the document; xml_namespace, when given, on the element.
struct XmlStyle {
  Fraction fraction = Fraction::kMilliseconds;
};
void encode_xml(const model::Shape& structure, const json::object& document, std::string_view name,
                std::string_view xml_namespace, const XmlStyle& style, std::string& out);
/// The members only, without an element around them.
void encode_xml_members(const model::Shape& structure, const json::object& document,
                        const XmlStyle& style, std::string& out);

void append_xml_escaped(std::string_view text, std::string& out);
/// "<name>text</name>".
void append_xml_element(std::string_view name, std::string_view text, std::string& out);

}  // namespace tandem::aws
