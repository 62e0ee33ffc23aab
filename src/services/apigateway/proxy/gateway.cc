#include "services/apigateway/proxy/gateway.h"

#include <algorithm>
#include <array>

#include "core/ids.h"
#include "core/log.h"
#include "core/text.h"
#include "services/apigateway/model/limits.h"
#include "services/apigateway/proxy/admission.h"
#include "services/apigateway/proxy/authorizer.h"
#include "services/apigateway/proxy/back_ends.h"
#include "services/apigateway/proxy/compression.h"
#include "services/apigateway/proxy/exchange.h"
#include "services/apigateway/proxy/gateway_response.h"
#include "services/apigateway/proxy/stage_metrics.h"
#include "services/apigateway/proxy/target.h"
#include "services/apigateway/proxy/validation.h"

namespace tandem::apigateway {
namespace {

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
    // The gateway is the next one's parent where the client names none (measured).
    if (trace.find("Parent=") == std::string_view::npos) {
      ids.trace_id += ";Parent=" + core::random_text(random, 16, core::kLowerHex);
    }
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

/// What is told of refusals, in lines a second: clients must not fill the log.
constexpr RateLimit kTold{5, 20};

/// Steps 1 to 6: host, base path, resource and method. What is found points into the exchange's
/// request.
std::optional<Refusal> route(State& state, Exchange& exchange) {
  const net::HttpRequest& request = exchange.request;
  exchange.host = request.host();
  if (!fits_connection(state, request, exchange.host)) return GatewayResponse::kForbidden;
  auto target = find_target(state, request, exchange.host);
  if (!target) return GatewayResponse::kForbidden;
  // From here on the API decides how a refusal looks.
  exchange.stage = std::move(target->stage);
  exchange.event_path = target->event_path;
  exchange.context_path = target->context_path;
  exchange.resource_path = target->resource_path;
  if (const auto refusal = check_message(request)) return *refusal;

  const auto found = exchange.stage->routes.find(target->resource_path, exchange.parameters);
  if (!found) return GatewayResponse::kMissingAuthentication;
  exchange.resource = &exchange.stage->resources[*found];
  exchange.http_method = method_of(request);
  exchange.method =
      exchange.http_method.empty() ? nullptr : exchange.resource->find(exchange.http_method);
  if (exchange.method == nullptr) return GatewayResponse::kMissingAuthentication;
  exchange.source_arn =
      source_arn(state, *exchange.stage, exchange.http_method, exchange.resource->path);
  return std::nullopt;
}

/// What policies are held against. One resource has one name: no other spelling of a path, by
/// percent-encoding or a slash at its end, may slip past a Deny.
std::string method_arn(const State& state, const Exchange& exchange) {
  return source_arn(state, *exchange.stage, exchange.http_method,
                    canonical_path(exchange.resource_path, exchange.resource->path));
}

/// API key, throttles and quota. The key is where the API looks for it.
std::optional<Refusal> take_key(State& state, Exchange& exchange) {
  if (!exchange.stage->key_from_authorizer) {
    exchange.key_value = exchange.request.headers.get_or("x-api-key");
  } else if (exchange.authorized) {
    exchange.key_value = exchange.authorized->usage_key;
  }
  Admission admission = admit(state, *exchange.stage, *exchange.method, exchange.key_value);
  exchange.key = std::move(admission.key);
  if (admission.refusal) return *admission.refusal;
  return std::nullopt;
}

/// Steps 7 to 10, of a method that has an authorizer or a validator.
Task<std::optional<Refusal>> judge(State* state, Exchange* exchange) {
  const CompiledMethod& method = *exchange->method;
  if (method.authorizer) {
    const EventInput input = exchange->event_input();
    Authorization authorization = co_await authorize(
        {state->ports.functions, state->authorized, state->environment.clock}, method.authorizer,
        &input, method_arn(*state, *exchange),
        authorizer_source_arn(state->environment.region, state->environment.account(),
                              exchange->stage->api_id, method.authorizer->id));
    if (authorization.refusal) co_return authorization.refusal;
    exchange->authorizer_json = authorization.context_json();
    exchange->authorized = std::move(authorization.result);
  }
  if (auto refusal = take_key(*state, *exchange)) co_return refusal;
  if (!method.checks) co_return std::nullopt;
  co_return co_await validate(&state->environment.blocking, method.checks, &exchange->request,
                              &exchange->parameters);
}

Task<Answer> answer_at_once(Answer answer) { co_return answer; }

/// Map in, ask the back end, map out.
Task<Answer> integrate(State& state, Exchange& exchange) {
  const CompiledIntegration& integration = exchange.integration();
  if (!integration.header_already_present.empty()) {
    return answer_at_once(misconfigured(
        fmt::format("{} header already present", integration.header_already_present)));
  }
  struct Serve {
    State& state;
    Exchange& exchange;
    Task<Answer> operator()(const std::monostate&) const {
      return answer_at_once(misconfigured("No integration defined for method"));
    }
    Task<Answer> operator()(const MockBackEnd&) const { return serve_mock(state, &exchange); }
    Task<Answer> operator()(const LambdaProxy& back_end) const {
      return serve_lambda_proxy(state, &exchange, &back_end);
    }
    Task<Answer> operator()(const LambdaFunction& back_end) const {
      return serve_lambda_function(state, &exchange, &back_end);
    }
    Task<Answer> operator()(const AwsService& back_end) const {
      return serve_aws_service(state, &exchange, &back_end);
    }
    Task<Answer> operator()(const HttpEndpoint& back_end) const {
      return serve_http_endpoint(state, &exchange, &back_end);
    }
  };
  return std::visit(Serve{state, exchange}, integration.back_end);
}

net::HttpResponse response_of(State& state, Answer answer, const Exchange& exchange) {
  if (auto* response = std::get_if<net::HttpResponse>(&answer)) return std::move(*response);
  const Refusal& refusal = std::get<Refusal>(answer);
  // What AWS writes to the API's execution log.
  const std::int64_t now = state.environment.clock.steady_ns();
  if (!refusal.why.empty() && state.meters.take("told", kTold, now)) {
    log::info("apigateway: {} ({}): {}", exchange.source_arn, exchange.ids.request_id, refusal.why);
  }
  return gateway_response(refusal, exchange.stage->response_shapes);
}

void add_ids(net::HttpResponse& response, const Ids& ids) {
  response.headers.add("x-amzn-RequestId", ids.request_id);
  response.headers.add("x-amz-apigw-id", ids.extended_id);
}

double since_ms(const State& state, std::int64_t steady_ns) {
  return static_cast<double>(state.environment.clock.steady_ns() - steady_ns) / 1e6;
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
  Exchange exchange(std::move(request));
  exchange.ids = make_ids(state, exchange.request);
  exchange.account = state.environment.account();
  exchange.time_ms = state.environment.clock.now_ms();
  const std::int64_t begun_ns = state.environment.clock.steady_ns();
  StageMetrics::Answered answered;
  net::HttpResponse response;
  const std::string_view path = exchange.request.path();
  // AWS reserves these paths for the service's own health check.
  if (path == "/ping" || path == "/sping") {
    response = healthy();
    add_ids(response, exchange.ids);
    co_return response;
  }
  std::optional<Refusal> refusal = route(state, exchange);
  core::Workers* const workers = &state.environment.blocking;
  if (!refusal && is_packed(exchange.request)) {
    refusal = co_await unpack_request(workers, exchange.stage.get(), &exchange.request);
  }
  if (!refusal && (exchange.method->authorizer || exchange.method->checks)) {
    refusal = co_await judge(&state, &exchange);
  } else if (!refusal) {
    refusal = take_key(state, exchange);
  }
  if (refusal) {
    response = exchange.stage ? gateway_response(*refusal, exchange.stage->response_shapes)
                              : gateway_response(*refusal);
  } else {
    const std::int64_t asked_ns = state.environment.clock.steady_ns();
    Task<Answer> answering = integrate(state, exchange);
    Answer answer = co_await std::move(answering);
    answered.integration_ms = since_ms(state, asked_ns);
    const bool served = std::holds_alternative<net::HttpResponse>(answer);
    response = response_of(state, std::move(answer), exchange);
    if (served && may_pack(*exchange.stage, response)) {
      co_await pack_response(workers, exchange.stage.get(), &exchange.request, &response);
    }
    const bool traced = exchange.integration().answers_with_trace();
    if (traced && !response.headers.contains("X-Amzn-Trace-Id")) {
      response.headers.add("X-Amzn-Trace-Id", exchange.ids.trace_id);
    }
  }
  add_ids(response, exchange.ids);
  if (exchange.stage) {
    answered.status = response.status;
    answered.latency_ms = since_ms(state, begun_ns);
    state.stage_metrics.record(*exchange.stage, answered);
  }
  co_return response;
}

}  // namespace tandem::apigateway
