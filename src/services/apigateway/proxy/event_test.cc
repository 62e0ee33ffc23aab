#include "services/apigateway/proxy/event.h"

#include <gtest/gtest.h>

#include "core/json.h"
#include "services/apigateway/proxy/json_writer.h"

namespace tandem::apigateway {
namespace {

struct EventTest : ::testing::Test {
  EventTest() {
    request.method = "GET";
    request.target = "/dev/todos/a%20b?x=1&x=2&y=a+b%21&z";
    request.headers = {{"Host", "abcdefghij.execute-api.us-east-1.amazonaws.com"},
                       {"User-Agent", "curl/8"},
                       {"accept", "text/html"},
                       {"Accept", "image/png"},
                       {"Connection", "keep-alive"},
                       {"Content-Length", "0"},
                       {"X-Forwarded-For", "198.51.100.7"},
                       {"X-Forwarded-Port", "1"}};
    request.connection.remote_address = "127.0.0.9";
    request.connection.tls = true;
    stage.api_id = "abcdefghij";
    stage.name = "dev";
    stage.deployment_id = "dep123";
    stage.variables_json = "null";
    resource.id = "res123";
    resource.path = "/todos/{id}";
    parameters.emplace_back("id", "a%20b");
  }
  std::string event(std::string_view key = "", std::string_view key_id = "") {
    return build_event({request, stage, resource, parameters, request.method, "/todos/a%20b",
                        "/dev/todos/a%20b", "abcdefghij.execute-api.us-east-1.amazonaws.com",
                        "123456789012", "5b5c2f5e-0000-4000-8000-000000000000",
                        "ExtendedId=", "Root=1-65540000-0123456789abcdef01234567", key, key_id,
                        1'700'000'000'123});
  }
  json::object parsed() {
    auto document = json::parse_text(event());
    EXPECT_TRUE(document.ok());
    return std::move(document).value().as_object();
  }
  net::HttpRequest request;
  CompiledStage stage;
  CompiledResource resource;
  PathParameters parameters;
};

// AWS, "Input format of a Lambda function for proxy integration" (payload format 1.0).
TEST_F(EventTest, IsTheProxyEventOfAws) {
  EXPECT_EQ(
      event("secret-key", "key1234567"),
      R"({"resource":"/todos/{id}","path":"/todos/a%20b","httpMethod":"GET",)"
      R"("headers":{"Host":"abcdefghij.execute-api.us-east-1.amazonaws.com","User-Agent":"curl/8",)"
      R"("accept":"image/png","X-Amzn-Trace-Id":"Root=1-65540000-0123456789abcdef01234567",)"
      R"("X-Forwarded-For":"198.51.100.7, 127.0.0.9","X-Forwarded-Port":"443",)"
      R"("X-Forwarded-Proto":"https"},)"
      R"("multiValueHeaders":{"Host":["abcdefghij.execute-api.us-east-1.amazonaws.com"],)"
      R"("User-Agent":["curl/8"],"accept":["text/html","image/png"],)"
      R"("X-Amzn-Trace-Id":["Root=1-65540000-0123456789abcdef01234567"],)"
      R"("X-Forwarded-For":["198.51.100.7, 127.0.0.9"],"X-Forwarded-Port":["443"],)"
      R"("X-Forwarded-Proto":["https"]},)"
      R"("queryStringParameters":{"x":"2","y":"a b!","z":""},)"
      R"("multiValueQueryStringParameters":{"x":["1","2"],"y":["a b!"],"z":[""]},)"
      R"("pathParameters":{"id":"a%20b"},"stageVariables":null,)"
      R"("requestContext":{"resourceId":"res123","resourcePath":"/todos/{id}","httpMethod":"GET",)"
      R"("extendedRequestId":"ExtendedId=","requestTime":"14/Nov/2023:22:13:20 +0000",)"
      R"("path":"/dev/todos/a%20b","accountId":"123456789012","protocol":"HTTP/1.1",)"
      R"("stage":"dev","domainPrefix":"abcdefghij","requestTimeEpoch":1700000000123,)"
      R"("requestId":"5b5c2f5e-0000-4000-8000-000000000000",)"
      R"("identity":{"cognitoIdentityPoolId":null,"accountId":null,"cognitoIdentityId":null,)"
      R"("caller":null,"sourceIp":"127.0.0.9","principalOrgId":null,"accessKey":null,)"
      R"("cognitoAuthenticationType":null,"cognitoAuthenticationProvider":null,"userArn":null,)"
      R"("userAgent":"curl/8","user":null,"apiKey":"secret-key","apiKeyId":"key1234567"},)"
      R"("domainName":"abcdefghij.execute-api.us-east-1.amazonaws.com","deploymentId":"dep123",)"
      R"("apiId":"abcdefghij"},"body":null,"isBase64Encoded":false})");
}

TEST_F(EventTest, HasNullsForWhatIsNotThere) {
  request.target = "/dev/todos";
  request.headers.erase("User-Agent");
  parameters.clear();
  const json::object document = parsed();
  for (const char* member : {"queryStringParameters", "multiValueQueryStringParameters",
                             "pathParameters", "stageVariables", "body"}) {
    EXPECT_TRUE(document.at(member).is_null()) << member;
  }
  const json::object& identity = document.at("requestContext").at("identity").as_object();
  EXPECT_TRUE(identity.at("userAgent").is_null());
  EXPECT_FALSE(identity.contains("apiKey"));
}

TEST_F(EventTest, BinaryBodiesAreBase64) {
  stage.binary_media_types = {"image/*"};
  request.headers.set("Content-Type", "IMAGE/png; q=1");
  request.body = "\x89PNG";
  EXPECT_EQ(parsed().at("body"), "iVBORw==");
  EXPECT_EQ(parsed().at("isBase64Encoded"), true);
  request.headers.set("Content-Type", "text/plain");
  EXPECT_EQ(parsed().at("body"), "\xEF\xBF\xBDPNG");
  EXPECT_EQ(parsed().at("isBase64Encoded"), false);
}

TEST_F(EventTest, StageVariablesGoInAsTheyAre) {
  stage.variables_json = R"({"a":"b"})";
  EXPECT_EQ(parsed().at("stageVariables").at("a"), "b");
}

// AWS, "Important notes": ';' splits a query as '&' does.
TEST_F(EventTest, SemicolonsSplitTheQuery) {
  request.target = "/dev/x?a=1;b=2&&c=%zz";
  const json::object document = parsed();
  EXPECT_EQ(document.at("queryStringParameters"),
            (json::object{{"a", "1"}, {"b", "2"}, {"c", "%zz"}}));
}

TEST_F(EventTest, PlainConnectionsSayWhatTheyAre) {
  request.connection.tls = false;
  request.connection.local_port = 8080;
  EXPECT_EQ(parsed().at("headers").at("X-Forwarded-Proto"), "http");
  EXPECT_EQ(parsed().at("headers").at("X-Forwarded-Port"), "8080");
}

TEST(JsonWriter, EscapesAndRepairs) {
  std::string out;
  append_json_string(out, std::string_view("a\"\\\n\t\x01\0z", 8));
  EXPECT_EQ(out, R"("a\"\\\n\t\u0001\u0000z")");
  out.clear();
  append_json_string(out, "\xC3\xA4\xFF\xE2\x82");
  EXPECT_EQ(out, "\"\xC3\xA4\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace tandem::apigateway
