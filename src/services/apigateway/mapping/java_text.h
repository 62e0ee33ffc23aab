// Texts as Java has them. Ours are UTF-8, Java's positions and lengths count UTF-16 code units;
// texts of ASCII, which most are, are not converted.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem::apigateway::mapping {

bool is_ascii(std::string_view text);
/// What is no UTF-8 becomes U+FFFD.
std::u16string to_utf16(std::string_view text);
/// Half of a surrogate pair becomes "?", as Java's encoder has it.
std::string to_utf8(std::u16string_view text);

/// String.length().
std::size_t java_length(std::string_view text);
/// Double.toString(): "1.0", "0.5", "1.0E10", "NaN".
std::string java_double(double number);
/// StringEscapeUtils.escapeJavaScript() of commons-lang 2: ' " \ / and what is not printable ASCII.
std::string escape_java_script(std::string_view text);
/// A JSON text in quotes; UTF-8 stays.
void append_json_text(std::string_view text, std::string& out);

}  // namespace tandem::apigateway::mapping
