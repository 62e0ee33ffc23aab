// AWS with a function: it gets what the request template makes, and its answer is mapped (API
// Gateway developer guide, "Set up Lambda custom integrations").
#include "core/task.h"
#include "core/text.h"
#include "services/apigateway/model/limits.h"
#include "services/apigateway/proxy/back_ends.h"
#include "services/apigateway/proxy/response_mapping.h"

namespace tandem::apigateway {
namespace {

/// Of an error as Lambda has it. A good answer has none, whatever it says, and takes the default
/// response (measured).
std::string error_message(std::string_view payload) {
  const auto document = json::parse_text(payload, 512);
  if (!document || !document.value().is_object()) return "";
  return json::string_or(document.value().as_object(), "errorMessage");
}

BackEndAnswer answer_of(InvokeResult result) {
  BackEndAnswer answer;
  if (result.outcome == InvokeResult::Outcome::kFunctionError) {
    answer.selector = error_message(result.payload);
  }
  answer.headers.add("Content-Type", "application/json");
  answer.body = std::move(result.payload);
  return answer;
}

/// Lambda's own answer to an event that is no JSON, which is mapped like any other (observed).
BackEndAnswer not_json() {
  BackEndAnswer answer;
  answer.headers.add("Content-Type", "application/json");
  answer.body = R"({"Type":"User","message":"Could not parse request body into json"})";
  return answer;
}

bool is_event_type(const MappedRequest& mapped) {
  return core::equals_ignoring_case(mapped.headers.get_or("X-Amz-Invocation-Type"), "Event");
}

}  // namespace

Task<Answer> serve_lambda_function(State& state, Exchange* exchange,
                                   const LambdaFunction* back_end) {
  const RequestDocuments documents(*exchange);
  auto request = co_await map_in(state, exchange, &documents);
  if (auto* refusal = std::get_if<Refusal>(&request)) co_return std::move(*refusal);
  MappedRequest mapped = std::move(std::get<MappedRequest>(request));
  exchange->request.body = std::string();
  // A function always gets an event.
  std::string event = mapped.body.empty() ? "{}" : std::move(mapped.body);
  if (event.size() > kInvokePayloadBytes) co_return Refusal(GatewayResponse::kEventTooLarge);
  const auto check = [text = std::string_view(event)] { return json::parse_text(text, 512).ok(); };
  bool is_json = false;
  if (event.size() <= kMappedOnLoop) {
    is_json = check();
  } else {
    is_json = co_await core::run_blocking(state.environment.blocking, check);
  }
  if (!is_json) {
    co_return co_await map_out(state, exchange, &documents, std::move(mapped), not_json());
  }
  FunctionCall call{back_end->function_arn, back_end->credentials, std::move(event),
                    is_event_type(mapped)};
  InvokeResult result = co_await invoke_function(state, exchange, std::move(call));
  if (auto refusal = refusal_of(result.outcome)) co_return std::move(*refusal);
  BackEndAnswer answer = answer_of(std::move(result));
  co_return co_await map_out(state, exchange, &documents, std::move(mapped), std::move(answer));
}

}  // namespace tandem::apigateway
