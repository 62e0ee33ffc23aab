// Parameter mappings of integrations: what "integration.request.header.X" is set to, and where
// "method.response.header.X" comes from (API Gateway developer guide, "Parameter mapping source
// examples"). Parsing and checking only; whoever serves a request looks the values up.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/parsed.h"
#include "services/apigateway/mapping/json_path.h"

namespace tandem::apigateway::mapping {

/// requestParameters of an integration, or responseParameters of an integration response.
enum class Direction { kRequest, kResponse };

struct ParameterSource {
  enum class Kind {
    kLiteral,                   ///< 'text': name is the text without its quotes
    kStageVariable,             ///< stageVariables.name
    kContext,                   ///< context.name, "identity.sourceIp" for example
    kPath,                      ///< method.request.path.name
    kQueryString,               ///< method.request.querystring.name: the last value
    kMultiValueQueryString,     ///< method.request.multivaluequerystring.name: repeated
    kHeader,                    ///< method.request.header.name: the last value
    kMultiValueHeader,          ///< method.request.multivalueheader.name: joined by commas
    kBody,                      ///< method.request.body, or a part of it
    kResponseHeader,            ///< integration.response.header.name
    kResponseMultiValueHeader,  ///< integration.response.multivalueheader.name
    kResponseBody,              ///< integration.response.body, or a part of it
  };
  Kind kind;
  std::string name;
  /// Of the bodies: the part. Absent when the body itself is meant.
  std::optional<JsonPath> path;
};

struct ParameterTarget {
  enum class Kind { kPath, kQueryString, kHeader };
  Kind kind;
  std::string name;
};

/// "integration.request.{path|querystring|header}.name", or "method.response.header.name". The
/// error's message is what AWS lists as one of the errors: "Invalid mapping expression parameter
/// specified: X".
core::Parsed<ParameterTarget> parse_parameter_target(Direction direction, std::string_view text);

/// The error's message is what AWS lists: "Invalid mapping expression specified: X".
core::Parsed<ParameterSource> parse_parameter_source(Direction direction, std::string_view text);

/// The message of the BadRequestException: "Invalid mapping expression specified: Validation
/// Result: warnings : [], errors : [a, b]".
std::string mapping_errors(const std::vector<std::string>& errors);

}  // namespace tandem::apigateway::mapping
