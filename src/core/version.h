// The version, as CHANGELOG.md counts it.
#pragma once

#include <string_view>

namespace tandem::core {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace tandem::core
