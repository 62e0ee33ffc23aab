// Appends JSON to a string. What is not UTF-8 becomes U+FFFD, so that the text is always valid.
#pragma once

#include <string>
#include <string_view>

namespace tandem::apigateway {

/// What is not UTF-8 becomes U+FFFD.
std::string valid_utf8(std::string text);

/// With quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace tandem::apigateway
