// HTTP and HTTP_PROXY (API Gateway developer guide, "Set up HTTP integrations"). Which headers go
// and come was measured.
#include <algorithm>
#include <fmt/format.h>

#include "core/text.h"
#include "services/apigateway/proxy/back_ends.h"
#include "services/apigateway/proxy/event.h"
#include "services/apigateway/proxy/response_mapping.h"

namespace tandem::apigateway {
namespace {

using Kind = HttpEndpoint::Kind;

std::string host_header(const HttpUri& uri) {
  const bool usual = uri.port == (uri.tls ? 443 : 80);
  return usual ? uri.host : fmt::format("{}:{}", uri.host, uri.port);
}

bool is_among(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view each) { return core::equals_ignoring_case(each, name); });
}

/// The client's own, less what the gateway keeps.
void add_client_headers(const Exchange& exchange, net::Headers& headers) {
  for (const auto& [name, value] : exchange.request.headers) {
    if (!mapping::is_visible_header(name)) continue;
    if (is_among(name, {"Host", "Via", "Content-Encoding", "Keep-Alive", "X-Amzn-Trace-Id",
                        "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto"})) {
      continue;
    }
    headers.add(name, value);
  }
  for (auto& [name, value] : forwarded_headers(exchange.request)) headers.add(name, value);
}

bool has_body(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

net::Headers headers_of(const Exchange& exchange, const HttpEndpoint& back_end,
                        const MappedRequest& mapped, std::string_view method) {
  const std::string& api_id = exchange.stage->api_id;
  net::Headers headers;
  if (back_end.kind == Kind::kProxy) {
    add_client_headers(exchange, headers);
  } else {
    headers.add("Accept", "application/json");
    const std::string_view type = exchange.request.headers.get_or("Content-Type");
    if (has_body(method)) headers.add("Content-Type", type.empty() ? "application/json" : type);
  }
  if (!headers.contains("User-Agent")) headers.add("User-Agent", "AmazonAPIGateway_" + api_id);
  headers.add("X-Amzn-Apigateway-Api-Id", api_id);
  headers.add("X-Amzn-Trace-Id", exchange.ids.trace_id);
  net::Headers replaced;
  for (const auto& [name, value] : mapped.headers) {
    // Mapped to no effect (measured).
    if (is_among(name, {"Connection", "Expect", "Proxy-Authenticate", "TE", "Via"})) continue;
    if (!replaced.contains(name)) headers.erase(name);
    replaced.add(name, value);
    headers.add(name, value);
  }
  return headers;
}

std::optional<EndpointCaller::Call> make_call(const Exchange& exchange,
                                              const HttpEndpoint& back_end, MappedRequest& mapped) {
  const auto uri = parse_http_uri(back_end.uri);
  if (!uri) return std::nullopt;
  auto path = fill_path(uri->path, mapped.path);
  if (!path) return std::nullopt;
  std::string query = uri->query;
  if (back_end.kind == Kind::kProxy) append_query(query, decode_query(exchange.request.query()));
  append_query(query, mapped.query);
  EndpointCaller::Call call;
  call.tls = uri->tls;
  call.verify_tls = back_end.verify_tls;
  call.host = uri->host;
  call.port = uri->port;
  call.timeout = exchange.integration().timeout;
  const bool any = back_end.http_method.empty() || back_end.http_method == "ANY";
  call.request.method = any ? std::string(exchange.http_method) : back_end.http_method;
  call.request.target = query.empty() ? *path : *path + "?" + query;
  call.request.headers = headers_of(exchange, back_end, mapped, call.request.method);
  if (!call.request.headers.contains("Host")) {
    call.request.headers.add("Host", host_header(*uri));
  }
  call.request.body = std::move(mapped.body);
  return call;
}

net::HttpResponse proxied(net::HttpResponse answer) {
  net::HttpResponse response;
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers) {
    add_response_header(response, name, value, From::kHttpProxy);
  }
  response.body = std::move(answer.body);
  return response;
}

/// What a proxy sends: the client's body, and parameters as mapped.
OrRefusal<MappedRequest> map_proxied(Exchange& exchange, const RequestDocuments& documents) {
  auto mapped = map_parameters(exchange, documents);
  if (auto* request = std::get_if<MappedRequest>(&mapped)) {
    request->body = std::move(exchange.request.body);
  }
  return mapped;
}

}  // namespace

Task<Answer> serve_http_endpoint(State& state, Exchange* exchange, const HttpEndpoint* back_end) {
  const RequestDocuments documents(*exchange);
  OrRefusal<MappedRequest> request = MappedRequest();
  if (back_end->kind == Kind::kProxy) {
    request = map_proxied(*exchange, documents);
  } else {
    request = co_await map_in(state, exchange, &documents);
  }
  if (auto* refusal = std::get_if<Refusal>(&request)) co_return std::move(*refusal);
  MappedRequest mapped = std::move(std::get<MappedRequest>(request));
  auto call = make_call(*exchange, *back_end, mapped);
  if (!call) co_return misconfigured("Invalid endpoint address");
  exchange->request.body = std::string();
  CallResult called = co_await state.ports.endpoints.call(std::move(*call));
  if (auto refusal = refusal_of(called)) co_return std::move(*refusal);
  if (back_end->kind == Kind::kProxy) co_return proxied(std::move(called.response));
  BackEndAnswer answer = answer_of(std::move(called.response));
  co_return co_await map_out(state, exchange, &documents, std::move(mapped), std::move(answer));
}

}  // namespace tandem::apigateway
