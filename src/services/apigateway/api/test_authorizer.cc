// TestInvokeAuthorizer: the function is called as a request would, whatever is cached, and its
// policy is shown, not evaluated.
#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/api/references.h"
#include "services/apigateway/proxy/authorizer.h"

namespace tandem::apigateway {
namespace {

constexpr std::string_view kStage = "test-invoke-stage";
constexpr std::size_t kLogBytes = 64 * 1024;

/// The request that the input describes.
net::HttpRequest request_of(const json::object& input) {
  net::HttpRequest request;
  request.method = "GET";
  request.target = json::string_or(input, "pathWithQueryString", "/");
  if (!request.target.starts_with('/')) request.target.insert(0, "/");
  if (const json::object* headers = json::find_object(input, "headers")) {
    for (const auto& [name, value] : *headers) request.headers.set(name, json::to_std(value));
  }
  if (const json::object* headers = json::find_object(input, "multiValueHeaders")) {
    for (const auto& [name, values] : *headers) {
      request.headers.erase(name);
      for (const json::value& each : values.as_array()) {
        request.headers.add(name, json::to_std(each));
      }
    }
  }
  request.connection.remote_address = "127.0.0.1";
  request.connection.tls = true;
  return request;
}

/// Only the end of what a caller proves itself with is written down.
std::string masked(const std::vector<std::string>& identity) {
  std::string text;
  for (const std::string& each : identity) {
    const std::size_t shown = each.size() > 8 ? 4 : 0;
    if (!text.empty()) text += ", ";
    text += std::string(each.size() - shown, '*') + each.substr(each.size() - shown);
  }
  return text;
}

class Log {
 public:
  Log(std::string_view request_id, std::int64_t now_ms) : when_(request_time(now_ms)) {
    text_ = fmt::format("Execution log for request {}\n", request_id);
  }
  void line(std::string_view line) { text_ += fmt::format("{} : {}\n", when_, line); }
  std::string take() { return text_.substr(0, kLogBytes); }

 private:
  std::string when_;
  std::string text_;
};

json::object answer_of(const AuthorizerCall& call, Log log) {
  json::object answer{{"latency", call.latency_ms}};
  if (!call.payload.empty()) {
    log.line("Authorizer result body before parsing: " + call.payload);
  }
  int status = 200;
  if (call.result) {
    log.line("Using valid authorizer policy for principal: " + masked({call.result->principal_id}));
    log.line("Successfully completed authorizer execution");
    answer["principalId"] = call.result->principal_id;
    answer["policy"] = call.result->policy_text;
  } else if (call.refusal->type == GatewayResponse::kUnauthorized) {
    status = 401;
    log.line("Unauthorized request");
  } else {
    status = 500;
    log.line("Execution failed due to configuration error: " + call.problem);
  }
  answer["clientStatus"] = status;
  answer["log"] = log.take();
  return answer;
}

}  // namespace

Task<Reply> test_invoke_authorizer(State& state, RequestContext& context, json::object input) {
  const std::string api_id = text(input, "restApiId");
  const json::object record = need_authorizer(state, api_id, text(input, "authorizerId"));
  const json::object* variables = json::find_object(input, "stageVariables");
  const auto authorizer = compile_authorizer(record, variables);
  const net::HttpRequest request = request_of(input);

  CompiledStage stage;
  stage.api_id = api_id;
  stage.name = kStage;
  stage.variables_json =
      variables == nullptr || variables->empty() ? "null" : json::to_text(json::value(*variables));
  CompiledResource resource;
  resource.path = request.path();
  const PathParameters parameters;
  const std::string host =
      fmt::format("{}.execute-api.{}.amazonaws.com", api_id, state.environment.region);
  EventInput event{.request = request,
                   .stage = stage,
                   .resource = resource,
                   .parameters = parameters,
                   .http_method = request.method,
                   .path = request.path(),
                   .context_path = request.path(),
                   .host = host,
                   .account = state.environment.account(),
                   .request_id = context.request_id,
                   .time_ms = state.environment.clock.now_ms()};
  Log log(context.request_id, event.time_ms);
  log.line(
      fmt::format("Starting authorizer: {} for request: {}", authorizer->id, context.request_id));
  const auto identity = identity_of(*authorizer, event);
  if (!identity) {
    AuthorizerCall call;
    call.refusal = GatewayResponse::kUnauthorized;
    co_return answer_of(call, std::move(log));
  }
  log.line("Incoming identity: " + masked(*identity));
  const std::string method_arn =
      fmt::format("arn:aws:execute-api:{}:{}:{}/{}/GET{}", state.environment.region,
                  state.environment.account(), api_id, kStage, request.path());
  std::string payload = authorizer_event(*authorizer, event, *identity, method_arn);
  AuthorizerCall call = co_await call_authorizer(
      {state.ports.functions, state.authorized, state.environment.clock}, authorizer,
      std::move(payload),
      authorizer_source_arn(state.environment.region, state.environment.account(), api_id,
                            authorizer->id));
  co_return answer_of(call, std::move(log));
}

}  // namespace tandem::apigateway
