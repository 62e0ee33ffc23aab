#include <fmt/format.h>

#include "core/log.h"
#include "core/text.h"
#include "services/apigateway/proxy/back_ends.h"

namespace tandem::apigateway {
namespace {

using Outcome = InvokeResult::Outcome;

/// Lambda's Invoke, as the role would call it.
ServiceCaller::Call as_role(const Exchange& exchange, FunctionCall call, const State& state) {
  ServiceCaller::Call request;
  request.role_arn = std::move(call.credentials);
  request.region = state.environment.region;
  request.service = "lambda";
  request.timeout = exchange.integration().timeout;
  request.request.method = "POST";
  request.request.target =
      fmt::format("/2015-03-31/functions/{}/invocations", core::percent_encode(call.function_arn));
  request.request.headers.add("Host",
                              fmt::format("lambda.{}.amazonaws.com", state.environment.region));
  if (call.later) request.request.headers.add("X-Amz-Invocation-Type", "Event");
  request.request.body = std::move(call.event);
  return request;
}

InvokeResult result_of(CallResult called) {
  InvokeResult result;
  switch (called.outcome) {
    case CallResult::Outcome::kTimeout:
      result.outcome = Outcome::kTimeout;
      return result;
    case CallResult::Outcome::kFailed:
    case CallResult::Outcome::kNoRole:
      result.outcome = Outcome::kPermissionMissing;
      return result;
    case CallResult::Outcome::kAnswered:
      break;
  }
  const net::HttpResponse& response = called.response;
  if (response.status == 429) {
    result.outcome = Outcome::kThrottled;
  } else if (response.status == 404) {
    result.outcome = Outcome::kNotFound;
  } else if (response.status == 413) {
    result.outcome = Outcome::kTooLarge;
  } else if (response.status != 200 && response.status != 202) {
    result.outcome = Outcome::kPermissionMissing;
  } else {
    result.outcome =
        response.headers.contains("X-Amz-Function-Error") ? Outcome::kFunctionError : Outcome::kOk;
    result.payload = std::move(called.response.body);
  }
  return result;
}

}  // namespace

Task<InvokeResult> invoke_function(State& state, const Exchange* exchange, FunctionCall call) {
  InvokeResult result;
  try {
    if (call.credentials.empty() && call.later) {
      result.outcome = state.ports.functions.invoke_later(call.function_arn, std::move(call.event),
                                                          exchange->source_arn);
    } else if (call.credentials.empty()) {
      result = co_await state.ports.functions.invoke(std::move(call.function_arn),
                                                     std::move(call.event), exchange->source_arn,
                                                     exchange->integration().timeout);
    } else {
      ServiceCaller::Call request = as_role(*exchange, std::move(call), state);
      CallResult called = co_await state.ports.services.call(std::move(request));
      result = result_of(std::move(called));
    }
  } catch (const std::exception& error) {
    log::warning("apigateway: invoking a function failed: {}", error.what());
    result.outcome = Outcome::kNotFound;
  }
  co_return result;
}

std::optional<Refusal> refusal_of(InvokeResult::Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
    case Outcome::kFunctionError:
      return std::nullopt;
    case Outcome::kTimeout:
      return Refusal::logged(GatewayResponse::kIntegrationTimeout,
                             "Execution failed due to a timeout error");
    case Outcome::kTooLarge:
      return Refusal(GatewayResponse::kEventTooLarge);
    case Outcome::kThrottled:
      return misconfigured("Rate Exceeded.");
    case Outcome::kPermissionMissing:
      return misconfigured("Invalid permissions on Lambda function");
    case Outcome::kNotFound:
      return misconfigured("Invalid endpoint address");
  }
  return std::nullopt;
}

std::optional<Refusal> refusal_of(const CallResult& result) {
  switch (result.outcome) {
    case CallResult::Outcome::kAnswered:
      return std::nullopt;
    case CallResult::Outcome::kTimeout:
      return Refusal::logged(GatewayResponse::kIntegrationTimeout,
                             "Execution failed due to a timeout error");
    case CallResult::Outcome::kFailed:
      return Refusal::logged(
          GatewayResponse::kIntegrationFailure,
          "Execution failed due to a network error communicating with endpoint: " + result.why);
    case CallResult::Outcome::kNoRole:
      return misconfigured("API Gateway does not have permission to assume the provided role");
  }
  return std::nullopt;
}

}  // namespace tandem::apigateway
