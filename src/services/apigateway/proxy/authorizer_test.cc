// Authorizers from the control plane to the answer.
#include "services/apigateway/testing.h"

namespace tandem::apigateway {
namespace {

struct Authorizers : testing::Harness {
  static constexpr const char* kGuard = "arn:aws:lambda:us-east-1:123456789012:function:guard";

  std::string policy(std::string_view effect, std::string_view resource = "*",
                     std::string_view more = "") {
    return R"({"principalId":"me","policyDocument":{"Statement":[{"Effect":")" +
           std::string(effect) + R"(","Action":"execute-api:Invoke","Resource":")" +
           std::string(resource) + R"("}]})" + std::string(more) + "}";
  }

  /// An API with GET /todos/{id} behind this authorizer.
  void make(json::object authorizer) {
    api = make_api();
    authorizer["restApiId"] = api;
    authorizer["name"] = "guard";
    authorizer["authorizerUri"] = lambda_uri(kGuard);
    id = text(call("CreateAuthorizer", std::move(authorizer)), "id");
    const std::string resource = make_resource(api, make_resource(api, root, "todos"), "{id}");
    make_method(api, resource, "GET");
    call("UpdateMethod",
         {{"restApiId", api},
          {"resourceId", resource},
          {"httpMethod", "GET"},
          {"patchOperations", json::array{patch("replace", "/authorizationType", "CUSTOM"),
                                          patch("replace", "/authorizerId", id)}}});
    deploy(api);
  }

  net::HttpResponse get(net::Headers headers, std::string path = "/dev/todos/7") {
    return send("GET", host_of(api), std::move(path), std::move(headers));
  }

  std::string api;
  std::string id;
};

TEST_F(Authorizers, ATokenIsJudgedAndItsContextHandedOn) {
  make({{"type", "TOKEN"}, {"identitySource", "method.request.header.Auth"}});
  functions.answers[kGuard] = {InvokeResult::Outcome::kOk,
                               policy("Allow", "*/GET/todos/7", R"(,"context":{"n":1})")};
  EXPECT_EQ(get({{"Auth", "secret"}}).status, 200);
  ASSERT_EQ(functions.calls.size(), 2U);
  EXPECT_EQ(functions.calls[0].event,
            R"({"type":"TOKEN","methodArn":"arn:aws:execute-api:us-east-1:123456789012:)" + api +
                R"(/dev/GET/todos/7","authorizationToken":"secret"})");
  EXPECT_EQ(functions.calls[0].source_arn,
            "arn:aws:execute-api:us-east-1:123456789012:" + api + "/authorizers/" + id);
  const json::object authorizer = last_event().at("requestContext").at("authorizer").as_object();
  EXPECT_EQ(authorizer.at("principalId"), "me");
  EXPECT_EQ(authorizer.at("n"), "1");
  EXPECT_TRUE(authorizer.at("integrationLatency").is_int64());
}

TEST_F(Authorizers, WhoShowsNothingIsNotAskedAbout) {
  make({{"type", "TOKEN"}, {"identityValidationExpression", "Bearer .+"}});
  for (const net::Headers& headers : {net::Headers{}, net::Headers{{"Authorization", ""}},
                                      net::Headers{{"Authorization", "Basic x"}}}) {
    const auto answer = get(headers);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.body, R"({"message":"Unauthorized"})");
    EXPECT_EQ(answer.headers.get_or("x-amzn-ErrorType"), "UnauthorizedException");
  }
  EXPECT_TRUE(functions.calls.empty());
}

TEST_F(Authorizers, WhatTheFunctionSaysIsAnswered) {
  using Outcome = InvokeResult::Outcome;
  make({{"type", "TOKEN"}, {"authorizerResultTtlInSeconds", 0}});
  const auto answered = [&](Outcome outcome, std::string payload) {
    functions.answers[kGuard] = {outcome, std::move(payload)};
    const auto answer = get({{"Authorization", "a"}});
    return std::to_string(answer.status) + " " + answer.body;
  };
  EXPECT_EQ(answered(Outcome::kOk, policy("Deny")),
            R"(403 {"Message":"User is not authorized to access this resource with an explicit )"
            R"(deny"})");
  EXPECT_EQ(answered(Outcome::kOk, policy("Allow", "*/POST/*")),
            R"(403 {"Message":"User is not authorized to access this resource"})");
  EXPECT_EQ(answered(Outcome::kFunctionError, R"({"errorMessage":"Unauthorized"})"),
            R"(401 {"message":"Unauthorized"})");
  EXPECT_EQ(answered(Outcome::kFunctionError, R"({"errorMessage":"Other"})"),
            R"(500 {"message":null})");
  EXPECT_EQ(answered(Outcome::kTimeout, ""), R"(500 {"message":null})");
  EXPECT_EQ(answered(Outcome::kOk, policy("Allow", "*", R"(,"context":{"a":[]})")),
            R"(500 {"message":null})");
}

TEST_F(Authorizers, APolicyIsKeptAndHeldAgainstEachMethod) {
  make({{"type", "TOKEN"}});
  functions.answers[kGuard] = {InvokeResult::Outcome::kOk, policy("Allow", "*/GET/todos/7")};
  EXPECT_EQ(get({{"Authorization", "a"}}).status, 200);
  EXPECT_EQ(get({{"Authorization", "a"}}).status, 200);
  EXPECT_EQ(functions.calls.size(), 3U);
  EXPECT_EQ(get({{"Authorization", "a"}}, "/dev/todos/8").status, 403);
  EXPECT_EQ(get({{"Authorization", "b"}}).status, 200);
  EXPECT_EQ(functions.calls.size(), 5U);
  call("FlushStageAuthorizersCache", {{"restApiId", api}, {"stageName", "dev"}});
  EXPECT_EQ(get({{"Authorization", "a"}}).status, 200);
  EXPECT_EQ(functions.calls.size(), 7U);
  clock.advance_ms(301'000);
  EXPECT_EQ(get({{"Authorization", "a"}}).status, 200);
  EXPECT_EQ(functions.calls.size(), 9U);
}

TEST_F(Authorizers, ARequestIsShownWhole) {
  make({{"type", "REQUEST"},
        {"identitySource", "method.request.header.H, method.request.querystring.q,context.stage"}});
  functions.answers[kGuard] = {InvokeResult::Outcome::kOk, policy("Allow")};
  EXPECT_EQ(get({{"H", "1"}}).status, 401);
  EXPECT_EQ(get({{"H", "1"}}, "/dev/todos/7?q=2").status, 200);
  const auto event = json::parse_text(functions.calls[0].event).value().as_object();
  EXPECT_EQ(event.at("type"), "REQUEST");
  EXPECT_EQ(event.at("identitySource"), "1,2,dev");
  EXPECT_EQ(event.at("resource"), "/todos/{id}");
  EXPECT_EQ(event.at("pathParameters").at("id"), "7");
  EXPECT_EQ(event.at("stageVariables"), json::object());
  EXPECT_FALSE(event.contains("body"));
  EXPECT_EQ(event.at("requestContext").at("apiId").as_string(), api);
}

// Query parameters may hold any byte; who is kept for ("a", "b\0c") is not who asks as ("a\0b",
// "c").
TEST_F(Authorizers, WhoIsKeptIsNobodyElse) {
  make({{"type", "REQUEST"},
        {"identitySource", "method.request.querystring.a,method.request.querystring.b"}});
  functions.answers[kGuard] = {InvokeResult::Outcome::kOk, policy("Allow")};
  EXPECT_EQ(get({}, "/dev/todos/7?a=a&b=b%00c").status, 200);
  functions.answers[kGuard] = {InvokeResult::Outcome::kOk, policy("Deny")};
  EXPECT_EQ(get({}, "/dev/todos/7?a=a%00b&b=c").status, 403);
  EXPECT_EQ(get({}, "/dev/todos/7?a=1:a1&b=x").status, 403);
}

// Developer guide, "Configure a Lambda authorizer": with caching the sources are required.
TEST_F(Authorizers, WithoutCachingSourcesAreNotRequired) {
  make({{"type", "REQUEST"},
        {"identitySource", "method.request.header.H"},
        {"authorizerResultTtlInSeconds", 0}});
  functions.answers[kGuard] = {InvokeResult::Outcome::kOk, policy("Allow")};
  EXPECT_EQ(get({}).status, 200);
}

TEST_F(Authorizers, TheApiKeyMayComeFromTheAuthorizer) {
  const std::string value = "0123456789012345678901";
  make({{"type", "TOKEN"}});
  call("UpdateRestApi",
       {{"restApiId", api},
        {"patchOperations", json::array{patch("replace", "/apiKeySource", "AUTHORIZER")}}});
  const json::object resources = call("GetResources", {{"restApiId", api}});
  for (const json::value& each : resources.at("items").as_array()) {
    if (!each.as_object().contains("resourceMethods")) continue;
    call("UpdateMethod",
         {{"restApiId", api},
          {"resourceId", each.at("id")},
          {"httpMethod", "GET"},
          {"patchOperations", json::array{patch("replace", "/apiKeyRequired", "true")}}});
  }
  deploy(api);
  const std::string key =
      text(call("CreateApiKey", {{"name", "k"}, {"value", value}, {"enabled", true}}), "id");
  const std::string plan =
      text(call("CreateUsagePlan",
                {{"name", "p"},
                 {"apiStages", json::array{json::object{{"apiId", api}, {"stage", "dev"}}}}}),
           "id");
  call("CreateUsagePlanKey", {{"usagePlanId", plan}, {"keyId", key}, {"keyType", "API_KEY"}});
  functions.answers[kGuard] = {InvokeResult::Outcome::kOk, policy("Allow")};
  EXPECT_EQ(get({{"Authorization", "a"}, {"x-api-key", value}}).status, 403);
  functions.answers[kGuard] = {InvokeResult::Outcome::kOk,
                               policy("Allow", "*", R"(,"usageIdentifierKey":")" + value + "\"")};
  EXPECT_EQ(get({{"Authorization", "b"}}).status, 200);
  EXPECT_EQ(last_event().at("requestContext").at("identity").at("apiKeyId").as_string(), key);
}

TEST_F(Authorizers, AreChecked) {
  api = make_api();
  json::object given{
      {"restApiId", api}, {"name", "a"}, {"type", "TOKEN"}, {"authorizerUri", lambda_uri(kGuard)}};
  const auto refused = [&](std::string_view member, json::value value) {
    json::object input = given;
    input[member] = std::move(value);
    return fail("CreateAuthorizer", std::move(input)).message;
  };
  EXPECT_EQ(refused("type", "COGNITO_USER_POOLS"),
            "Authorizer type COGNITO_USER_POOLS is not implemented");
  EXPECT_EQ(refused("authorizerUri", "x"),
            "Invalid Authorizer URI: x. Authorizer URI should be a valid API Gateway ARN that "
            "represents a Lambda function invocation.");
  EXPECT_EQ(refused("type", "REQUEST"), "Identity source required when caching enabled");
  EXPECT_EQ(refused("authorizerCredentials", "arn"), "authorizerCredentials is not implemented");
  EXPECT_NE(refused("authorizerResultTtlInSeconds", 3601), "");
  EXPECT_NE(refused("identitySource", "method.request.path.x"), "");
  call("CreateAuthorizer", given);
  EXPECT_EQ(fail("CreateAuthorizer", given).message,
            "Authorizer name must be unique. Authorizer a already exists in this RestApi.");
  EXPECT_EQ(fail("PutMethod", {{"restApiId", api},
                               {"resourceId", root},
                               {"httpMethod", "GET"},
                               {"authorizationType", "CUSTOM"},
                               {"authorizerId", "none"}})
                .message,
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or "
            "COGNITO_USER_POOLS requires a valid authorizer.");
}

TEST_F(Authorizers, NoSpellingOfAPathSlipsPastADeny) {
  make({{"type", "TOKEN"}});
  functions.answers[kGuard] = {
      InvokeResult::Outcome::kOk,
      R"({"policyDocument":{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},)"
      R"({"Effect":"Deny","Action":"*","Resource":"*/GET/todos/7"}]}})"};
  for (const char* path : {"/dev/todos/7", "/dev/todos/7/", "/dev/%74odos/%37"}) {
    EXPECT_EQ(get({{"Authorization", "a"}}, path).status, 403) << path;
  }
  EXPECT_EQ(get({{"Authorization", "a"}}, "/dev/todos/8").status, 200);
}

TEST_F(Authorizers, AMethodKeepsItsAuthorizer) {
  make({{"type", "TOKEN"}});
  EXPECT_EQ(fail("DeleteAuthorizer", {{"restApiId", api}, {"authorizerId", id}}).message,
            "Cannot delete authorizer '" + id + "', is referenced in method: /todos/{id}/GET");
}

TEST_F(Authorizers, AreTried) {
  make({{"type", "TOKEN"}});
  functions.answers[kGuard] = {InvokeResult::Outcome::kOk, policy("Deny")};
  const json::object input{{"restApiId", api},
                           {"authorizerId", id},
                           {"headers", {{"Authorization", "long-secret-token"}}}};
  const json::object tried = call("TestInvokeAuthorizer", input);
  EXPECT_EQ(tried.at("clientStatus"), 200);
  EXPECT_EQ(tried.at("principalId"), "me");
  EXPECT_NE(text(tried, "policy").find("Deny"), std::string::npos);
  EXPECT_EQ(text(tried, "log").find("long-secret"), std::string::npos);
  EXPECT_EQ(
      call("TestInvokeAuthorizer", {{"restApiId", api}, {"authorizerId", id}}).at("clientStatus"),
      401);
}

}  // namespace
}  // namespace tandem::apigateway
