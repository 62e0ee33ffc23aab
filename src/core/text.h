// Small text helpers that the standard library lacks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::core {

std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
/// ASCII only, as header names and DNS labels compare.
bool equals_ignoring_case(std::string_view a, std::string_view b);
/// Without leading and trailing spaces, tabs, CR and LF.
std::string_view trim(std::string_view text);
/// "a,b,,c" by ',' is {"a","b","","c"}; "" is {""}.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// As std::string_view's, in time that grows with the sum of both sizes; theirs grows with the
/// product, which is minutes where both come from outside.
std::size_t find_text(std::string_view whole, std::string_view part, std::size_t from = 0);
std::size_t rfind_text(std::string_view whole, std::string_view part,
                       std::size_t from = std::string_view::npos);

/// RFC 3986 §2.1. Encodes all but unreserved characters; keep_slash leaves '/' as it is.
enum class Slash { kEncode, kKeep };
std::string percent_encode(std::string_view text, Slash slash = Slash::kEncode);
/// Malformed escapes are kept literally, as AWS does; '+' becomes a space only in queries.
enum class Plus { kLiteral, kSpace };
std::string percent_decode(std::string_view text, Plus plus = Plus::kLiteral);

/// Whole text must be a decimal number without sign or leading '+'.
std::optional<std::uint64_t> parse_uint(std::string_view text);
std::optional<std::int64_t> parse_int(std::string_view text);

/// True for well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view bytes);
/// Length of the well-formed UTF-8 sequence at the start of bytes (not empty), 0 when there is
/// none.
std::size_t utf8_sequence(std::string_view bytes);

}  // namespace tandem::core
