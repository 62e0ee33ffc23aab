#include "services/lambda/url/door.h"

#include <fmt/format.h>

#include "aws/arn.h"
#include "aws/model.h"
#include "core/ids.h"
#include "service/authorise.h"
#include "service/host_name.h"
#include "services/lambda/errors.h"
#include "services/lambda/model/policy.h"
#include "services/lambda/model/rules.h"
#include "services/lambda/url/cors.h"
#include "services/lambda/url/result.h"
#include "services/lambda/url/stream.h"

namespace tandem::lambda {
namespace {

constexpr std::string_view kService = "lambda-url";

net::HttpResponse refusal(int status, std::string_view type, json::object body) {
  net::HttpResponse response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("x-amzn-ErrorType", type);
  response.body = json::to_text(json::value(std::move(body)));
  return response;
}

/// As clients print it.
net::HttpResponse forbidden() {
  return refusal(403, "AccessDeniedException",
                 {{"Message",
                   "Forbidden. For troubleshooting Function URL authorization issues, see: "
                   "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}});
}

net::HttpResponse too_large() {
  const auto error = errors::too_large(kSyncPayloadBytes, "InvokeFunction");
  return refusal(413, error.code(), {{"Message", error.message()}});
}

net::HttpResponse response_of(const InvokeOutcome& outcome) {
  if (outcome.throttle != Throttle::kNone) return throttled();
  const Invocation& invocation = *outcome.invocation;
  if (invocation.result != Invocation::Result::kSucceeded) return bad_gateway();
  auto response = make_url_response(invocation.answer);
  if (!response) return bad_gateway();
  if (!response->headers.contains("X-Amzn-Trace-Id")) {
    response->headers.add("X-Amzn-Trace-Id", invocation.trace_id);
  }
  return std::move(*response);
}

}  // namespace

net::HttpResponse throttled() {
  return refusal(429, "TooManyRequestsException",
                 {{"Reason", "ConcurrentInvocationLimitExceeded"},
                  {"Type", "User"},
                  {"message", "Rate Exceeded."}});
}

/// "If your function … returns an error, the URL answers 502."
net::HttpResponse bad_gateway() {
  net::HttpResponse response;
  response.status = 502;
  response.headers.add("Content-Type", "application/json");
  response.body = "Internal Server Error";
  return response;
}

bool FunctionUrls::serves(std::string_view host) const {
  const service::HostMeaning meaning = service::read_host(host);
  return meaning.service == kService && meaning.region == scope_.environment.region;
}

std::optional<FunctionUrls::Url> FunctionUrls::find(std::string_view id) const {
  for (const auto& [key, record] : scope_.functions.urls().all()) {
    if (json::string_or(record, "url_id") != id) continue;
    const std::size_t colon = key.find(':');
    Url url;
    url.function = {key.substr(0, colon), key.substr(colon + 1)};
    if (url.function.qualifier == kLatest) url.function.qualifier.clear();
    url.id = id;
    url.streamed = json::string_or(record, "invoke_mode") == "RESPONSE_STREAM";
    url.signed_only = json::string_or(record, "auth_type") == "AWS_IAM";
    if (const json::object* cors = json::find_object(record, "cors")) url.cors = *cors;
    return url;
  }
  return std::nullopt;
}

/// Who may come in. Callers of the own account need no statement, and what their identities' own
/// policies say is not enforced here.
std::optional<net::HttpResponse> FunctionUrls::admit(const Url& url,
                                                     const net::HttpRequest& request,
                                                     std::optional<UrlCaller>& caller) {
  if (!url.signed_only) {
    const bool open = allows_public_url(api::policy_of(scope_, url.function));
    return open ? std::nullopt : std::optional(forbidden());
  }
  try {
    const auto authorised = service::authorise(
        request, *aws::model::find_service("lambda"), keys_, signing_keys_,
        scope_.environment.clock.now_s(),
        {.region = scope_.environment.region, .account = scope_.environment.account()},
        service::RingIs::kComplete);
    if (authorised.caller.access_key_id.empty()) return forbidden();
    const auto arn = aws::Arn::parse(authorised.caller.arn);
    caller = UrlCaller{authorised.caller.access_key_id,
                       arn ? arn->account : scope_.environment.account(), authorised.caller.arn};
  } catch (const aws::ApiError& error) {
    return refusal(403, error.code(), {{"message", error.message()}});
  }
  return std::nullopt;
}

Task<net::HttpResponse> FunctionUrls::answer(Url url, net::HttpRequest request,
                                             std::string request_id) {
  std::optional<UrlCaller> caller;
  if (auto refused = admit(url, request, caller)) co_return std::move(*refused);
  if (request.body.size() > kSyncPayloadBytes) co_return too_large();
  const FunctionPtr function =
      scope_.functions.draw(url.function.name, url.function.qualifier, scope_.environment.random);
  if (function == nullptr) co_return forbidden();
  const std::string host = request.host();
  InvokeRequest invoke;
  invoke.trace_id = make_trace_id(scope_.environment.random, scope_.environment.clock.now_s());
  invoke.payload = build_url_event({.request = request,
                                    .host = host,
                                    .url_id = url.id,
                                    .request_id = request_id,
                                    .trace_id = invoke.trace_id,
                                    .now_ms = scope_.environment.clock.now_ms(),
                                    .caller = caller ? &*caller : nullptr});
  if (invoke.payload.size() > kSyncPayloadBytes) co_return too_large();
  request.body = std::string();
  invoke.request_id = std::move(request_id);
  invoke.invoked_arn = scope_.arn(url.function.name, url.function.qualifier);
  net::HttpResponse response;
  if (url.streamed) {
    response = co_await stream_url_response(&scope_.runner, function, std::move(invoke));
  } else {
    const InvokeOutcome outcome = co_await scope_.runner.invoke(function, std::move(invoke));
    response = response_of(outcome);
  }
  apply_cors(url.cors, request, response);
  co_return response;
}

Task<net::HttpResponse> FunctionUrls::serve(net::HttpRequest request) {
  const std::string request_id = core::uuid4(scope_.environment.random);
  const auto url = find(service::read_host(request.host()).label);
  net::HttpResponse response;
  if (!url) {
    response = refusal(403, "AccessDeniedException", {{"Message", nullptr}});
  } else if (auto preflight = answer_preflight(url->cors, request)) {
    response = std::move(*preflight);
  } else {
    response = co_await answer(*url, std::move(request), request_id);
  }
  response.headers.set("x-amzn-RequestId", request_id);
  co_return response;
}

}  // namespace tandem::lambda
