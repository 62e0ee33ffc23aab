// AWS with a service: the service's own API, as the integration's role (API Gateway developer
// guide, "API integration request for AWS services", and the API reference's `uri` of
// PutIntegration).
#include <algorithm>
#include <fmt/format.h>

#include "aws/model.h"
#include "services/apigateway/proxy/back_ends.h"
#include "services/apigateway/proxy/response_mapping.h"

namespace tandem::apigateway {
namespace {

/// An action's operation is a header for services that speak JSON, which the gateway adds for some
/// (observed: of EventBridge it has to be mapped by hand), and a query parameter for all.
void add_target(const AwsUri& uri, std::string_view action, net::Headers& headers) {
  constexpr std::string_view kAdded[] = {"dynamodb", "kinesis", "states", "ssm"};
  const auto* named = std::find(std::begin(kAdded), std::end(kAdded), uri.service);
  if (named == std::end(kAdded)) return;
  const auto model =
      aws::model::find_service(uri.service == "states" ? "stepfunctions" : uri.service);
  if (!model || headers.contains("X-Amz-Target")) return;
  headers.add("X-Amz-Target", fmt::format("{}.{}", model->target_prefix(), action));
  if (!headers.contains("Content-Type")) headers.add("Content-Type", "application/x-amz-json-1.0");
}

/// "/?Action=x&k=v" of "x&k=v".
std::string action_target(const AwsUri& uri, const NamedTexts& query) {
  std::string text = "Action=" + uri.rest;
  append_query(text, query);
  return "/?" + text;
}

std::optional<std::string> path_target(const AwsUri& uri, const MappedRequest& mapped) {
  const std::string_view rest = uri.rest;
  const auto question = rest.find('?');
  auto path = fill_path(rest.substr(0, question), mapped.path);
  if (!path) return std::nullopt;
  std::string query(question == std::string_view::npos ? "" : rest.substr(question + 1));
  append_query(query, mapped.query);
  const std::string slash = path->starts_with('/') ? "" : "/";
  return slash + *path + (query.empty() ? "" : "?" + query);
}

std::optional<ServiceCaller::Call> make_call(const Exchange& exchange, const AwsService& back_end,
                                             MappedRequest& mapped) {
  const AwsUri& uri = back_end.uri;
  if (uri.service.empty()) return std::nullopt;
  ServiceCaller::Call call;
  call.role_arn = back_end.credentials;
  call.region = uri.region;
  call.service = uri.service;
  call.timeout = exchange.integration().timeout;
  const bool any = back_end.http_method.empty() || back_end.http_method == "ANY";
  call.request.method = any ? std::string(exchange.http_method) : back_end.http_method;
  call.request.headers = mapped.headers;
  if (uri.form == AwsUri::Form::kAction) {
    add_target(uri, std::string_view(uri.rest).substr(0, uri.rest.find('&')), call.request.headers);
    call.request.target = action_target(uri, mapped.query);
  } else {
    auto target = path_target(uri, mapped);
    if (!target) return std::nullopt;
    call.request.target = std::move(*target);
  }
  const std::string subdomain = uri.subdomain.empty() ? "" : uri.subdomain + ".";
  call.request.headers.set(
      "Host", fmt::format("{}{}.{}.amazonaws.com", subdomain, uri.service, uri.region));
  const bool sends_body = !mapped.body.empty() && call.request.method != "GET";
  if (sends_body && !call.request.headers.contains("Content-Type")) {
    const std::string_view type = exchange.request.headers.get_or("Content-Type");
    call.request.headers.add("Content-Type", type.empty() ? "application/json" : type);
  }
  if (sends_body) call.request.body = std::move(mapped.body);
  return call;
}

}  // namespace

Task<Answer> serve_aws_service(State& state, Exchange* exchange, const AwsService* back_end) {
  const RequestDocuments documents(*exchange);
  auto request = co_await map_in(state, exchange, &documents);
  if (auto* refusal = std::get_if<Refusal>(&request)) co_return std::move(*refusal);
  MappedRequest mapped = std::move(std::get<MappedRequest>(request));
  exchange->request.body = std::string();
  if (back_end->credentials.empty()) {
    co_return misconfigured("API Gateway does not have permission to assume the provided role");
  }
  auto call = make_call(*exchange, *back_end, mapped);
  if (!call) co_return misconfigured("Invalid endpoint address");
  CallResult called = co_await state.ports.services.call(std::move(*call));
  if (auto refusal = refusal_of(called)) co_return std::move(*refusal);
  BackEndAnswer answer = answer_of(std::move(called.response));
  co_return co_await map_out(state, exchange, &documents, std::move(mapped), std::move(answer));
}

}  // namespace tandem::apigateway
