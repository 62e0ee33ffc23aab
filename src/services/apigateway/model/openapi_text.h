// An OpenAPI document's text, JSON or YAML, as one JSON value and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::apigateway {

/// AWS, quotas: "API definition file size for import".
inline constexpr std::size_t kOpenApiBytes = 6 * 1024 * 1024;
inline constexpr std::size_t kOpenApiDepth = 64;
/// Values of a document, with those that YAML's aliases stand for.
inline constexpr std::size_t kOpenApiValues = 300'000;

/// Nothing for what is neither.
std::optional<json::value> parse_openapi_text(std::string_view text);

/// Block style; texts in double quotes, as in JSON.
std::string to_yaml(const json::value& document);
/// JSON as AWS's exports have it: two blanks a level, " : " after a name.
std::string to_pretty_json(const json::value& document);

}  // namespace tandem::apigateway
