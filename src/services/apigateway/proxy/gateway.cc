#include "services/apigateway/proxy/gateway.h"

#include <algorithm>
#include <array>

#include "core/ids.h"
#include "core/log.h"
#include "core/text.h"
#include "services/apigateway/model/limits.h"
#include "services/apigateway/proxy/admission.h"
#include "services/apigateway/proxy/authorizer.h"
#include "services/apigateway/proxy/event.h"
#include "services/apigateway/proxy/gateway_response.h"
#include "services/apigateway/proxy/result.h"
#include "services/apigateway/proxy/target.h"
#include "services/apigateway/proxy/validation.h"

namespace tandem::apigateway {
namespace {

/// What names a request in the event and in the answer.
struct Ids {
  std::string request_id;
  std::string extended_id;
  std::string trace_id;
};

/// The call of the function that a request becomes, and what its answer needs later.
struct Call {
  std::shared_ptr<const CompiledStage> stage;
  std::string function_arn;
  std::string event;
  std::string source_arn;
  std::chrono::milliseconds timeout{0};
};

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

Ids make_ids(State& state, const net::HttpRequest& request) {
  core::Random& random = state.environment.random;
  Ids ids;
  // AWS: a client may choose the request id, if it is a UUID.
  const auto wanted = request.headers.get("x-amzn-RequestId");
  ids.request_id = wanted && is_uuid(*wanted) ? std::string(*wanted) : core::uuid4(random);
  ids.extended_id = core::random_text(random, 15, core::kAlnum) + "=";
  const std::string_view trace = request.headers.get_or("X-Amzn-Trace-Id");
  if (trace.find("Root=") != std::string_view::npos) {
    ids.trace_id = trace;
  } else {
    ids.trace_id = fmt::format("Root=1-{:08x}-{}", state.environment.clock.now_s(),
                               core::random_text(random, 24, core::kLowerHex));
  }
  return ids;
}

/// AWS, "Important notes": X-HTTP-Method-Override changes the method.
std::string_view method_of(const net::HttpRequest& request) {
  constexpr std::array<std::string_view, 7> kMethods = {"GET",   "HEAD",   "POST",   "PUT",
                                                        "PATCH", "DELETE", "OPTIONS"};
  const auto given = request.headers.get("X-HTTP-Method-Override");
  if (given && std::find(kMethods.begin(), kMethods.end(), *given) != kMethods.end()) return *given;
  // ANY stands for these methods, not for whatever a client makes up.
  const bool known = std::find(kMethods.begin(), kMethods.end(), request.method) != kMethods.end();
  return known ? std::string_view(request.method) : std::string_view();
}

std::size_t header_bytes(const net::HttpRequest& request) {
  std::size_t total = request.method.size() + request.target.size();
  for (const auto& [name, value] : request.headers) total += name.size() + value.size();
  return total;
}

/// A connection made for one of our names may not be used for another (the host must be the
/// name in the TLS handshake).
bool fits_connection(const State& state, const net::HttpRequest& request, std::string_view host) {
  const std::string& name = request.connection.server_name;
  return name.empty() || core::equals_ignoring_case(name, host) || !serves_host(state, name);
}

std::optional<GatewayResponse> check_message(const net::HttpRequest& request) {
  if (header_bytes(request) > kHeaderBytes) return GatewayResponse::kHeadersTooLarge;
  if (request.body.size() > kPayloadBytes) return GatewayResponse::kRequestTooLarge;
  // AWS, "Important notes": these must be percent-encoded in a query.
  if (request.query().find_first_of("|{}") != std::string_view::npos) {
    return GatewayResponse::kBadRequest;
  }
  return std::nullopt;
}

std::string source_arn(const State& state, const CompiledStage& stage, std::string_view http_method,
                       std::string_view resource_path) {
  return fmt::format("arn:aws:execute-api:{}:{}:{}/{}/{}{}", state.environment.region,
                     state.environment.account(), stage.api_id, stage.name, http_method,
                     resource_path);
}

/// What a request has been found to be for. The views point into the request and the stage.
struct Route {
  std::string host;
  std::optional<Target> target;
  const CompiledResource* resource = nullptr;
  const CompiledMethod* method = nullptr;
  std::string_view http_method;
  PathParameters parameters;
};

/// Steps 1 to 6: host, base path, resource and method.
std::optional<Refusal> find_route(State& state, const net::HttpRequest& request, Call& call,
                                  Route& route) {
  route.host = request.host();
  if (!fits_connection(state, request, route.host)) return GatewayResponse::kForbidden;
  route.target = find_target(state, request, route.host);
  if (!route.target) return GatewayResponse::kForbidden;
  // From here on the API decides how a refusal looks.
  call.stage = std::move(route.target->stage);
  const CompiledStage& stage = *call.stage;
  if (const auto refusal = check_message(request)) return *refusal;

  const auto found = stage.routes.find(route.target->resource_path, route.parameters);
  if (!found) return GatewayResponse::kMissingAuthentication;
  route.resource = &stage.resources[*found];
  route.http_method = method_of(request);
  if (!route.http_method.empty()) route.method = route.resource->find(route.http_method);
  if (route.method == nullptr) return GatewayResponse::kMissingAuthentication;
  return std::nullopt;
}

EventInput event_input(State& state, const net::HttpRequest& request, const Ids& ids,
                       const Call& call, const Route& route) {
  return {.request = request,
          .stage = *call.stage,
          .resource = *route.resource,
          .parameters = route.parameters,
          .http_method = route.http_method,
          .path = route.target->event_path,
          .context_path = route.target->context_path,
          .host = route.host,
          .account = state.environment.account(),
          .request_id = ids.request_id,
          .extended_request_id = ids.extended_id,
          .trace_id = ids.trace_id,
          .time_ms = state.environment.clock.now_ms()};
}

/// What policies are held against. One resource has one name: no other spelling of a path, by
/// percent-encoding or a slash at its end, may slip past a Deny.
std::string method_arn(const State& state, const CompiledStage& stage, const Route& route) {
  return source_arn(state, stage, route.http_method,
                    canonical_path(route.target->resource_path, route.resource->path));
}

/// The API key's value, from where the API looks for it.
std::string_view key_of(const CompiledStage& stage, const net::HttpRequest& request,
                        const Authorization& authorization) {
  if (!stage.key_from_authorizer) return request.headers.get_or("x-api-key");
  return authorization.result ? std::string_view(authorization.result->usage_key)
                              : std::string_view();
}

/// The pipeline up to the integration.
Task<std::optional<Refusal>> prepare(State* state, const net::HttpRequest* request, const Ids* ids,
                                     Call* call) {
  Route route;
  if (auto refusal = find_route(*state, *request, *call, route)) co_return refusal;
  const CompiledMethod& method = *route.method;
  EventInput input = event_input(*state, *request, *ids, *call, route);

  Authorization authorization;
  if (method.authorizer) {
    authorization = co_await authorize(
        {state->ports.functions, state->authorized, state->environment.clock}, method.authorizer,
        &input, method_arn(*state, *call->stage, route),
        authorizer_source_arn(state->environment.region, state->environment.account(),
                              call->stage->api_id, method.authorizer->id));
    if (authorization.refusal) co_return authorization.refusal;
  }
  const std::string authorizer_json = authorization.context_json();
  input.authorizer_json = authorizer_json;

  const std::string_view key_value = key_of(*call->stage, *request, authorization);
  const Admission admission = admit(*state, *call->stage, method, key_value);
  if (admission.refusal) co_return *admission.refusal;
  if (method.checks) {
    auto refusal =
        co_await validate(&state->environment.blocking, method.checks, request, &route.parameters);
    if (refusal) co_return refusal;
  }
  if (method.function_arn.empty()) co_return GatewayResponse::kConfigurationError;

  call->function_arn = method.function_arn;
  call->timeout = method.timeout;
  call->source_arn = source_arn(*state, *call->stage, route.http_method, route.resource->path);
  if (admission.key) {
    input.api_key = key_value;
    input.api_key_id = admission.key->id;
  }
  call->event = build_event(input);
  if (call->event.size() > kInvokePayloadBytes) co_return GatewayResponse::kEventTooLarge;
  co_return std::nullopt;
}

net::HttpResponse answer_of(InvokeResult result, std::string_view accept,
                            const CompiledStage& stage) {
  using Outcome = InvokeResult::Outcome;
  const auto gateway_answer = [&](GatewayResponse type) {
    return gateway_response(type, stage.response_shapes);
  };
  switch (result.outcome) {
    case Outcome::kOk:
      break;
    case Outcome::kFunctionError:
      return gateway_answer(GatewayResponse::kMalformedResult);
    case Outcome::kTimeout:
      return gateway_answer(GatewayResponse::kIntegrationTimeout);
    case Outcome::kTooLarge:
      return gateway_answer(GatewayResponse::kEventTooLarge);
    case Outcome::kThrottled:
    case Outcome::kPermissionMissing:
    case Outcome::kNotFound:
      return gateway_answer(GatewayResponse::kConfigurationError);
  }
  auto parsed = parse_proxy_result(result.payload);
  if (!parsed) return gateway_answer(GatewayResponse::kMalformedResult);
  auto response = make_response(std::move(parsed).value(), accept, stage.binary_media_types);
  if (!response) return gateway_answer(GatewayResponse::kMalformedResult);
  return std::move(response).value();
}

Task<InvokeResult> invoke(State& state, Call call) {
  InvokeResult result;
  try {
    result =
        co_await state.ports.functions.invoke(std::move(call.function_arn), std::move(call.event),
                                              std::move(call.source_arn), call.timeout);
  } catch (const std::exception& error) {
    log::warning("apigateway: invoking a function failed: {}", error.what());
    result.outcome = InvokeResult::Outcome::kNotFound;
  }
  co_return result;
}

void add_ids(net::HttpResponse& response, const Ids& ids) {
  response.headers.add("x-amzn-RequestId", ids.request_id);
  response.headers.add("x-amz-apigw-id", ids.extended_id);
}

net::HttpResponse healthy() {
  net::HttpResponse response;
  response.headers.add("Content-Type", "text/plain");
  response.body = "healthy";
  return response;
}

}  // namespace

bool serves_host(const State& state, std::string_view host) {
  return is_execute_api(host, state.environment.region) || state.view.find_domain(host) != nullptr;
}

Task<net::HttpResponse> serve_request(State& state, net::HttpRequest request) {
  const Ids ids = make_ids(state, request);
  net::HttpResponse response;
  Call call;
  const std::string_view path = request.path();
  // AWS reserves these paths for the service's own health check.
  const bool health_check = path == "/ping" || path == "/sping";
  std::optional<Refusal> refusal;
  if (!health_check) refusal = co_await prepare(&state, &request, &ids, &call);
  if (health_check) {
    response = healthy();
  } else if (refusal) {
    response = call.stage ? gateway_response(*refusal, call.stage->response_shapes)
                          : gateway_response(*refusal);
  } else {
    const std::string accept(request.headers.get_or("Accept"));
    const auto stage = call.stage;
    request.body = std::string();
    InvokeResult result = co_await invoke(state, std::move(call));
    response = answer_of(std::move(result), accept, *stage);
    if (!response.headers.contains("X-Amzn-Trace-Id")) {
      response.headers.add("X-Amzn-Trace-Id", ids.trace_id);
    }
  }
  add_ids(response, ids);
  co_return response;
}

}  // namespace tandem::apigateway
