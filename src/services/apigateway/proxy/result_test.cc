#include "services/apigateway/proxy/result.h"

#include <gtest/gtest.h>

namespace tandem::apigateway {
namespace {

struct Case {
  const char* what;
  const char* payload;
  int status;  ///< 0: malformed
};

// AWS, "Output format of a Lambda function for proxy integration"; what is not of that form is 502.
constexpr Case kCases[] = {
    {"plain", R"({"statusCode":201,"body":"x"})", 201},
    {"status as text", R"({"statusCode":"404"})", 404},
    {"status as whole double", R"({"statusCode":200.0})", 200},
    {"no status", R"({"body":"x"})", 200},
    {"null members", R"({"statusCode":200,"body":null,"headers":null,"isBase64Encoded":null})",
     200},
    {"cookies are tolerated", R"({"statusCode":200,"cookies":[]})", 200},
    {"scalar headers", R"({"statusCode":200,"headers":{"b":true,"c":null}})", 200},
    {"a number as a header", R"({"statusCode":200,"headers":{"a":1}})", 0},
    {"a number in a list", R"({"multiValueHeaders":{"a":["1",2]}})", 0},
    {"unknown key", R"({"statusCode":200,"extra":1})", 0},
    {"an error envelope", R"({"errorMessage":"boom","errorType":"Error"})", 0},
    {"body not a string", R"({"statusCode":200,"body":{"a":1}})", 0},
    {"body a number", R"({"statusCode":200,"body":7})", 0},
    {"nested headers", R"({"statusCode":200,"headers":{"a":{"b":1}}})", 0},
    {"headers a list", R"({"statusCode":200,"headers":[]})", 0},
    {"multi headers not lists", R"({"statusCode":200,"multiValueHeaders":{"a":"b"}})", 0},
    {"flag not a boolean", R"({"statusCode":200,"isBase64Encoded":"true"})", 0},
    {"status not a number", R"({"statusCode":"ok"})", 0},
    {"status with fraction", R"({"statusCode":200.5})", 0},
    {"status out of range", R"({"statusCode":1000})", 0},
    {"status interim", R"({"statusCode":100})", 0},
    {"a string", R"("hello")", 0},
    {"an array", R"([1])", 0},
    {"null", "null", 0},
    {"empty", "", 0},
    {"not JSON", "{", 0},
    {"header splitting", R"({"statusCode":200,"headers":{"a":"b\r\nc: d"}})", 0},
    {"header name", R"({"statusCode":200,"headers":{"a b":"c"}})", 0},
};

TEST(ProxyResult, IsValidated) {
  for (const Case& each : kCases) {
    const auto result = parse_proxy_result(each.payload);
    ASSERT_EQ(result.ok(), each.status != 0) << each.what;
    if (result) {
      EXPECT_EQ(result.value().status, each.status) << each.what;
    }
  }
}

TEST(ProxyResult, DeepNestingIsMalformed) {
  EXPECT_FALSE(parse_proxy_result(std::string(100'000, '[')));
}

net::HttpResponse respond(std::string_view payload, std::string_view accept = "",
                          const std::vector<std::string>& binary = {}) {
  auto result = parse_proxy_result(payload);
  EXPECT_TRUE(result.ok());
  auto response = make_response(std::move(result).value(), accept, binary);
  EXPECT_TRUE(response.ok());
  return std::move(response).value();
}

TEST(ProxyResponse, ContentTypeIsJsonUnlessGiven) {
  EXPECT_EQ(respond(R"({"statusCode":200})").headers.get_or("content-type"), "application/json");
  EXPECT_EQ(respond(R"({"headers":{"content-type":"text/html"}})").headers.all("Content-Type"),
            (std::vector<std::string_view>{"text/html"}));
}

TEST(ProxyResponse, MultiValueHeadersWin) {
  const auto response =
      respond(R"({"headers":{"x-a":"one","x-b":"2"},"multiValueHeaders":{"X-A":["p","q"]}})");
  EXPECT_EQ(response.headers.all("x-a"), (std::vector<std::string_view>{"p", "q", "one"}));
  EXPECT_EQ(response.headers.get_or("x-b"), "2");
}

// AWS, "Important notes for API Gateway": header remapping.
TEST(ProxyResponse, RemapsAndDropsHeaders) {
  const auto response = respond(
      R"({"headers":{"Server":"s","Date":"d","WWW-Authenticate":"Basic","Transfer-Encoding":"x",
          "Content-Length":"9","Connection":"close","Via":"v","X-Ok":"1"},"body":"b"})");
  EXPECT_EQ(response.headers.get_or("x-amzn-Remapped-Server"), "s");
  EXPECT_EQ(response.headers.get_or("x-amzn-Remapped-Date"), "d");
  EXPECT_EQ(response.headers.get_or("x-amzn-Remapped-WWW-Authenticate"), "Basic");
  EXPECT_EQ(response.headers.get_or("x-amzn-Remapped-Connection"), "close");
  for (const char* gone : {"Server", "Transfer-Encoding", "Content-Length", "Via", "Connection"}) {
    EXPECT_FALSE(response.headers.contains(gone)) << gone;
  }
  EXPECT_EQ(response.headers.get_or("X-Ok"), "1");
}

// AWS, "Content type conversions": decoded when Accept or the content type is a binary media type.
TEST(ProxyResponse, DecodesBase64WhenBytesAreWanted) {
  const char* payload =
      R"({"isBase64Encoded":true,"body":"aGVsbG8=","headers":{"Content-Type":"image/png"}})";
  EXPECT_EQ(respond(payload).body, "aGVsbG8=");
  EXPECT_EQ(respond(payload, "text/html,image/png", {"image/png"}).body, "hello");
  EXPECT_EQ(respond(payload, "", {"image/*"}).body, "hello");
  EXPECT_EQ(respond(payload, "", {"*/*"}).body, "hello");
  EXPECT_EQ(respond(payload, "text/html", {"image/gif"}).body, "aGVsbG8=");
}

TEST(ProxyResponse, BadBase64IsMalformed) {
  auto result = parse_proxy_result(R"({"isBase64Encoded":true,"body":"%%"})");
  EXPECT_FALSE(make_response(std::move(result).value(), "", {"*/*"}));
}

}  // namespace
}  // namespace tandem::apigateway
