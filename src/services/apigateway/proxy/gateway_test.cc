#include <gmock/gmock.h>

#include "services/apigateway/testing.h"

namespace tandem::apigateway::testing {
namespace {

using Outcome = InvokeResult::Outcome;
using ::testing::StartsWith;

constexpr const char* kKey = "a-common-key-of-both-regions";

struct Gateway : Harness {
  Gateway() {
    api = make_api();
    todos = make_resource(api, root, "todos");
    const std::string one = make_resource(api, todos, "{id}");
    make_method(api, todos, "GET");
    make_method(api, todos, "POST", Key::kYes);
    make_method(api, one, "ANY");
    deploy(api);
  }
  net::HttpResponse get(std::string target, net::Headers headers = {}) {
    return send("GET", host_of(api), std::move(target), std::move(headers));
  }
  net::HttpResponse post() {
    return send("POST", host_of(api), "/dev/todos", {{"x-api-key", kKey}}, "{}");
  }
  std::string add_plan(json::object more = {}) {
    key = text(call("CreateApiKey", {{"name", "k"}, {"enabled", true}, {"value", kKey}}), "id");
    more["name"] = "plan";
    more["apiStages"] = json::array{{{"apiId", api}, {"stage", "dev"}}};
    const std::string plan = text(call("CreateUsagePlan", std::move(more)), "id");
    call("CreateUsagePlanKey", {{"usagePlanId", plan}, {"keyId", key}, {"keyType", "API_KEY"}});
    return plan;
  }
  std::string api;
  std::string todos;
  std::string key;
};

void expect_refusal(const net::HttpResponse& response, int status, std::string_view type,
                    std::string_view body) {
  EXPECT_EQ(response.status, status);
  EXPECT_EQ(response.headers.get_or("x-amzn-ErrorType"), type);
  EXPECT_EQ(response.headers.get_or("Content-Type"), "application/json");
  EXPECT_EQ(response.body, body);
  EXPECT_TRUE(response.headers.contains("x-amzn-RequestId"));
  EXPECT_TRUE(response.headers.contains("x-amz-apigw-id"));
}

void expect_forbidden(const net::HttpResponse& response) {
  expect_refusal(response, 403, "ForbiddenException", R"({"message":"Forbidden"})");
}

void expect_no_route(const net::HttpResponse& response) {
  expect_refusal(response, 403, "MissingAuthenticationTokenException",
                 R"({"message":"Missing Authentication Token"})");
}

TEST_F(Gateway, InvokesTheFunction) {
  const auto response = get("/dev/todos/7?x=1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hi");
  EXPECT_EQ(response.headers.get_or("Content-Type"), "application/json");
  EXPECT_THAT(std::string(response.headers.get_or("X-Amzn-Trace-Id")), StartsWith("Root=1-"));
  const auto& invocation = functions.calls.at(0);
  EXPECT_EQ(invocation.function_arn, kFunction);
  EXPECT_EQ(invocation.timeout, std::chrono::milliseconds(29'000));
  EXPECT_EQ(invocation.source_arn,
            "arn:aws:execute-api:us-east-1:123456789012:" + api + "/dev/GET/todos/{id}");
  const json::object event = last_event();
  EXPECT_EQ(event.at("path"), "/todos/7");
  EXPECT_EQ(event.at("requestContext").at("path"), "/dev/todos/7");
  EXPECT_EQ(json::to_std(event.at("requestContext").at("requestId")),
            response.headers.get_or("x-amzn-RequestId"));
  EXPECT_EQ(event.at("pathParameters"), (json::object{{"id", "7"}}));
}

// AWS: no such resource or method is 403 Missing Authentication Token, an unknown API or stage 403
// Forbidden.
TEST_F(Gateway, RefusesWhatItDoesNotKnow) {
  expect_no_route(get("/dev/nothing"));
  expect_no_route(get("/dev"));
  expect_no_route(send("DELETE", host_of(api), "/dev/todos"));
  expect_no_route(send("BREW", host_of(api), "/dev/todos/7"));
  expect_no_route(get("/dev/../etc/passwd"));
  expect_forbidden(get("/prod/todos"));
  expect_forbidden(get("/"));
  expect_forbidden(send("GET", host_of("unknown1234"), "/dev/todos"));
  expect_forbidden(send("GET", host_of("d-abcdefghij"), "/dev/todos"));
  expect_forbidden(send("GET", "elsewhere.example", "/todos"));
  EXPECT_TRUE(functions.calls.empty());
}

TEST_F(Gateway, KnowsItsHosts) {
  EXPECT_TRUE(service->serves(host_of("anything")));
  EXPECT_TRUE(service->serves(host_of("d-abcdefghij")));
  EXPECT_FALSE(service->serves("a.execute-api.us-west-2.amazonaws.com"));
  EXPECT_FALSE(service->serves("execute-api.us-east-1.amazonaws.com"));
  EXPECT_FALSE(service->serves("dynamodb.us-east-1.amazonaws.com"));
  EXPECT_FALSE(service->serves(""));
}

// AWS: results of the integration step.
TEST_F(Gateway, MapsOutcomesToAwsAnswers) {
  const auto expect = [&](Outcome outcome, int status, std::string_view body) {
    functions.answer = {outcome, R"({"errorMessage":"x"})"};
    const auto response = get("/dev/todos");
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.body, body);
  };
  const std::string_view internal = R"({"message": "Internal server error"})";
  expect(Outcome::kOk, 502, internal);
  expect(Outcome::kFunctionError, 502, internal);
  expect(Outcome::kTimeout, 504, R"({"message": "Endpoint request timed out"})");
  expect(Outcome::kThrottled, 500, internal);
  expect(Outcome::kPermissionMissing, 500, internal);
  expect(Outcome::kNotFound, 500, internal);
  expect(Outcome::kTooLarge, 413, R"({"message":"Request Too Long"})");
}

TEST_F(Gateway, EnforcesSizes) {
  expect_refusal(send("POST", host_of(api), "/dev/todos/1", {}, std::string(10'485'761, 'a')), 413,
                 "RequestTooLargeException",
                 R"({"message":"HTTP content length exceeded 10485760 bytes."})");
  expect_refusal(send("POST", host_of(api), "/dev/todos/1", {}, std::string(6'291'456, 'a')), 413,
                 "RequestTooLargeException", R"({"message":"Request Too Long"})");
  EXPECT_EQ(get("/dev/todos", {{"x", std::string(10'300, 'a')}}).status, 431);
  EXPECT_EQ(get("/dev/todos?a={b}").status, 400);
  EXPECT_EQ(get("/dev/todos?a=%7Bb%7D").status, 200);
}

TEST_F(Gateway, PingIsTheServicesOwn) {
  EXPECT_EQ(get("/ping").body, "healthy");
  EXPECT_TRUE(functions.calls.empty());
}

TEST_F(Gateway, HonoursRequestIdAndMethodOverride) {
  const std::string id = "0b5c1a8e-3c1f-4d3e-9f57-7f2f1a8c9d10";
  EXPECT_EQ(get("/dev/todos", {{"x-amzn-RequestId", id}}).headers.get_or("x-amzn-RequestId"), id);
  EXPECT_NE(get("/dev/todos", {{"x-amzn-RequestId", "mine"}}).headers.get_or("x-amzn-RequestId"),
            "mine");
  EXPECT_EQ(get("/dev/todos/1", {{"X-HTTP-Method-Override", "PATCH"}}).status, 200);
  EXPECT_EQ(last_event().at("httpMethod"), "PATCH");
}

// AWS: a deployment is a snapshot; edits are invisible until the next one.
TEST_F(Gateway, ServesTheSnapshot) {
  make_method(api, todos, "PUT");
  expect_no_route(send("PUT", host_of(api), "/dev/todos"));
  call("DeleteResource", {{"restApiId", api}, {"resourceId", todos}});
  EXPECT_EQ(get("/dev/todos").status, 200);
  make_method(api, root, "GET");
  deploy(api);
  expect_no_route(get("/dev/todos"));
  EXPECT_EQ(get("/dev").status, 200);
  EXPECT_EQ(get("/dev/").status, 200);
}

TEST_F(Gateway, DisabledDefaultEndpointTakesADeployment) {
  call("UpdateRestApi",
       {{"restApiId", api},
        {"patchOperations", {patch("replace", "/disableExecuteApiEndpoint", "true")}}});
  EXPECT_EQ(get("/dev/todos").status, 200);
  deploy(api);
  expect_forbidden(get("/dev/todos"));
}

TEST_F(Gateway, StageVariablesChooseTheFunction) {
  make_method(api, root, "GET", Key::kNo,
              lambda_uri("arn:aws:lambda:us-east-1:123456789012:function:${stageVariables.fn}"));
  deploy(api);
  call("UpdateStage", {{"restApiId", api},
                       {"stageName", "dev"},
                       {"patchOperations", {patch("replace", "/variables/fn", "blue")}}});
  get("/dev");
  EXPECT_EQ(functions.calls.back().function_arn,
            "arn:aws:lambda:us-east-1:123456789012:function:blue");
  EXPECT_EQ(last_event().at("stageVariables"), (json::object{{"fn", "blue"}}));
}

// AWS: missing, unknown, disabled and unattached keys all get 403 Forbidden.
TEST_F(Gateway, NeedsAKeyOfAPlanOfTheStage) {
  expect_forbidden(send("POST", host_of(api), "/dev/todos"));
  expect_forbidden(post());
  const std::string plan = add_plan();
  EXPECT_EQ(post().status, 200);
  EXPECT_EQ(json::to_std(last_event().at("requestContext").at("identity").at("apiKeyId")), key);
  EXPECT_EQ(last_event().at("requestContext").at("identity").at("apiKey"), kKey);
  EXPECT_EQ(get("/dev/todos", {{"x-api-key", "nonsense"}}).status, 200);
  call("UpdateApiKey",
       {{"apiKey", key}, {"patchOperations", {patch("replace", "/enabled", "false")}}});
  expect_forbidden(post());
  call("UpdateApiKey",
       {{"apiKey", key}, {"patchOperations", {patch("replace", "/enabled", "true")}}});
  EXPECT_EQ(post().status, 200);
  call("DeleteUsagePlanKey", {{"usagePlanId", plan}, {"keyId", key}});
  expect_forbidden(post());
}

void expect_throttled(const net::HttpResponse& response) {
  expect_refusal(response, 429, "TooManyRequestsException", R"({"message":"Too Many Requests"})");
}

TEST_F(Gateway, PlanThrottlesAreTokenBuckets) {
  add_plan({{"throttle", {{"rateLimit", 2.0}, {"burstLimit", 3}}}});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post().status, 200);
  expect_throttled(post());
  clock.advance_ms(500);
  EXPECT_EQ(post().status, 200);
  expect_throttled(post());
}

TEST_F(Gateway, PlanMethodThrottlesAreTheirOwn) {
  const std::string plan = add_plan();
  call("UpdateUsagePlan",
       {{"usagePlanId", plan},
        {"patchOperations",
         {patch("add", "/apiStages/" + api + ":dev/throttle/~1todos~1POST/burstLimit", "1"),
          patch("add", "/apiStages/" + api + ":dev/throttle/~1todos~1POST/rateLimit", "1")}}});
  EXPECT_EQ(post().status, 200);
  expect_throttled(post());
}

TEST_F(Gateway, StageThrottlesHoldForEveryone) {
  call("UpdateStage", {{"restApiId", api},
                       {"stageName", "dev"},
                       {"patchOperations",
                        {patch("replace", "/~1todos/GET/throttling/burstLimit", "1"),
                         patch("replace", "/~1todos/GET/throttling/rateLimit", "1")}}});
  EXPECT_EQ(get("/dev/todos").status, 200);
  expect_throttled(get("/dev/todos"));
  EXPECT_EQ(get("/dev/todos/1").status, 200);
}

TEST_F(Gateway, AccountThrottleHoldsForAll) {
  for (int i = 0; i < 5'000; ++i) ASSERT_EQ(get("/dev/todos").status, 200);
  expect_throttled(get("/dev/todos"));
}

void expect_over_quota(const net::HttpResponse& response) {
  expect_refusal(response, 429, "LimitExceededException", R"({"message":"Limit Exceeded"})");
}

TEST_F(Gateway, QuotaEndsWithThePeriodNotWithTheProcess) {
  add_plan({{"quota", {{"limit", 2}, {"period", "DAY"}}}});
  EXPECT_EQ(post().status, 200);
  EXPECT_EQ(post().status, 200);
  expect_over_quota(post());
  restart();
  expect_over_quota(post());
  clock.advance_ms(86'400'000);
  EXPECT_EQ(post().status, 200);
}

TEST_F(Gateway, ThrottledRequestsCostNoQuota) {
  add_plan({{"throttle", {{"rateLimit", 1.0}, {"burstLimit", 1}}},
            {"quota", {{"limit", 2}, {"period", "DAY"}}}});
  EXPECT_EQ(post().status, 200);
  for (int i = 0; i < 5; ++i) expect_throttled(post());
  clock.advance_ms(1'000);
  EXPECT_EQ(post().status, 200);
  clock.advance_ms(1'000);
  expect_over_quota(post());
}

struct CustomDomain : Gateway {
  CustomDomain() {
    call("CreateDomainName", {{"domainName", kDomain},
                              {"regionalCertificateArn", kCertificate},
                              {"endpointConfiguration", {{"types", {"REGIONAL"}}}}});
  }
  void map(std::string_view path, std::string_view stage) {
    json::object input{{"domainName", kDomain}, {"basePath", path}, {"restApiId", api}};
    if (!stage.empty()) input["stage"] = stage;
    call("CreateBasePathMapping", input);
  }
  static constexpr const char* kDomain = "api.tandem.test";
};

TEST_F(CustomDomain, NeedsAMapping) {
  EXPECT_TRUE(service->serves(kDomain));
  expect_forbidden(send("GET", kDomain, "/todos"));
  map("", "dev");
  EXPECT_EQ(send("GET", kDomain, "/todos").status, 200);
  EXPECT_EQ(send("GET", "API.Tandem.Test:8443", "/todos").status, 200);
}

// AWS, proxy events on custom domains: path keeps the base path, the match goes without it.
TEST_F(CustomDomain, BasePathIsStrippedForTheMatchOnly) {
  map("v1", "dev");
  EXPECT_EQ(send("GET", kDomain, "/v1/todos/9").status, 200);
  const json::object event = last_event();
  EXPECT_EQ(event.at("path"), "/v1/todos/9");
  EXPECT_EQ(event.at("requestContext").at("path"), "/v1/todos/9");
  EXPECT_EQ(event.at("requestContext").at("domainName"), kDomain);
  EXPECT_EQ(event.at("requestContext").at("domainPrefix"), "api");
  EXPECT_EQ(event.at("resource"), "/todos/{id}");
  expect_forbidden(send("GET", kDomain, "/v1x/todos"));
  expect_forbidden(send("GET", kDomain, "/todos"));
}

TEST_F(CustomDomain, MappingWithoutAStageTakesItFromThePath) {
  map("v1", "");
  EXPECT_EQ(send("GET", kDomain, "/v1/dev/todos").status, 200);
  expect_forbidden(send("GET", kDomain, "/v1/prod/todos"));
}

TEST_F(CustomDomain, WholeFirstSegmentElseNone) {
  map("", "dev");
  map("v1", "dev");
  EXPECT_EQ(send("GET", kDomain, "/v1/todos").status, 200);
  EXPECT_EQ(send("GET", kDomain, "/todos").status, 200);
  expect_no_route(send("GET", kDomain, "/v1more/todos"));
}

TEST_F(CustomDomain, SurvivesARestart) {
  map("", "dev");
  restart(Stop::kCrash);
  EXPECT_EQ(send("GET", kDomain, "/todos").status, 200);
}

// AWS: the Host must be the name the TLS connection was made for.
TEST_F(CustomDomain, HostMustBeTheNameOfTheConnection) {
  map("", "dev");
  net::HttpRequest request;
  request.method = "GET";
  request.target = "/todos";
  request.headers = {{"Host", kDomain}};
  request.connection = {.tls = true, .server_name = host_of(api)};
  expect_forbidden(run(service->serve(request)));
  request.connection.server_name = kDomain;
  EXPECT_EQ(run(service->serve(request)).status, 200);
}

// AWS, "Gateway responses in API Gateway": a type's own response, else DEFAULT_4XX or DEFAULT_5XX;
// static values stand in single quotes; they take effect with the next deployment.
TEST_F(Gateway, AnApiShapesTheGatewaysAnswers) {
  const auto put = [&](std::string_view type, json::object more) {
    more["restApiId"] = api;
    more["responseType"] = type;
    call("PutGatewayResponse", std::move(more));
  };
  const json::object any_origin{{"gatewayresponse.header.Access-Control-Allow-Origin", "'*'"}};
  put("DEFAULT_4XX", {{"responseParameters", any_origin}});
  put("DEFAULT_5XX", {{"responseParameters", any_origin}});
  put("MISSING_AUTHENTICATION_TOKEN", {{"statusCode", "404"}});
  expect_forbidden(send("POST", host_of(api), "/dev/todos"));
  deploy(api);
  const auto forbidden = send("POST", host_of(api), "/dev/todos");
  expect_forbidden(forbidden);
  EXPECT_EQ(forbidden.headers.get_or("Access-Control-Allow-Origin"), "*");
  const auto no_route = get("/dev/nothing");
  EXPECT_EQ(no_route.status, 404);
  EXPECT_EQ(no_route.body, R"({"message":"Missing Authentication Token"})");
  EXPECT_FALSE(no_route.headers.contains("Access-Control-Allow-Origin"));
  functions.answer.payload = "null";
  const auto malformed = get("/dev/todos");
  EXPECT_EQ(malformed.status, 502);
  EXPECT_EQ(malformed.headers.get_or("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(get("/dev/todos?{").headers.get_or("Access-Control-Allow-Origin"), "*");
  // Not one of this API's answers.
  expect_forbidden(get("/other"));
  EXPECT_FALSE(get("/other").headers.contains("Access-Control-Allow-Origin"));
}

}  // namespace
}  // namespace tandem::apigateway::testing
