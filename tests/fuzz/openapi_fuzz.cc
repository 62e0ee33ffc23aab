// Any bytes as an OpenAPI document: they end in what an API is made of, or in a refusal; what is
// written as JSON and YAML reads back. The first byte chooses how the base path counts.
//
// sources: src/core/bytes.cc src/core/check.cc src/core/text.cc src/core/json.cc
// sources: src/core/random.cc src/core/ids.cc
// sources: src/services/apigateway/model/openapi.cc
// sources: src/services/apigateway/model/openapi_paths.cc
// sources: src/services/apigateway/model/openapi_schema.cc
// sources: src/services/apigateway/model/openapi_text.cc
// sources: src/services/apigateway/model/json_schema.cc
// sources: src/services/apigateway/model/json_schema_check.cc
// sources: src/services/apigateway/model/names.cc
// libraries: -lyaml-cpp -lre2 -lfmt
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "services/apigateway/model/openapi.h"
#include "services/apigateway/model/openapi_text.h"

using namespace tandem;              // NOLINT: one file
using namespace tandem::apigateway;  // NOLINT: one file

namespace {

void read(std::string_view text, BasePath base_path) {
  try {
    const OpenApi document = read_openapi(text, base_path, "api");
    for (const OpenApiMethod& method : document.methods) {
      if (!method.path.starts_with('/') || method.http_method.empty()) std::abort();
      if (!method.method.contains("authorizationType")) std::abort();
    }
    for (const json::object& model : document.models) {
      if (!json::parse_text(json::string_or(model, "schema"), kOpenApiDepth + 1)) std::abort();
    }
  } catch (const aws::ApiError& error) {
    if (error.status() != 400) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  read(text, static_cast<BasePath>(data[0] % 3));
  if (const auto document = parse_openapi_text(text)) {
    const auto again = parse_openapi_text(to_pretty_json(*document));
    if (document->is_object() && !document->as_object().empty() && !again) std::abort();
    (void)to_yaml(*document);
  }
  return 0;
}
