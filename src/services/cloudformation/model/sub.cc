#include "services/cloudformation/model/sub.h"

#include <algorithm>

#include "core/text.h"
#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {
namespace {

bool is_variable_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '.' || c == ':';
  });
}

}  // namespace

std::vector<SubPart> parse_sub(std::string_view text) {
  std::vector<SubPart> parts;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) parts.push_back({SubPart::Kind::kLiteral, std::move(literal)});
    literal.clear();
  };
  while (!text.empty()) {
    const auto start = text.find("${");
    const auto end = start == std::string_view::npos ? start : text.find('}', start);
    if (end == std::string_view::npos) break;
    literal += text.substr(0, start);
    const std::string_view name = text.substr(start + 2, end - start - 2);
    text.remove_prefix(end + 1);
    if (name.starts_with('!')) {
      literal += "${" + std::string(name.substr(1)) + '}';
      continue;
    }
    const std::string_view trimmed = core::trim(name);
    if (!is_variable_name(trimmed)) {
      throw template_error(
          "variable names in Fn::Sub syntax must contain only alphanumeric characters, "
          "underscores, periods, and colons");
    }
    flush();
    parts.push_back({SubPart::Kind::kVariable, std::string(trimmed)});
  }
  literal += text;
  flush();
  return parts;
}

}  // namespace tandem::cloudformation
