// Identifiers in the forms AWS uses.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/random.h"

namespace tandem::core {

/// RFC 9562 version 4, lower case: "0b5c1a8e-3c1f-4d3e-9f57-7f2f1a8c9d10".
std::string uuid4(Random& random);
/// count characters, each drawn from alphabet.
std::string random_text(Random& random, std::size_t count, std::string_view alphabet);

inline constexpr std::string_view kLowerAlnum = "abcdefghijklmnopqrstuvwxyz0123456789";
inline constexpr std::string_view kUpperAlnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
inline constexpr std::string_view kAlnum =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
inline constexpr std::string_view kLowerHex = "0123456789abcdef";

}  // namespace tandem::core
