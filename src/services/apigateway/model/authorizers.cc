#include "services/apigateway/model/authorizers.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "aws/arn.h"
#include "core/text.h"
#include "net/http_parser.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/integration_uri.h"
#include "services/apigateway/model/json_schema_nodes.h"

namespace tandem::apigateway {
namespace {

using From = IdentitySource::From;

constexpr std::size_t kMostSources = 20;

struct Prefix {
  std::string_view text;
  From from;
};
constexpr std::array<Prefix, 4> kPrefixes = {{{"method.request.header.", From::kHeader},
                                              {"method.request.querystring.", From::kQuery},
                                              {"stageVariables.", From::kStageVariable},
                                              {"context.", From::kContext}}};

/// What is known of a request before it is authorized.
constexpr std::array<std::string_view, 15> kContextNames = {
    "accountId",         "apiId",      "deploymentId",      "domainName",         "domainPrefix",
    "extendedRequestId", "httpMethod", "identity.sourceIp", "identity.userAgent", "path",
    "protocol",          "requestId",  "resourceId",        "resourcePath",       "stage"};

IdentitySource parse_source(std::string_view text) {
  for (const Prefix& prefix : kPrefixes) {
    if (!text.starts_with(prefix.text)) continue;
    const std::string_view name = text.substr(prefix.text.size());
    if (!net::is_token(name)) break;
    if (prefix.from == From::kContext &&
        std::find(kContextNames.begin(), kContextNames.end(), name) == kContextNames.end()) {
      throw errors::not_implemented(fmt::format("Identity source {}", text));
    }
    return {prefix.from, std::string(name)};
  }
  throw errors::bad_request(fmt::format("Invalid mapping expression specified: {}", text));
}

void check_uri(std::string_view uri, std::string_view region) {
  const auto arn = aws::Arn::parse(uri);
  // The service stands where other ARNs have the account.
  const bool invokes = arn && arn->service == "apigateway" && arn->account == "lambda";
  const std::string function = function_arn_of(uri, nullptr);
  if (!invokes || function.empty()) {
    throw errors::bad_request(fmt::format(
        "Invalid Authorizer URI: {}. Authorizer URI should be a valid API Gateway ARN that "
        "represents a Lambda function invocation.",
        uri));
  }
  const auto named = aws::Arn::parse(function);
  const bool elsewhere = named && !named->region.empty() && named->region != region;
  if (arn->region != region || elsewhere) {
    throw errors::not_implemented("An authorizer's function of another region");
  }
}

void check_type(const std::string& type) {
  if (type == "TOKEN" || type == "REQUEST") return;
  if (type == "COGNITO_USER_POOLS") throw errors::not_implemented("Authorizer type " + type);
  throw errors::bad_request(
      "Invalid authorizer type specified. Must be one of [TOKEN, REQUEST, COGNITO_USER_POOLS]");
}

void check_sources(const json::object& authorizer, std::string_view type) {
  const auto sources = identity_sources_of(authorizer);
  if (type == "TOKEN" && (sources.size() != 1 || sources.front().from != From::kHeader)) {
    throw errors::bad_request("Identity source of a TOKEN authorizer must be one request header");
  }
  if (sources.empty() && ttl_of(authorizer) > 0) {
    throw errors::bad_request("Identity source required when caching enabled");
  }
}

}  // namespace

std::vector<IdentitySource> parse_identity_sources(std::string_view text) {
  std::vector<IdentitySource> sources;
  if (core::trim(text).empty()) return sources;
  for (const std::string_view part : core::split(text, ',')) {
    sources.push_back(parse_source(core::trim(part)));
  }
  if (sources.size() > kMostSources) throw errors::bad_request("Too many identity sources");
  return sources;
}

std::vector<IdentitySource> identity_sources_of(const json::object& authorizer) {
  const std::string given = json::string_or(authorizer, "identitySource");
  const bool token = json::string_or(authorizer, "type") == "TOKEN";
  if (given.empty() && token) return {{From::kHeader, "Authorization"}};
  return parse_identity_sources(given);
}

std::int64_t ttl_of(const json::object& authorizer) {
  return json::int_or(authorizer, "authorizerResultTtlInSeconds", kDefaultAuthorizerTtlS);
}

std::shared_ptr<const re2::RE2> token_expression_of(const json::object& authorizer) {
  const std::string expression = json::string_or(authorizer, "identityValidationExpression");
  return expression.empty() ? nullptr : compile_pattern(expression);
}

void check_authorizer(const json::object& authorizer, std::string_view region) {
  const std::string type = json::string_or(authorizer, "type");
  check_type(type);
  if (json::string_or(authorizer, "name").empty()) {
    throw errors::bad_request("Authorizer name cannot be empty");
  }
  check_uri(json::string_or(authorizer, "authorizerUri"), region);
  const std::int64_t ttl = ttl_of(authorizer);
  if (ttl < 0 || ttl > kMostAuthorizerTtlS) {
    throw errors::bad_request(fmt::format(
        "Invalid Authorizer result TTL in seconds: {}. Must be between 0 and 3600", ttl));
  }
  check_sources(authorizer, type);
  const std::string expression = json::string_or(authorizer, "identityValidationExpression");
  if (expression.empty()) return;
  if (type == "REQUEST") {
    throw errors::bad_request(
        "Identity validation expression is only supported by TOKEN authorizers");
  }
  if (token_expression_of(authorizer) == nullptr) {
    throw errors::not_implemented("The identityValidationExpression " + expression);
  }
}

}  // namespace tandem::apigateway
