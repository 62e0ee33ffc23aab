// MOCK: API Gateway developer guide, "Set up mock integrations"; what its status may look like was
// observed.
#include "services/apigateway/mapping/mock_status.h"
#include "services/apigateway/proxy/back_ends.h"
#include "services/apigateway/proxy/response_mapping.h"

namespace tandem::apigateway {

Task<Answer> serve_mock(State& state, Exchange* exchange) {
  const RequestDocuments documents(*exchange);
  auto request = co_await map_in(state, exchange, &documents);
  if (auto* refusal = std::get_if<Refusal>(&request)) co_return std::move(*refusal);
  MappedRequest mapped = std::move(std::get<MappedRequest>(request));
  const auto status = mapping::mock_status(mapped.body);
  if (!status) {
    co_return misconfigured(
        "Unable to parse statusCode. It should be an integer that is defined in the request "
        "template.");
  }
  // The number only selects: what the client gets is the integration response's status.
  BackEndAnswer answer;
  answer.selector = std::to_string(*status);
  co_return co_await map_out(state, exchange, &documents, std::move(mapped), std::move(answer));
}

}  // namespace tandem::apigateway
