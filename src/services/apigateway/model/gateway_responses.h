// The answers of the gateway itself that an API may shape: their types, what may be said about them
// and what that makes of an answer. AWS, developer guide: "Gateway responses in API Gateway".
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"

namespace tandem::apigateway {

inline constexpr std::string_view kDefault4xx = "DEFAULT_4XX";
inline constexpr std::string_view kDefault5xx = "DEFAULT_5XX";

struct GatewayResponseType {
  std::string_view name;
  int status;  ///< 0: whatever befits what happened
};
/// Every type, in the order AWS documents them.
std::span<const GatewayResponseType> gateway_response_types();

/// What AWS shows for a type that the API says nothing about.
json::object default_gateway_response(const GatewayResponseType& type);
/// PutGatewayResponse's output and record. Throws BadRequestException for what is malformed, and
/// names what is not implemented: parameters taken from the request, templates of one's own.
json::object make_gateway_response(const json::object& input);

/// What an answer of one type becomes.
struct ResponseShape {
  std::optional<int> status;
  std::vector<std::pair<std::string, std::string>> headers;
};
using ResponseShapes = std::map<std::string, ResponseShape, std::less<>>;  ///< by type

ResponseShape response_shape(const json::object& record);
/// The type's own shape, else that of its class of status codes, else nothing. An empty type has no
/// shape of its own.
const ResponseShape* find_shape(const ResponseShapes& shapes, std::string_view type, int status);

}  // namespace tandem::apigateway
