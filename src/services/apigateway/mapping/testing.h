// What tests of mapping templates share.
#pragma once

#include <string>
#include <string_view>

#include "services/apigateway/mapping/template.h"

namespace tandem::apigateway::mapping {

/// A request that templates read.
struct Request {
  json::object path{{"id", "7"}, {"both", "of the path"}};
  json::object querystring{{"q", "a b"}, {"both", "of the query"}, {"second", "query"}};
  json::object header{{"X-Name", "of the header"}, {"second", "header"}};
  json::object context{{"stage", "dev"},
                       {"identity", {{"sourceIp", "192.0.2.1"}, {"user", nullptr}}},
                       {"authorizer", {{"claims", {{"sub", "42"}}}, {"principalId", "me"}}}};
  json::object stage_variables{{"name", "value"}};
  json::object request_override;
  json::object response_override;
  std::string body;

  core::Parsed<Output> render(std::string_view source) const {
    auto parsed = Template::parse(source);
    if (!parsed) return core::ParseError{"parse: " + parsed.error().message, 0};
    return std::move(parsed).value().render({body, &path, &querystring, &header, &context,
                                             &stage_variables, request_override,
                                             response_override});
  }
};

inline std::string render(std::string_view source, std::string body = "{}") {
  Request request;
  request.body = std::move(body);
  auto made = request.render(source);
  return made ? made.value().text : "failed: " + made.error().message;
}

/// Why it fails; empty when it does not.
inline std::string failure(std::string_view source, std::string body = "{}") {
  Request request;
  request.body = std::move(body);
  const auto made = request.render(source);
  return made ? "" : made.error().message;
}

}  // namespace tandem::apigateway::mapping
