#include "services/cloudformation/model/template_text.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>

#include "aws/xml_codec.h"
#include "core/text.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/model/yaml.h"

namespace tandem::cloudformation {
namespace {

json::value parse_json(std::string_view text) {
  auto parsed = json::parse_text(text, 64);
  if (parsed) return std::move(parsed).value();
  const std::string_view before = text.substr(0, std::min(parsed.error().offset, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto newline = before.rfind('\n');
  const auto column =
      newline == std::string_view::npos ? before.size() : before.size() - newline - 1;
  throw format_error(fmt::format("JSON not well-formed. (line {}, column {})", line, column + 1));
}

// JSON's and YAML's escapes can write what the API's answers cannot: they are XML.
void require_text(std::string_view text, const std::string& path) {
  if (aws::is_xml_text(text)) return;
  throw format_error(fmt::format("[{}] holds characters that are not allowed in templates", path));
}

// AWS prints the path of a null with its own habit: "/Resources/<id>/Type/<property>".
void check_values(const json::value& value, const std::string& path) {
  if (value.is_null()) {
    throw validation_error(fmt::format("[{}] 'null' values are not allowed in templates", path));
  }
  if (const auto* text = value.if_string()) {
    require_text(json::view(*text), path);
  } else if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      require_text(member.key(), path);
      check_values(member.value(), fmt::format("{}/{}", path, std::string_view(member.key())));
    }
  } else if (const auto* list = value.if_array()) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      check_values((*list)[i], fmt::format("{}/{}", path, i));
    }
  }
}

}  // namespace

json::object parse_template_text(std::string_view text) {
  if (!core::is_utf8(text)) throw format_error("unsupported structure.");
  const std::string_view trimmed = core::trim(text);
  if (trimmed.empty()) throw format_error("unsupported structure.");
  json::value document = trimmed.front() == '{' ? parse_json(text) : parse_yaml(text);
  auto* object = document.if_object();
  if (object == nullptr) throw format_error("unsupported structure.");
  check_values(document, "");
  return std::move(*object);
}

}  // namespace tandem::cloudformation
