#include "services/apigateway/model/integration_uri.h"

#include <gtest/gtest.h>

namespace tandem::apigateway {
namespace {

constexpr std::string_view kFunction =
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:123456789012:function:f:live/invocations";

// API reference, PutIntegration: `uri`.
TEST(IntegrationUri, HasItsParts) {
  const auto path = parse_aws_uri("arn:aws:apigateway:us-west-2:bucket.s3:path/a/{key}");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->region, "us-west-2");
  EXPECT_EQ(path->subdomain, "bucket");
  EXPECT_EQ(path->service, "s3");
  EXPECT_EQ(path->rest, "a/{key}");
  EXPECT_EQ(path->form, AwsUri::Form::kPath);
  const auto action = parse_aws_uri("arn:aws:apigateway:us-east-1:dynamodb:action/GetItem");
  ASSERT_TRUE(action);
  EXPECT_EQ(action->form, AwsUri::Form::kAction);
  EXPECT_EQ(action->rest, "GetItem");
  EXPECT_EQ(check_aws_uri("arn:aws:apigateway:us-east-1:dynamodb:GetItem"), UriCheck::kNoPath);
  EXPECT_EQ(check_aws_uri("arn:aws:apigateway:us-east-1:dynamodb:action/"), UriCheck::kNoPath);
  EXPECT_EQ(check_aws_uri("arn:aws:lambda:us-east-1:1:function:f"), UriCheck::kNotAnArn);
  EXPECT_EQ(check_aws_uri("https://example.com"), UriCheck::kNotAnArn);
}

TEST(IntegrationUri, KnowsAFunction) {
  EXPECT_TRUE(names_function(*parse_aws_uri(kFunction)));
  EXPECT_FALSE(names_function(*parse_aws_uri(
      "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions//invocations")));
  EXPECT_FALSE(names_other_region(*parse_aws_uri(kFunction), "us-east-1"));
  EXPECT_TRUE(names_other_region(*parse_aws_uri(kFunction), "us-west-2"));
  EXPECT_EQ(function_arn_of(kFunction, nullptr),
            "arn:aws:lambda:us-east-1:123456789012:function:f:live");
}

TEST(IntegrationUri, FunctionsMayBeNamedByVariables) {
  const std::string uri =
      "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:"
      "function:${stageVariables.fn}:${stageVariables.none}/invocations";
  const json::object variables{{"fn", "todos"}};
  EXPECT_EQ(function_arn_of(uri, &variables), "arn:aws:lambda:us-east-1:1:function:todos:");
  EXPECT_EQ(function_arn_of("arn:aws:x", &variables), "");
}

// Developer guide, "Use stage variables": anywhere in a URI; measured: an unknown one is empty.
TEST(IntegrationUri, FillsStageVariables) {
  const json::object variables{{"host", "a.example"}, {"v", "2"}};
  EXPECT_EQ(fill_stage_variables("http://${stageVariables.host}/${stageVariables.v}/x", &variables),
            "http://a.example/2/x");
  EXPECT_EQ(fill_stage_variables("a${stageVariables.none}b", &variables), "ab");
  EXPECT_EQ(fill_stage_variables("a${stageVariables.v", &variables), "a${stageVariables.v");
  EXPECT_EQ(fill_stage_variables("a${stageVariables.v}", nullptr), "a");
}

TEST(IntegrationUri, KnowsAnHttpEndpoint) {
  for (const char* good : {"http://a", "https://a:8443/x?y=1", "http://${stageVariables.host}/x"}) {
    EXPECT_TRUE(is_http_uri(good)) << good;
  }
  for (const char* bad :
       {"", "a.example", "ftp://a", "http://", "http:///x", "http://u@a/", "http://a b/"}) {
    EXPECT_FALSE(is_http_uri(bad)) << bad;
  }
}

TEST(IntegrationUri, IsTakenApart) {
  const auto uri = parse_http_uri("https://A.example:8443/x/{p}?a=1#f");
  ASSERT_TRUE(uri);
  EXPECT_TRUE(uri->tls);
  EXPECT_EQ(uri->host, "a.example");
  EXPECT_EQ(uri->port, 8443);
  EXPECT_EQ(uri->path, "/x/{p}");
  EXPECT_EQ(uri->query, "a=1");
  EXPECT_EQ(parse_http_uri("http://[::1]:9/")->host, "[::1]");
  EXPECT_EQ(parse_http_uri("http://[::1]")->port, 80);
  EXPECT_EQ(parse_http_uri("http://a?b")->path, "/");
  for (const char* bad : {"http://", "http://a:0", "http://a:65536", "http://a:x", "http://:80",
                          "http://a/b c", "http://a/\r\nX: y"}) {
    EXPECT_FALSE(parse_http_uri(bad)) << bad;
  }
}

TEST(IntegrationUri, PathsAreFilled) {
  const NamedTexts values{{"a", "x%2Fy"}, {"p", "b/c?d#e f"}};
  EXPECT_EQ(fill_path("/{a}/{p+}", values), "/x%2Fy/b/c%3Fd%23e%20f");
  EXPECT_EQ(fill_path("/plain", values), "/plain");
  EXPECT_EQ(fill_path("/{none}", values), std::nullopt);
  EXPECT_EQ(fill_path("/{a", values), std::nullopt);
  std::string query = "z=0";
  append_query(query, {{"a b", "c&d"}, {"e", ""}});
  EXPECT_EQ(query, "z=0&a%20b=c%26d&e=");
}

}  // namespace
}  // namespace tandem::apigateway
