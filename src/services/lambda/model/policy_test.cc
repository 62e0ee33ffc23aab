#include "services/lambda/model/policy.h"

#include <gtest/gtest.h>

#include "aws/error.h"

namespace tandem::lambda {
namespace {

constexpr std::string_view kFunction = "arn:aws:lambda:us-east-1:123456789012:function:f";
constexpr std::string_view kSource =
    "arn:aws:execute-api:us-east-1:123456789012:abc123/prod/GET/todos/1";

json::array policy(json::object input) {
  json::array statements;
  statements.push_back(make_statement(input, kFunction));
  return statements;
}

bool allowed(json::object input, std::string_view source = kSource) {
  input["StatementId"] = "s";
  return allows_invoke(policy(std::move(input)), {"apigateway.amazonaws.com", std::string(source)});
}

// The document GetPolicy shows, as in the Lambda developer guide.
TEST(Policy, StatementHasAwsForm) {
  const json::object statement =
      make_statement({{"StatementId", "apigw"},
                      {"Action", "lambda:InvokeFunction"},
                      {"Principal", "apigateway.amazonaws.com"},
                      {"SourceAccount", "123456789012"},
                      {"SourceArn", "arn:aws:execute-api:us-east-1:123456789012:abc/*"}},
                     kFunction);
  EXPECT_EQ(json::serialize(statement),
            R"({"Sid":"apigw","Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},)"
            R"("Action":"lambda:InvokeFunction",)"
            R"("Resource":"arn:aws:lambda:us-east-1:123456789012:function:f",)"
            R"("Condition":{"StringEquals":{"AWS:SourceAccount":"123456789012"},)"
            R"("ArnLike":{"AWS:SourceArn":"arn:aws:execute-api:us-east-1:123456789012:abc/*"}}})");
}

TEST(Policy, PrincipalKinds) {
  const auto principal = [](std::string_view text) {
    return json::serialize(
        make_statement(
            {{"StatementId", "s"}, {"Action", "lambda:InvokeFunction"}, {"Principal", text}},
            kFunction)
            .at("Principal"));
  };
  EXPECT_EQ(principal("123456789012"), R"({"AWS":"arn:aws:iam::123456789012:root"})");
  EXPECT_EQ(principal("arn:aws:iam::123456789012:role/r"),
            R"({"AWS":"arn:aws:iam::123456789012:role/r"})");
  EXPECT_EQ(principal("*"), R"("*")");
  EXPECT_THROW(principal("nonsense"), aws::ApiError);
}

TEST(Policy, OnlyAMatchingStatementLetsTheGatewayIn) {
  const json::object base = {{"Action", "lambda:InvokeFunction"},
                             {"Principal", "apigateway.amazonaws.com"}};
  const auto with = [&](std::string_view key, std::string_view value) {
    json::object input = base;
    input[key] = json::string(value);
    return input;
  };
  EXPECT_TRUE(allowed(base));
  EXPECT_TRUE(allowed(with("SourceArn", "arn:aws:execute-api:us-east-1:123456789012:abc123/*/*")));
  EXPECT_TRUE(
      allowed(with("SourceArn", "arn:aws:execute-api:us-east-1:123456789012:abc123/prod/GET/*")));
  EXPECT_FALSE(
      allowed(with("SourceArn", "arn:aws:execute-api:us-east-1:123456789012:abc123/prod/PUT/*")));
  EXPECT_FALSE(allowed(with("SourceArn", "arn:aws:execute-api:us-west-2:123456789012:abc123/*")));
  EXPECT_FALSE(allowed(with("SourceAccount", "210987654321")));
  EXPECT_FALSE(allowed(with("Action", "lambda:GetFunction")));
  EXPECT_TRUE(allowed(with("Action", "lambda:*")));
  EXPECT_FALSE(allowed(with("Principal", "events.amazonaws.com")));
  EXPECT_FALSE(allows_invoke({}, {"apigateway.amazonaws.com", std::string(kSource)}));
  EXPECT_TRUE(allows_invoke({}, {}));
}

// IAM user guide, "ARN condition operators": components are compared one by one.
TEST(Policy, ArnWildcardsStayInTheirComponent) {
  EXPECT_TRUE(arn_like("arn:aws:execute-api:*:123456789012:abc/?rod/*",
                       "arn:aws:execute-api:eu-west-1:123456789012:abc/prod/GET/x"));
  EXPECT_FALSE(arn_like("arn:*:abc", "arn:aws:execute-api:us-east-1:123456789012:abc"));
  EXPECT_FALSE(arn_like("", kSource));
  EXPECT_TRUE(arn_like("arn:aws:s3:::b", "arn:aws:s3:::b"));
}

}  // namespace
}  // namespace tandem::lambda
