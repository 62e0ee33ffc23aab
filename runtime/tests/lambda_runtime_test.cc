#include "tandem/lambda_runtime.h"

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_server.h"
#include "tandem/aws_client.h"

namespace tandem::lambda_runtime {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kAccepted =
    "HTTP/1.1 202 Accepted\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n";

ScriptedAnswer event(const std::string& id, const std::string& body) {
  return {"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: " + id +
          "\r\nLambda-Runtime-Invocation-Id: time-of-" + id +
          "\r\nLambda-Runtime-Deadline-Ms: 1700000000000\r\n"
          "Lambda-Runtime-Trace-Id: Root=1-2-3\r\n"
          "Lambda-Runtime-Invoked-Function-Arn: arn:f\r\nContent-Length: " +
          std::to_string(body.size()) + "\r\n\r\n" + body};
}

TEST(Run, AnswersEventsAndReportsExceptions) {
  FakeServer server({event("a", "{\"x\":1}"), {kAccepted}, event("b", "{}"), {kAccepted, true}});
  ::setenv("AWS_LAMBDA_RUNTIME_API", server.address().c_str(), 1);
  int calls = 0;
  EXPECT_EQ(run([&](const Invocation& invocation) -> Response {
              if (++calls == 2) throw std::out_of_range("b \"is\" bad");
              EXPECT_EQ(invocation.deadline_ms, 1'700'000'000'000);
              EXPECT_STREQ(std::getenv("_X_AMZN_TRACE_ID"), "Root=1-2-3");
              return Response::success(invocation.payload);
            }),
            1);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_THAT(requests[0], StartsWith("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n"));
  EXPECT_THAT(requests[1],
              StartsWith("POST /2018-06-01/runtime/invocation/a/response HTTP/1.1\r\n"));
  EXPECT_THAT(requests[1], HasSubstr("lambda-runtime-invocation-id: time-of-a\r\n"));
  EXPECT_THAT(requests[1], EndsWith("\r\n\r\n{\"x\":1}"));
  EXPECT_THAT(requests[3], StartsWith("POST /2018-06-01/runtime/invocation/b/error HTTP/1.1\r\n"));
  EXPECT_THAT(requests[3], HasSubstr("lambda-runtime-function-error-type: std::out_of_range\r\n"));
  EXPECT_THAT(requests[3], HasSubstr("lambda-runtime-invocation-id: time-of-b\r\n"));
  EXPECT_THAT(requests[3], EndsWith("{\"errorMessage\":\"b \\\"is\\\" bad\","
                                    "\"errorType\":\"std::out_of_range\",\"stackTrace\":[]}"));
}

TEST(Run, ReportsAFailedInit) {
  FakeServer server({{kAccepted}});
  ::setenv("AWS_LAMBDA_RUNTIME_API", server.address().c_str(), 1);
  EXPECT_EQ(run(std::function<Handler()>([]() -> Handler { throw std::runtime_error("no"); })), 1);
  EXPECT_THAT(server.requests().at(0), StartsWith("POST /2018-06-01/runtime/init/error"));
}

TEST(JsonQuote, EscapesAndRepairs) {
  EXPECT_EQ(json_quote("a\"\\\n\x01"), "\"a\\\"\\\\\\u000a\\u0001\"");
  EXPECT_EQ(json_quote("\xc3\xa4\xf0\x9f\x98\x80"), "\"\xc3\xa4\xf0\x9f\x98\x80\"");
  EXPECT_EQ(json_quote("\xff\xc3"), "\"\\ufffd\\ufffd\"");
}

AwsJsonClient::Options options(const FakeServer& server) {
  AwsJsonClient::Options options;
  options.service = "dynamodb";
  options.target_prefix = "DynamoDB_20120810";
  options.region = "us-east-1";
  options.endpoint_url = "http://" + server.address();
  options.access_key_id = "ASIAEXAMPLE";
  options.secret_access_key = "secret";
  options.session_token = "token";
  return options;
}

TEST(AwsJsonClient, SignsRetriesThrottlingAndNamesErrors) {
  const std::string throttled = "{\"__type\":\"com.amazon.coral#ThrottlingException\"}";
  const std::string failed = "{\"__type\":\"com.amazonaws#ConditionalCheckFailedException\"}";
  const auto answer = [](int status, const std::string& body) {
    return ScriptedAnswer{"HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " +
                          std::to_string(body.size()) + "\r\n\r\n" + body};
  };
  FakeServer server({answer(400, throttled), answer(200, "{}"), answer(400, failed)});
  AwsJsonClient client(options(server));
  EXPECT_TRUE(client.call("GetItem", "{}").ok());
  EXPECT_EQ(client.call("PutItem", "{}").error_code(), "ConditionalCheckFailedException");
  const auto requests = server.requests();
  EXPECT_THAT(requests[0], HasSubstr("x-amz-target: DynamoDB_20120810.GetItem\r\n"));
  EXPECT_THAT(requests[0], HasSubstr("x-amz-security-token: token\r\n"));
  EXPECT_THAT(requests[0], HasSubstr("SignedHeaders=content-type;host;x-amz-date;"
                                     "x-amz-security-token;x-amz-target, Signature="));
}

TEST(AwsJsonClient, AnUnreachableEndpointIsATransportError) {
  FakeServer server({});
  AwsJsonClient::Options unreachable = options(server);
  unreachable.endpoint_url = "http://127.0.0.1:1";
  AwsJsonClient client(unreachable);
  EXPECT_THROW(client.call("GetItem", "{}", std::chrono::milliseconds(500)), TransportError);
}

}  // namespace
}  // namespace tandem::lambda_runtime
