// AWS_PROXY with a function: API Gateway developer guide, "Lambda proxy integrations in API
// Gateway".
#include "services/apigateway/model/limits.h"
#include "services/apigateway/proxy/back_ends.h"
#include "services/apigateway/proxy/result.h"

namespace tandem::apigateway {
namespace {

Answer answer_of(InvokeResult result, std::string_view accept, const CompiledStage& stage) {
  if (auto refusal = refusal_of(result.outcome)) return std::move(*refusal);
  const Refusal malformed = Refusal::logged(
      GatewayResponse::kMalformedResult,
      "Execution failed due to configuration error: Malformed Lambda proxy response");
  if (result.outcome != InvokeResult::Outcome::kOk) return malformed;
  auto parsed = parse_proxy_result(result.payload);
  if (!parsed) return malformed;
  auto response = make_response(std::move(parsed).value(), accept, stage.binary_media_types);
  if (!response) return malformed;
  return std::move(response).value();
}

}  // namespace

Task<Answer> serve_lambda_proxy(State& state, Exchange* exchange, const LambdaProxy* back_end) {
  FunctionCall call{back_end->function_arn, back_end->credentials,
                    build_event(exchange->event_input())};
  if (call.event.size() > kInvokePayloadBytes) co_return Refusal(GatewayResponse::kEventTooLarge);
  // The event has it; nobody reads it again, and the function may take long.
  exchange->request.body = std::string();
  InvokeResult result = co_await invoke_function(state, exchange, std::move(call));
  co_return answer_of(std::move(result), exchange->request.headers.get_or("Accept"),
                      *exchange->stage);
}

}  // namespace tandem::apigateway
