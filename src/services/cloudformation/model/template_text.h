// A template's text as a document: JSON or YAML, within AWS's limits.
#pragma once

#include <string_view>

#include "core/json.h"

namespace tandem::cloudformation {

inline constexpr std::size_t kInlineTemplateBytes = 51'200;
inline constexpr std::size_t kStoredTemplateBytes = 1'000'000;

/// JSON when the first character is '{', YAML otherwise. Throws ValidationError with AWS's texts;
/// no null is left in the result. Nesting is at most 64.
json::object parse_template_text(std::string_view text);

}  // namespace tandem::cloudformation
