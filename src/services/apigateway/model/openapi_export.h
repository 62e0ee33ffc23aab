// A deployment as an OpenAPI document: what GetExport gives.
#pragma once

#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::apigateway {

struct ExportInput {
  const json::object& api;
  const json::object& snapshot;
  std::string_view host;
  std::string_view stage;
  std::string_view version;   ///< the API's, or a date
  bool version2 = false;      ///< Swagger 2.0, else OpenAPI 3.0.1
  bool integrations = false;  ///< extensions
  bool authorizers = false;
  bool others = false;  ///< validators, gateway responses, media types, key source
};

/// Throws BadRequestException for what has no form in OpenAPI.
json::object export_openapi(const ExportInput& input);

}  // namespace tandem::apigateway
