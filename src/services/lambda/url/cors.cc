#include "services/lambda/url/cors.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "core/text.h"

namespace tandem::lambda {
namespace {

std::string joined(const json::object& cors, std::string_view member) {
  std::string all;
  if (const json::array* list = json::find_array(cors, member)) {
    for (const json::value& each : *list) all += (all.empty() ? "" : ",") + json::to_std(each);
  }
  return all;
}

/// What the origin is answered with; empty when it may not ask.
std::string allowed_origin(const json::object& cors, std::string_view origin) {
  const json::array* list = json::find_array(cors, "AllowOrigins");
  if (list == nullptr || origin.empty()) return "";
  for (const json::value& each : *list) {
    const std::string_view allowed = json::view(each.as_string());
    if (allowed == "*") {
      // With credentials the star would mean nothing to a browser.
      return json::bool_or(cors, "AllowCredentials", false) ? std::string(origin) : "*";
    }
    if (core::equals_ignoring_case(allowed, origin)) return std::string(origin);
  }
  return "";
}

void set_unless_empty(net::HttpResponse& response, std::string_view name,
                      const std::string& value) {
  if (!value.empty()) response.headers.set(name, value);
}

}  // namespace

std::optional<net::HttpResponse> answer_preflight(const json::object& cors,
                                                  const net::HttpRequest& request) {
  const bool asks = request.method == "OPTIONS" && request.headers.contains("Origin") &&
                    request.headers.contains("Access-Control-Request-Method");
  if (cors.empty() || !asks) return std::nullopt;
  net::HttpResponse response;
  apply_cors(cors, request, response);
  if (!response.headers.contains("Access-Control-Allow-Origin")) return response;
  set_unless_empty(response, "Access-Control-Allow-Methods", joined(cors, "AllowMethods"));
  set_unless_empty(response, "Access-Control-Allow-Headers", joined(cors, "AllowHeaders"));
  if (const auto age = json::find_int(cors, "MaxAge")) {
    response.headers.set("Access-Control-Max-Age", std::to_string(*age));
  }
  return response;
}

void apply_cors(const json::object& cors, const net::HttpRequest& request,
                net::HttpResponse& response) {
  const std::string origin = allowed_origin(cors, request.headers.get_or("Origin"));
  if (origin.empty()) return;
  response.headers.set("Access-Control-Allow-Origin", origin);
  if (origin != "*") response.headers.set("Vary", "Origin");
  if (json::bool_or(cors, "AllowCredentials", false)) {
    response.headers.set("Access-Control-Allow-Credentials", "true");
  }
  set_unless_empty(response, "Access-Control-Expose-Headers", joined(cors, "ExposeHeaders"));
}

}  // namespace tandem::lambda
