// Patterns in which * stands for any text. Pure.
#pragma once

#include <string_view>

namespace tandem::cloudformation {

/// In time pattern × text at most, whatever the pattern.
bool matches_wildcard(std::string_view pattern, std::string_view text);

}  // namespace tandem::cloudformation
