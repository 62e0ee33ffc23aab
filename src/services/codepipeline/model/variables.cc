#include "services/codepipeline/model/variables.h"

#include <algorithm>

namespace tandem::codepipeline {
namespace {

bool is_name_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '@' ||
         c == '-' || c == '_';
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_name_character);
}

/// What stands between "#{" and "}".
std::optional<Reference> reference_in(std::string_view inside) {
  const std::size_t dot = inside.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view space = inside.substr(0, dot);
  const std::string_view name = inside.substr(dot + 1);
  // Outputs of stacks and exported variables of builds are names like any other.
  if (!is_name(space) || !is_name(name)) return std::nullopt;
  return Reference{std::string(space), std::string(name)};
}

/// Calls on_text and on_reference for the parts of the text, in order.
template <class OnText, class OnReference>
void parts_of(std::string_view text, OnText on_text, OnReference on_reference) {
  while (!text.empty()) {
    const std::size_t begin = text.find("#{");
    if (begin == std::string_view::npos) return on_text(text);
    const std::size_t end = text.find('}', begin);
    if (end == std::string_view::npos) return on_text(text);
    const auto found = reference_in(text.substr(begin + 2, end - begin - 2));
    if (!found) {
      on_text(text.substr(0, begin + 2));
      text.remove_prefix(begin + 2);
      continue;
    }
    on_text(text.substr(0, begin));
    on_reference(*found);
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::vector<Reference> references(std::string_view text) {
  std::vector<Reference> found;
  parts_of(
      text, [](std::string_view) {}, [&](const Reference& one) { found.push_back(one); });
  return found;
}

Resolved resolve(std::string_view text,
                 const std::function<std::optional<std::string>(const Reference&)>& find) {
  Resolved resolved;
  parts_of(
      text, [&](std::string_view plain) { resolved.text += plain; },
      [&](const Reference& one) {
        if (const auto value = find(one)) {
          resolved.text += *value;
        } else {
          resolved.text += one.text();
          resolved.unresolved.push_back(one);
        }
      });
  return resolved;
}

}  // namespace tandem::codepipeline
