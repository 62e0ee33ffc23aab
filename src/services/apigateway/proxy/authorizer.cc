#include "services/apigateway/proxy/authorizer.h"

#include <fmt/format.h>

#include "core/log.h"
#include "core/text.h"
#include "services/apigateway/proxy/json_writer.h"

namespace tandem::apigateway {
namespace {

using From = IdentitySource::From;

/// AWS: a Lambda integration's longest, which an authorizer's function is held to as well.
constexpr std::chrono::milliseconds kTimeout{29'000};
/// The function says by exactly this error that it does not know the caller.
constexpr std::string_view kUnauthorized = "Unauthorized";

std::string query_value(std::string_view query, std::string_view name) {
  std::string last;
  while (!query.empty()) {
    const auto end = query.find_first_of("&;");
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? "" : query.substr(end + 1);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    if (core::percent_decode(pair.substr(0, equals), core::Plus::kSpace) != name) continue;
    last = core::percent_decode(pair.substr(equals + 1), core::Plus::kSpace);
  }
  return last;
}

std::string context_value(const EventInput& input, std::string_view name) {
  const std::pair<std::string_view, std::string_view> values[] = {
      {"accountId", input.account},
      {"apiId", input.stage.api_id},
      {"deploymentId", input.stage.deployment_id},
      {"domainName", input.host},
      {"domainPrefix", input.host.substr(0, input.host.find('.'))},
      {"extendedRequestId", input.extended_request_id},
      {"httpMethod", input.http_method},
      {"identity.sourceIp", input.request.connection.remote_address},
      {"identity.userAgent", input.request.headers.get_or("User-Agent")},
      {"path", input.context_path},
      {"protocol", "HTTP/1.1"},
      {"requestId", input.request_id},
      {"resourceId", input.resource.id},
      {"resourcePath", input.resource.path},
      {"stage", input.stage.name}};
  for (const auto& [key, value] : values) {
    if (key == name) return std::string(value);
  }
  return "";
}

std::string value_of(const IdentitySource& source, const EventInput& input) {
  switch (source.from) {
    case From::kHeader: {
      const auto all = input.request.headers.all(source.name);
      return all.empty() ? std::string() : std::string(all.back());
    }
    case From::kQuery:
      return query_value(input.request.query(), source.name);
    case From::kContext:
      return context_value(input, source.name);
    case From::kStageVariable:
      break;
  }
  const auto variables = json::parse_text(input.stage.variables_json);
  const json::object* map = variables ? variables.value().if_object() : nullptr;
  return map == nullptr ? std::string() : json::string_or(*map, source.name);
}

bool says_unauthorized(std::string_view payload) {
  const auto parsed = json::parse_text(payload);
  const json::object* error = parsed ? parsed.value().if_object() : nullptr;
  return error != nullptr && json::string_or(*error, "errorMessage") == kUnauthorized;
}

AuthorizerCall failed(AuthorizerCall call, std::string problem) {
  call.refusal = GatewayResponse::kAuthorizerFailed;
  call.problem = std::move(problem);
  return call;
}

std::string_view problem_of(InvokeResult::Outcome outcome) {
  using Outcome = InvokeResult::Outcome;
  switch (outcome) {
    case Outcome::kOk:
      return "";
    case Outcome::kFunctionError:
      return "the function failed";
    case Outcome::kThrottled:
      return "the function was throttled";
    case Outcome::kPermissionMissing:
      return "invalid permissions on the function";
    case Outcome::kNotFound:
      return "there is no such function";
    case Outcome::kTimeout:
      return "the function did not answer in time";
    case Outcome::kTooLarge:
      return "the event is too large";
  }
  return "";
}

AuthorizerCall read_answer(InvokeResult answer, AuthorizerCall call) {
  call.payload = std::move(answer.payload);
  if (answer.outcome == InvokeResult::Outcome::kFunctionError && says_unauthorized(call.payload)) {
    call.refusal = GatewayResponse::kUnauthorized;
    return call;
  }
  const std::string_view problem = problem_of(answer.outcome);
  if (!problem.empty()) return failed(std::move(call), std::string(problem));
  auto parsed = parse_authorizer_result(call.payload);
  if (!parsed) return failed(std::move(call), parsed.error().message);
  call.result = std::make_shared<const AuthorizerResult>(std::move(parsed).value());
  return call;
}

Authorization judged(std::shared_ptr<const AuthorizerResult> result, std::string_view method_arn,
                     std::int64_t latency_ms) {
  Authorization authorization{std::nullopt, std::move(result), latency_ms};
  switch (authorization.result->policy.evaluate(method_arn)) {
    case Verdict::kAllow:
      break;
    case Verdict::kImplicitDeny:
      authorization.refusal = GatewayResponse::kAccessDenied;
      break;
    case Verdict::kExplicitDeny:
      authorization.refusal = GatewayResponse::kExplicitDeny;
      break;
  }
  return authorization;
}

}  // namespace

std::optional<std::vector<std::string>> identity_of(const CompiledAuthorizer& authorizer,
                                                    const EventInput& input) {
  std::vector<std::string> values;
  // Of a REQUEST authorizer whose results are not kept, sources are no more than a list.
  const bool required = authorizer.token || authorizer.ttl.count() > 0;
  for (const IdentitySource& source : authorizer.sources) {
    std::string value = value_of(source, input);
    if (!value.empty()) {
      values.push_back(std::move(value));
    } else if (required) {
      return std::nullopt;
    }
  }
  if (authorizer.expression && !values.empty() &&
      !re2::RE2::FullMatch(values.front(), *authorizer.expression)) {
    return std::nullopt;
  }
  return values;
}

std::string authorizer_event(const CompiledAuthorizer& authorizer, const EventInput& input,
                             const std::vector<std::string>& identity,
                             std::string_view method_arn) {
  if (!authorizer.token) {
    return build_authorizer_event(input, method_arn, core::join(identity, ","));
  }
  std::string event = R"({"type":"TOKEN","methodArn":)";
  append_json_string(event, method_arn);
  event += R"(,"authorizationToken":)";
  append_json_string(event, identity.empty() ? std::string_view() : identity.front());
  event += '}';
  return event;
}

std::string authorizer_source_arn(std::string_view region, std::string_view account,
                                  std::string_view api_id, std::string_view authorizer_id) {
  return fmt::format("arn:aws:execute-api:{}:{}:{}/authorizers/{}", region, account, api_id,
                     authorizer_id);
}

Task<AuthorizerCall> call_authorizer(AuthorizerWorld world,
                                     std::shared_ptr<const CompiledAuthorizer> authorizer,
                                     std::string event, std::string source_arn) {
  AuthorizerCall call;
  if (authorizer->function_arn.empty()) {
    co_return failed(std::move(call), "there is no such function");
  }
  const std::int64_t started_ns = world.clock.steady_ns();
  InvokeResult answer;
  try {
    answer = co_await world.functions.invoke(authorizer->function_arn, std::move(event),
                                             std::move(source_arn), kTimeout);
  } catch (const std::exception& error) {
    log::warning("apigateway: invoking an authorizer failed: {}", error.what());
    answer.outcome = InvokeResult::Outcome::kNotFound;
  }
  call.latency_ms = (world.clock.steady_ns() - started_ns) / 1'000'000;
  co_return read_answer(std::move(answer), std::move(call));
}

Task<Authorization> authorize(AuthorizerWorld world,
                              std::shared_ptr<const CompiledAuthorizer> authorizer,
                              const EventInput* input, std::string method_arn,
                              std::string source_arn) {
  if (method_arn.size() > kMethodArnBytes) {
    co_return Authorization{GatewayResponse::kUriTooLong, nullptr, 0};
  }
  const auto identity = identity_of(*authorizer, *input);
  if (!identity) co_return Authorization{GatewayResponse::kUnauthorized, nullptr, 0};
  // Without sources every caller would be the same one.
  const bool cached = authorizer->ttl.count() > 0 && !identity->empty();
  std::string key;
  if (cached) {
    key =
        AuthorizerCache::key_of(input->stage.api_id, input->stage.name, authorizer->id, *identity);
    auto found = world.cache.find(key, world.clock.steady_ns());
    if (found) co_return judged(std::move(found), method_arn, 0);
  }
  std::string event = authorizer_event(*authorizer, *input, *identity, method_arn);
  AuthorizerCall call =
      co_await call_authorizer(world, authorizer, std::move(event), std::move(source_arn));
  if (!call.result) {
    if (!call.problem.empty()) {
      log::warning("apigateway: authorizer {}: {}", authorizer->id, call.problem);
    }
    co_return Authorization{std::move(call.refusal), nullptr, call.latency_ms};
  }
  if (cached) {
    const std::int64_t ttl_ns = std::chrono::nanoseconds(authorizer->ttl).count();
    world.cache.put(key, call.result, key.size() + call.payload.size(),
                    world.clock.steady_ns() + ttl_ns);
  }
  co_return judged(std::move(call.result), method_arn, call.latency_ms);
}

std::string Authorization::context_json() const {
  if (!result) return "";
  std::string json = "{";
  for (const auto& [name, value] : result->context) {
    append_json_string(json, name);
    json += ':';
    append_json_string(json, value);
    json += ',';
  }
  json += R"("principalId":)";
  append_json_string(json, result->principal_id);
  json += fmt::format(R"(,"integrationLatency":{}}})", latency_ms);
  return json;
}

}  // namespace tandem::apigateway
