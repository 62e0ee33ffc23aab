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

  Input input() const {
    return {body,
            &path,
            &querystring,
            &header,
            &context,
            &stage_variables,
            request_override,
            response_override};
  }

  core::Parsed<Output> render(std::string_view source) const {
    auto parsed = Template::parse(source);
    if (!parsed) return core::ParseError{"parse: " + parsed.error().message, 0};
    return parsed.value().render(input());
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

/// In the manner of the Serverless Framework's default for functions that are no proxies.
inline constexpr std::string_view kFrameworkTemplate =
    "#define( $loop )\n"
    "{\n"
    "  #foreach($key in $map.keySet())\n"
    "    #set( $k = $util.escapeJavaScript($key) )\n"
    "    #set( $v = $util.escapeJavaScript($map.get($key)).replaceAll(\"\\\\'\", \"'\") )\n"
    "    \"$k\": \"$v\"\n"
    "    #if( $foreach.hasNext ) , #end\n"
    "  #end\n"
    "}\n"
    "#end\n"
    "#set( $body = $input.json(\"$\") )\n"
    "{\n"
    "  \"body\": $body,\n"
    "  \"method\": \"$context.httpMethod\",\n"
    "  \"principalId\": \"$context.authorizer.principalId\",\n"
    "  \"stage\": \"$context.stage\",\n"
    "  #set( $map = $context.nosuch )\n"
    "  \"none\": $loop,\n"
    "  #set( $map = $input.params().header )\n"
    "  \"headers\": $loop,\n"
    "  #set( $map = $input.params().querystring )\n"
    "  \"query\": $loop,\n"
    "  #set( $map = $input.params().path )\n"
    "  \"path\": $loop,\n"
    "  #set( $map = $context.identity )\n"
    "  \"identity\": $loop,\n"
    "  #set( $map = $stageVariables )\n"
    "  \"stageVariables\": $loop\n"
    "}\n";

}  // namespace tandem::apigateway::mapping
