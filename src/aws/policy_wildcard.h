// The wildcards of policies: IAM User Guide, "IAM JSON policy elements: Resource". Pure.
#pragma once

#include <string_view>

namespace tandem::aws {

/// '*' stands for any text, '?' for one character. In time pattern × text at most, whatever the
/// pattern.
bool matches_wildcard(std::string_view pattern, std::string_view text);

}  // namespace tandem::aws
