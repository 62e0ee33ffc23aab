// Function URLs: the event of a request, the answer of a result, who may ask.
#include <gmock/gmock.h>

#include "services/lambda/lambda_testing.h"
#include "services/lambda/url/cors.h"
#include "services/lambda/url/event.h"
#include "services/lambda/url/result.h"

namespace tandem::lambda {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

json::object event_of(const net::HttpRequest& request) {
  return json::parse_text(build_url_event({.request = request,
                                           .host = "abc.lambda-url.us-east-1.on.aws",
                                           .url_id = "abc",
                                           .request_id = "r",
                                           .trace_id = "Root=1",
                                           .now_ms = 1'583'348'638'390}))
      .value()
      .as_object();
}

// Developer guide, "Invoking Lambda function URLs", request payload format.
TEST(UrlEvent, IsPayloadFormat2) {
  net::HttpRequest request;
  request.method = "POST";
  request.target = "/my/pa%2Fth?parameter1=value1&parameter1=value2&parameter2=a%20b";
  request.headers = {{"Header1", "value1"},       {"header1", "value2"},
                     {"Cookie", "cookie1; c2=x"}, {"Content-Type", "application/json"},
                     {"User-Agent", "agent"},     {"Connection", "keep-alive"}};
  request.body = "{}";
  request.connection.remote_address = "192.0.2.1";
  request.connection.tls = true;
  const json::object event = event_of(request);
  EXPECT_EQ(event.at("version"), "2.0");
  EXPECT_EQ(event.at("rawPath"), "/my/pa%2Fth");
  EXPECT_EQ(event.at("rawQueryString"), "parameter1=value1&parameter1=value2&parameter2=a%20b");
  EXPECT_EQ(event.at("cookies"), (json::array{"cookie1", "c2=x"}));
  const json::object& headers = event.at("headers").as_object();
  EXPECT_EQ(headers.at("header1"), "value1,value2");
  EXPECT_EQ(headers.at("x-forwarded-for"), "192.0.2.1");
  EXPECT_EQ(headers.at("x-forwarded-port"), "443");
  EXPECT_FALSE(headers.contains("cookie"));
  EXPECT_FALSE(headers.contains("connection"));
  EXPECT_EQ(event.at("queryStringParameters"),
            (json::object{{"parameter1", "value1,value2"}, {"parameter2", "a b"}}));
  const json::object& context = event.at("requestContext").as_object();
  EXPECT_EQ(context.at("accountId"), "anonymous");
  EXPECT_EQ(context.at("apiId"), "abc");
  EXPECT_EQ(context.at("time"), "04/Mar/2020:19:03:58 +0000");
  EXPECT_EQ(context.at("timeEpoch"), 1'583'348'638'390);
  EXPECT_EQ(context.at("http").at("method"), "POST");
  EXPECT_EQ(event.at("body"), "{}");
  EXPECT_EQ(event.at("isBase64Encoded"), false);
}

TEST(UrlEvent, WhatIsNoTextIsBase64) {
  net::HttpRequest request;
  request.method = "POST";
  request.target = "/";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = "a=b";
  EXPECT_EQ(event_of(request).at("body"), "YT1i");
  EXPECT_EQ(event_of(request).at("isBase64Encoded"), true);
  request.headers.set("Content-Type", "text/plain");
  request.body = "\xff";
  EXPECT_EQ(event_of(request).at("isBase64Encoded"), true);
}

// Developer guide, "Response payload format".
TEST(UrlResult, IsReadAsDocumented) {
  const auto plain = make_url_response("\"Hello from Lambda!\"");
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->body, "Hello from Lambda!");
  EXPECT_EQ(plain->headers.get_or("Content-Type"), "application/json");
  EXPECT_EQ(make_url_response(R"({"message":"Hello"})")->body, R"({"message":"Hello"})");
  const auto whole = make_url_response(
      R"({"statusCode":201,"headers":{"Content-Type":"text/plain","My-Custom-Header":7},)"
      R"("body":"aGk=","cookies":["a=1","b=2"],"isBase64Encoded":true})");
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->status, 201);
  EXPECT_EQ(whole->body, "hi");
  EXPECT_EQ(whole->headers.get_or("My-Custom-Header"), "7");
  EXPECT_EQ(whole->headers.all("Set-Cookie").size(), 2u);
  EXPECT_EQ(make_url_response(R"({"statusCode":"204"})")->status, 204);
  for (const char* bad :
       {"}{", R"({"statusCode":99})", R"({"statusCode":true})",
        R"({"statusCode":200,"headers":[]})", R"({"statusCode":200,"headers":{"a":"b\r\nc: d"}})",
        R"({"statusCode":200,"headers":{"a b":"c"}})", R"({"statusCode":200,"cookies":"x"})",
        R"({"statusCode":200,"body":"%","isBase64Encoded":true})"}) {
    EXPECT_FALSE(make_url_response(bad).has_value()) << bad;
  }
}

TEST(UrlCors, OriginsAreAnsweredAsConfigured) {
  const json::object cors = {{"AllowOrigins", json::array{"https://www.example.com"}},
                             {"AllowMethods", json::array{"GET", "POST"}},
                             {"AllowCredentials", true},
                             {"MaxAge", 300}};
  net::HttpRequest request;
  request.method = "OPTIONS";
  request.headers = {{"Origin", "https://www.example.com"},
                     {"Access-Control-Request-Method", "GET"}};
  const auto answer = answer_preflight(cors, request);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->headers.get_or("Access-Control-Allow-Origin"), "https://www.example.com");
  EXPECT_EQ(answer->headers.get_or("Access-Control-Allow-Methods"), "GET,POST");
  EXPECT_EQ(answer->headers.get_or("Access-Control-Max-Age"), "300");
  EXPECT_EQ(answer->headers.get_or("Access-Control-Allow-Credentials"), "true");
  request.headers.set("Origin", "https://evil.example");
  EXPECT_FALSE(answer_preflight(cors, request)->headers.contains("Access-Control-Allow-Origin"));
  EXPECT_FALSE(answer_preflight({}, request).has_value());
  net::HttpResponse response;
  response.headers.add("Access-Control-Allow-Origin", "*");
  request.method = "GET";
  request.headers.set("Origin", "https://www.example.com");
  apply_cors(cors, request, response);
  EXPECT_EQ(response.headers.get_or("Access-Control-Allow-Origin"), "https://www.example.com");
}

/// In every cutting into slices.
std::optional<net::HttpResponse> prelude(std::string_view bytes, std::size_t step) {
  PreludeReader reader;
  while (!bytes.empty()) {
    const std::string_view slice = bytes.substr(0, step);
    bytes.remove_prefix(slice.size());
    const auto state = reader.feed(slice);
    if (state == PreludeReader::State::kBad) return std::nullopt;
    if (state == PreludeReader::State::kMore) continue;
    net::HttpResponse response = reader.take();
    response.body += bytes;
    return response;
  }
  return std::nullopt;
}

// Developer guide, "Response streaming": HttpResponseStream.
TEST(UrlPrelude, IsTheHeadHoweverItComes) {
  const std::string bytes =
      std::string(
          R"({"statusCode":404,"headers":{"X":"y","Content-Length":"1"},"cookies":["a=1"]})") +
      std::string(8, '\0') + std::string("\0body", 5);
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    const auto response = prelude(bytes, step);
    ASSERT_TRUE(response) << step;
    EXPECT_EQ(response->status, 404);
    EXPECT_EQ(response->headers.get_or("X"), "y");
    EXPECT_EQ(response->headers.get_or("Set-Cookie"), "a=1");
    EXPECT_FALSE(response->headers.contains("Content-Length"));
    EXPECT_EQ(response->body, std::string("\0body", 5));
  }
  EXPECT_EQ(prelude(std::string("{}") + std::string(8, '\0'), 100)->status, 200);
}

TEST(UrlPrelude, WhatIsNoneIsRefused) {
  const std::string end(8, '\0');
  for (const std::string& bad :
       {std::string("x"), std::string("[]"), std::string(R"({"statusCode":99})"),
        std::string(R"({"headers":{"a b":"c"}})"), std::string(R"({"headers":{"a":"b\r\nc"}})"),
        "{\"headers\":{\"a\":\"" + std::string(PreludeReader::kMostBytes, 'x') + "\"}}"}) {
    EXPECT_FALSE(prelude(bad + end, 1'000).has_value()) << bad.substr(0, 40);
  }
  PreludeReader endless;
  auto state = PreludeReader::State::kMore;
  std::size_t fed = 0;
  while (state == PreludeReader::State::kMore) {
    state = endless.feed(std::string(1'000, ' '));
    fed += 1'000;
  }
  EXPECT_EQ(state, PreludeReader::State::kBad);
  EXPECT_LE(fed, PreludeReader::kMostBytes + 1'000);
}

class UrlsTest : public LambdaTest {
 protected:
  net::HttpResponse ask(const std::string& url, std::string method = "GET",
                        net::Headers headers = {}, std::string body = "") {
    net::HttpRequest request;
    request.method = std::move(method);
    request.target = "/x?mode=echo";
    request.headers = std::move(headers);
    request.headers.add("Host", url.substr(8, url.size() - 9));
    request.body = std::move(body);
    EXPECT_TRUE(service_->serves_url(request.host()));
    return wait(service_->serve_url(std::move(request)));
  }
  std::string make(std::string_view type, json::object more = {}) {
    json::object input = {{"FunctionName", "f"}, {"AuthType", type}};
    for (auto& each : more) input[each.key()] = each.value();
    return json::string_or(call("CreateFunctionUrlConfig", std::move(input)).output, "FunctionUrl");
  }
  void open_up(json::object more = {}) {
    json::object url = {{"FunctionName", "f"},
                        {"StatementId", "url"},
                        {"Action", "lambda:InvokeFunctionUrl"},
                        {"Principal", "*"},
                        {"FunctionUrlAuthType", "NONE"}};
    json::object function = {{"FunctionName", "f"},
                             {"StatementId", "function"},
                             {"Action", "lambda:InvokeFunction"},
                             {"Principal", "*"},
                             {"InvokedViaFunctionUrl", true}};
    for (auto& each : more) url[each.key()] = function[each.key()] = each.value();
    call("AddPermission", url);
    call("AddPermission", function);
  }
};

TEST_F(UrlsTest, AStreamedUrlGivesAWholeAnswerAsItIs) {
  start();
  create();
  const std::string url = make("NONE", {{"InvokeMode", "RESPONSE_STREAM"}});
  open_up();
  const auto mode = [&] {
    return json::string_or(call("GetFunctionUrlConfig", {{"FunctionName", "f"}}).output,
                           "InvokeMode");
  };
  EXPECT_EQ(mode(), "RESPONSE_STREAM");
  const auto answer = ask(url);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.source, nullptr);
  wait(service_->stop());
  start();
  EXPECT_EQ(ask(url).status, 200);
  call("UpdateFunctionUrlConfig", {{"FunctionName", "f"}, {"InvokeMode", "BUFFERED"}});
  EXPECT_EQ(mode(), "BUFFERED");
}

TEST_F(UrlsTest, APublicUrlNeedsBothPermissions) {
  start();
  create();
  const std::string url = make("NONE");
  EXPECT_THAT(url, MatchesRegex("https://[a-z0-9]{32}\\.lambda-url\\.us-east-1\\.on\\.aws/"));
  const auto refused = ask(url);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.headers.get_or("x-amzn-ErrorType"), "AccessDeniedException");
  EXPECT_THAT(refused.body, HasSubstr("Forbidden. For troubleshooting Function URL"));
  call("AddPermission", {{"FunctionName", "f"},
                         {"StatementId", "half"},
                         {"Action", "lambda:InvokeFunctionUrl"},
                         {"Principal", "*"},
                         {"FunctionUrlAuthType", "NONE"}});
  EXPECT_EQ(ask(url).status, 403);
  open_up();
  const auto answer = ask(url);
  EXPECT_EQ(answer.status, 200);
  // The function's event has no mode at its top: it says what it does not know.
  EXPECT_FALSE(answer.body.empty());
  wait(service_->stop());
  start();
  EXPECT_EQ(ask(url).status, 200);
  call("DeleteFunctionUrlConfig", {{"FunctionName", "f"}});
  const auto gone = ask(url);
  EXPECT_EQ(gone.status, 403);
  EXPECT_EQ(gone.body, "{\"Message\":null}");
}

TEST_F(UrlsTest, AnUnsignedRequestDoesNotPassIam) {
  start();
  create();
  const std::string url = make("AWS_IAM");
  open_up();
  EXPECT_EQ(ask(url).status, 403);
}

TEST_F(UrlsTest, AnAliasHasItsOwnUrlUntilItGoes) {
  start();
  create();
  call("PublishVersion", {{"FunctionName", "f"}});
  call("CreateAlias", {{"FunctionName", "f"}, {"Name", "live"}, {"FunctionVersion", "1"}});
  const std::string url = make("NONE", {{"Qualifier", "live"}});
  EXPECT_EQ(refusal("CreateFunctionUrlConfig",
                    {{"FunctionName", "f"}, {"Qualifier", "live"}, {"AuthType", "NONE"}}),
            "ResourceConflictException: Failed to create function url config for [functionArn = "
            "arn:aws:lambda:us-east-1:123456789012:function:f:live]. Error message:  "
            "FunctionUrlConfig exists for this Lambda function");
  open_up();
  EXPECT_EQ(ask(url).status, 403);
  open_up({{"Qualifier", "live"}});
  EXPECT_EQ(ask(url).status, 200);
  call("DeleteAlias", {{"FunctionName", "f"}, {"Name", "live"}});
  EXPECT_EQ(ask(url).status, 403);
  EXPECT_EQ(refusal("GetFunctionUrlConfig", {{"FunctionName", "f"}, {"Qualifier", "live"}}),
            "ResourceNotFoundException: The resource you requested does not exist.");
}

TEST_F(UrlsTest, ConfigurationsAreReadChangedAndListed) {
  start();
  create();
  make("NONE", {{"Cors", {{"AllowOrigins", json::array{"*"}}}}});
  const auto changed =
      call("UpdateFunctionUrlConfig", {{"FunctionName", "f"}, {"AuthType", "AWS_IAM"}}).output;
  EXPECT_EQ(changed.at("AuthType"), "AWS_IAM");
  EXPECT_TRUE(changed.contains("Cors"));
  const auto listed =
      call("ListFunctionUrlConfigs", {{"FunctionName", "f"}}).output.at("FunctionUrlConfigs");
  ASSERT_EQ(listed.as_array().size(), 1u);
  EXPECT_EQ(listed.at(0).at("FunctionUrl"), changed.at("FunctionUrl"));
  EXPECT_EQ(refusal("CreateFunctionUrlConfig", {{"FunctionName", "g"}, {"AuthType", "NONE"}}),
            "ResourceNotFoundException: Function does not exist");
}

}  // namespace
}  // namespace tandem::lambda
