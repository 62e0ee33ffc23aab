#include "services/apigateway/proxy/integration.h"

#include <algorithm>
#include <array>

#include "core/log.h"
#include "core/text.h"

namespace tandem::apigateway {
namespace {

std::vector<CompiledTemplate> compile_templates(const json::object& owner,
                                                std::string_view member) {
  std::vector<CompiledTemplate> compiled;
  const json::object* templates = json::find_object(owner, member);
  if (templates == nullptr) return compiled;
  for (const auto& [type, value] : *templates) {
    const std::string text = value.is_string() ? json::to_std(value) : std::string();
    CompiledTemplate one{core::to_lower(type), text.empty(), std::nullopt};
    if (auto parsed = mapping::Template::parse(text)) {
      one.program = std::move(parsed).value();
    } else {
      log::info("apigateway: the template of {} cannot be parsed at {}: {}", std::string_view(type),
                parsed.error().offset, parsed.error().message);
    }
    compiled.push_back(std::move(one));
  }
  return compiled;
}

/// Mappings were checked before they were stored; what cannot be read any more is left out.
std::vector<ParameterMapping> compile_parameters(const json::object& owner, std::string_view member,
                                                 mapping::Direction direction) {
  std::vector<ParameterMapping> compiled;
  const json::object* parameters = json::find_object(owner, member);
  if (parameters == nullptr) return compiled;
  for (const auto& [key, value] : *parameters) {
    if (!value.is_string()) continue;
    auto target = mapping::parse_parameter_target(direction, key);
    auto source = mapping::parse_parameter_source(direction, json::view(value.get_string()));
    if (!target || !source) continue;
    compiled.push_back({std::move(target).value(), std::move(source).value()});
  }
  return compiled;
}

ContentHandling handling_of(const json::object& owner) {
  const std::string text = json::string_or(owner, "contentHandling");
  if (text == "CONVERT_TO_TEXT") return ContentHandling::kToText;
  return text == "CONVERT_TO_BINARY" ? ContentHandling::kToBinary : ContentHandling::kNone;
}

Passthrough passthrough_of(const json::object& integration) {
  const std::string text = json::string_or(integration, "passthroughBehavior");
  if (text == "NEVER") return Passthrough::kNever;
  return text == "WHEN_NO_TEMPLATES" ? Passthrough::kWhenNoTemplates : Passthrough::kWhenNoMatch;
}

std::vector<ResponseMapping> compile_responses(const json::object& integration,
                                               const json::object* declared) {
  std::vector<ResponseMapping> compiled;
  const json::object* responses = json::find_object(integration, "integrationResponses");
  if (responses == nullptr) return compiled;
  for (const auto& [status, value] : *responses) {
    const json::object& response = value.as_object();
    auto pattern = SelectionPattern::parse(json::string_or(response, "selectionPattern"));
    if (!pattern) continue;  // it was checked before it was stored
    ResponseMapping one;
    one.status = static_cast<int>(core::parse_int(std::string_view(status)).value_or(500));
    one.declared = declared != nullptr && declared->contains(status);
    one.pattern = std::move(pattern).value();
    one.templates = compile_templates(response, "responseTemplates");
    one.parameters =
        compile_parameters(response, "responseParameters", mapping::Direction::kResponse);
    one.content_handling = handling_of(response);
    compiled.push_back(std::move(one));
  }
  return compiled;
}

BackEnd back_end_of(const json::object& integration, const json::object* variables) {
  const std::string type = json::string_or(integration, "type");
  const std::string given_uri = json::string_or(integration, "uri");
  const std::string uri = fill_stage_variables(given_uri, variables);
  const std::string http_method = json::string_or(integration, "httpMethod");
  std::string credentials =
      fill_stage_variables(json::string_or(integration, "credentials"), variables);
  if (type == "MOCK") return MockBackEnd{};
  if (type == "HTTP" || type == "HTTP_PROXY") {
    const json::object* tls = json::find_object(integration, "tlsConfig");
    const bool skip = tls != nullptr && json::bool_or(*tls, "insecureSkipVerification", false);
    return HttpEndpoint{type == "HTTP" ? HttpEndpoint::Kind::kMapped : HttpEndpoint::Kind::kProxy,
                        uri, http_method, !skip};
  }
  // What a URI is, is said by what is written there, whatever variables make of it.
  const auto parsed = parse_aws_uri(given_uri);
  if (type == "AWS_PROXY" || (parsed && names_function(*parsed))) {
    // Lambda's Invoke is a POST; any other integration method fails on AWS too (measured).
    std::string arn = http_method == "POST" ? function_arn_of(given_uri, variables) : "";
    if (type == "AWS_PROXY") return LambdaProxy{std::move(arn), std::move(credentials)};
    return LambdaFunction{std::move(arn), std::move(credentials)};
  }
  auto filled = parse_aws_uri(uri);
  return AwsService{filled ? std::move(*filled) : AwsUri{}, http_method, std::move(credentials)};
}

/// Headers that a mapping may not set (measured): some whatever is integrated, some with AWS.
std::string forbidden_header(const CompiledIntegration& integration) {
  constexpr std::array<std::string_view, 2> kAlways = {"Content-Length", "Transfer-Encoding"};
  constexpr std::array<std::string_view, 5> kWithAws = {"Authorization", "Connection", "Expect",
                                                        "Proxy-Authenticate", "TE"};
  const bool aws = std::holds_alternative<LambdaProxy>(integration.back_end) ||
                   std::holds_alternative<LambdaFunction>(integration.back_end) ||
                   std::holds_alternative<AwsService>(integration.back_end);
  for (const ParameterMapping& each : integration.request.parameters) {
    if (each.target.kind != mapping::ParameterTarget::Kind::kHeader) continue;
    const auto is = [&](std::string_view name) {
      return core::equals_ignoring_case(name, each.target.name);
    };
    if (std::any_of(kAlways.begin(), kAlways.end(), is)) return each.target.name;
    if (aws && std::any_of(kWithAws.begin(), kWithAws.end(), is)) return each.target.name;
  }
  return "";
}

}  // namespace

bool CompiledIntegration::answers_with_trace() const {
  if (std::holds_alternative<MockBackEnd>(back_end)) return false;
  const auto* http = std::get_if<HttpEndpoint>(&back_end);
  return http == nullptr || http->kind == HttpEndpoint::Kind::kMapped;
}

CompiledIntegration compile_integration(const json::object& method, const json::object* variables) {
  CompiledIntegration compiled;
  const json::object& integration = method.at("methodIntegration").as_object();
  compiled.back_end = back_end_of(integration, variables);
  compiled.timeout =
      std::chrono::milliseconds(json::int_or(integration, "timeoutInMillis", 29'000));
  compiled.request.parameters =
      compile_parameters(integration, "requestParameters", mapping::Direction::kRequest);
  compiled.header_already_present = forbidden_header(compiled);
  if (std::holds_alternative<LambdaProxy>(compiled.back_end)) return compiled;
  compiled.request.templates = compile_templates(integration, "requestTemplates");
  compiled.request.passthrough = passthrough_of(integration);
  compiled.request.content_handling = handling_of(integration);
  compiled.responses = compile_responses(integration, json::find_object(method, "methodResponses"));
  return compiled;
}

}  // namespace tandem::apigateway
