// MOCK: API Gateway developer guide, "Set up mock integrations"; what its status may look like was
// observed.
#include "services/apigateway/mapping/mock_status.h"
#include "services/apigateway/proxy/back_ends.h"
#include "services/apigateway/proxy/response_mapping.h"

namespace tandem::apigateway {

Answer serve_mock(const Exchange& exchange) {
  const RequestDocuments documents(exchange);
  auto request = map_request(exchange, documents);
  if (auto* refusal = std::get_if<Refusal>(&request)) return std::move(*refusal);
  MappedRequest& mapped = std::get<MappedRequest>(request);
  const auto status = mapping::mock_status(mapped.body);
  if (!status) {
    return misconfigured(
        "Unable to parse statusCode. It should be an integer that is defined in the request "
        "template.");
  }
  // The number only selects: what the client gets is the integration response's status.
  return map_response(exchange, documents, std::move(mapped),
                      {.selector = std::to_string(*status), .headers = {}, .body = ""});
}

}  // namespace tandem::apigateway
