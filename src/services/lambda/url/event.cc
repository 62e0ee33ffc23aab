#include "services/lambda/url/event.h"

#include <algorithm>
#include <array>
#include <fmt/chrono.h>

#include "core/bytes.h"
#include "core/json.h"
#include "core/text.h"
#include "core/utf8.h"

namespace tandem::lambda {
namespace {

/// Of the connection, replaced by our own, or told elsewhere in the event.
constexpr std::array<std::string_view, 11> kDropped = {
    "connection",       "keep-alive", "te",     "trailer",         "transfer-encoding",
    "upgrade",          "cookie",     "expect", "x-forwarded-for", "x-forwarded-port",
    "x-forwarded-proto"};

json::value text(std::string_view bytes) {
  return json::value(json::string(core::to_utf8(std::string(bytes))));
}

void join(json::object& into, std::string_view name, std::string_view value) {
  const std::string key = core::to_utf8(std::string(name));
  json::value& held = into[key];
  const std::string more = core::to_utf8(std::string(value));
  if (held.is_string()) {
    held.get_string().append("," + more);
  } else {
    held = more;
  }
}

/// "Format 2.0 combines duplicate headers with commas", names in small letters.
json::object headers_of(const UrlRequest& asked) {
  json::object headers;
  for (const auto& [name, value] : asked.request.headers) {
    const std::string lower = core::to_lower(name);
    if (std::find(kDropped.begin(), kDropped.end(), lower) != kDropped.end()) continue;
    join(headers, lower, value);
  }
  const net::Connection& at = asked.request.connection;
  headers["x-amzn-trace-id"] = text(asked.trace_id);
  headers["x-forwarded-for"] = text(at.remote_address);
  headers["x-forwarded-port"] = at.tls ? "443" : "80";
  headers["x-forwarded-proto"] = at.tls ? "https" : "http";
  return headers;
}

json::array cookies_of(const net::HttpRequest& request) {
  json::array cookies;
  for (const std::string_view line : request.headers.all("Cookie")) {
    for (std::string_view each : core::split(line, ';')) {
      each.remove_prefix(std::min(each.find_first_not_of(' '), each.size()));
      if (!each.empty()) cookies.push_back(text(each));
    }
  }
  return cookies;
}

json::object query_of(const net::HttpRequest& request) {
  json::object parameters;
  for (const auto& [name, value] : net::parse_query(request.query())) join(parameters, name, value);
  return parameters;
}

/// What is text travels as it is.
bool is_text(const net::HttpRequest& request) {
  const std::string type = core::to_lower(std::string(request.headers.get_or("Content-Type")));
  const std::string_view media = std::string_view(type).substr(0, type.find(';'));
  const bool said = media.starts_with("text/") || media.ends_with("json") ||
                    media.ends_with("xml") || media.ends_with("javascript");
  return said && core::is_utf8(request.body);
}

json::object caller_of(const UrlCaller& caller) {
  json::object iam;
  iam["accessKey"] = caller.access_key_id;
  iam["accountId"] = caller.account;
  iam["callerId"] = caller.access_key_id;
  iam["cognitoIdentity"] = nullptr;
  iam["principalOrgId"] = nullptr;
  iam["userArn"] = caller.arn;
  iam["userId"] = caller.access_key_id;
  return json::object{{"iam", std::move(iam)}};
}

json::object context_of(const UrlRequest& asked) {
  const net::HttpRequest& request = asked.request;
  json::object http;
  http["method"] = text(request.method);
  http["path"] = text(request.path());
  http["protocol"] = "HTTP/1.1";
  http["sourceIp"] = text(request.connection.remote_address);
  http["userAgent"] = text(request.headers.get_or("User-Agent"));
  json::object context;
  context["accountId"] =
      asked.caller == nullptr ? json::value("anonymous") : text(asked.caller->account);
  context["apiId"] = text(asked.url_id);
  if (asked.caller != nullptr) context["authorizer"] = caller_of(*asked.caller);
  context["domainName"] = text(asked.host);
  context["domainPrefix"] = text(asked.url_id);
  context["http"] = std::move(http);
  context["requestId"] = text(asked.request_id);
  context["routeKey"] = "$default";
  context["stage"] = "$default";
  context["time"] = fmt::format("{:%d/%b/%Y:%H:%M:%S} +0000",
                                fmt::gmtime(static_cast<std::time_t>(asked.now_ms / 1000)));
  context["timeEpoch"] = asked.now_ms;
  return context;
}

}  // namespace

std::string build_url_event(const UrlRequest& asked) {
  const net::HttpRequest& request = asked.request;
  json::object event;
  event["version"] = "2.0";
  event["routeKey"] = "$default";
  event["rawPath"] = text(request.path());
  event["rawQueryString"] = text(request.query());
  if (json::array cookies = cookies_of(request); !cookies.empty()) {
    event["cookies"] = std::move(cookies);
  }
  event["headers"] = headers_of(asked);
  if (json::object query = query_of(request); !query.empty()) {
    event["queryStringParameters"] = std::move(query);
  }
  event["requestContext"] = context_of(asked);
  const bool as_text = request.body.empty() || is_text(request);
  if (!request.body.empty()) {
    event["body"] = as_text ? request.body : core::base64_encode(request.body);
  }
  event["isBase64Encoded"] = !as_text;
  return json::to_text(json::value(std::move(event)));
}

}  // namespace tandem::lambda
