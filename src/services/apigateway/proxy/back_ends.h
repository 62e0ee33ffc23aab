// How each kind of integration answers: map in, ask the back end, map out. One file each.
#pragma once

#include "core/task.h"
#include "services/apigateway/proxy/exchange.h"
#include "services/apigateway/proxy/response_mapping.h"
#include "services/apigateway/state.h"

namespace tandem::apigateway {

using Answer = OrRefusal<net::HttpResponse>;

/// Borrow everything; exchange lives until the answer is there, and its request's body may be used
/// up.
Task<Answer> serve_lambda_proxy(State& state, Exchange* exchange, const LambdaProxy* back_end);
Task<Answer> serve_lambda_function(State& state, Exchange* exchange,
                                   const LambdaFunction* back_end);
Task<Answer> serve_http_endpoint(State& state, Exchange* exchange, const HttpEndpoint* back_end);
Task<Answer> serve_aws_service(State& state, Exchange* exchange, const AwsService* back_end);
/// Asks nobody.
Task<Answer> serve_mock(State& state, Exchange* exchange);

/// map_request() and map_response(), beside the loop where bodies are large.
inline constexpr std::size_t kMappedOnLoop = 64 * 1024;
Task<OrRefusal<MappedRequest>> map_in(State& state, const Exchange* exchange,
                                      const RequestDocuments* documents);
Task<Answer> map_out(State& state, const Exchange* exchange, const RequestDocuments* documents,
                     MappedRequest mapped, BackEndAnswer answer);

/// Invokes a function for the request: as API Gateway, or as a role when there is one. Never
/// throws.
struct FunctionCall {
  std::string function_arn;
  std::string credentials;
  std::string event;
  bool later = false;  ///< without waiting for what it does
};
Task<InvokeResult> invoke_function(State& state, const Exchange* exchange, FunctionCall call);

/// What is answered when no function was asked at all; nothing when one was.
std::optional<Refusal> refusal_of(InvokeResult::Outcome outcome);
/// The same of a call over HTTP.
std::optional<Refusal> refusal_of(const CallResult& result);

}  // namespace tandem::apigateway
