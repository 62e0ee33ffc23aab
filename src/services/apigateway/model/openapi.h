// An OpenAPI 2 or 3 document with API Gateway's extensions, read into the inputs of the operations
// that make it. AWS, developer guide: "Develop REST APIs using OpenAPI in API Gateway".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace tandem::apigateway {

/// How a document's base path becomes part of its resources' (parameter basepath).
enum class BasePath { kIgnore, kPrepend, kSplit };

struct OpenApiMethod {
  std::string path;
  std::string http_method;                          ///< "GET", "ANY"
  json::object method;                              ///< of PutMethod, without what names it
  std::string authorizer;                           ///< by name; empty: none
  std::string validator;                            ///< by name; empty: none
  json::object integration;                         ///< of PutIntegration; empty: none
  std::vector<json::object> responses;              ///< of PutMethodResponse
  std::vector<json::object> integration_responses;  ///< of PutIntegrationResponse
};

struct OpenApi {
  json::object api;  ///< of CreateRestApi: name, description, version, and what extensions say
  std::vector<json::object> models;             ///< of CreateModel
  std::vector<json::object> validators;         ///< of CreateRequestValidator
  std::vector<json::object> authorizers;        ///< of CreateAuthorizer
  std::vector<json::object> gateway_responses;  ///< of PutGatewayResponse
  std::vector<OpenApiMethod> methods;
  std::vector<std::string> paths;  ///< of all resources, with or without methods
  std::vector<std::string> warnings;
};

/// api_id: whose models references name. Throws BadRequestException "Invalid OpenAPI input." for
/// what is no such document, and names extensions that are not implemented.
OpenApi read_openapi(std::string_view text, BasePath base_path, std::string_view api_id);

/// Paths and operations of one document.
inline constexpr std::size_t kOpenApiMethods = 5'000;

}  // namespace tandem::apigateway
