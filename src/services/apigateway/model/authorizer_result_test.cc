#include "services/apigateway/model/authorizer_result.h"

#include <gtest/gtest.h>

namespace tandem::apigateway {
namespace {

constexpr std::string_view kArn =
    "arn:aws:execute-api:us-east-1:123456789012:abcdefghij/dev/GET/todos/7";

std::string answer(std::string_view statements, std::string_view more = "") {
  return R"({"principalId":"me","policyDocument":{"Version":"2012-10-17","Statement":)" +
         std::string(statements) + "}" + std::string(more) + "}";
}

std::string statement(std::string_view effect, std::string_view resource,
                      std::string_view action = "execute-api:Invoke") {
  return R"({"Effect":")" + std::string(effect) + R"(","Action":")" + std::string(action) +
         R"(","Resource":")" + std::string(resource) + R"("})";
}

Verdict verdict(std::string_view statements) {
  return parse_authorizer_result(answer(statements)).value().policy.evaluate(kArn);
}

TEST(AuthorizerResult, DenyBeatsAllow) {
  const std::string all = "arn:aws:execute-api:*:*:*";
  EXPECT_EQ(verdict("[]"), Verdict::kImplicitDeny);
  EXPECT_EQ(verdict(statement("Allow", all)), Verdict::kAllow);
  EXPECT_EQ(verdict("[" + statement("Allow", all) + "," + statement("Deny", "*/GET/todos/?") + "]"),
            Verdict::kExplicitDeny);
  EXPECT_EQ(verdict("[" + statement("Allow", all) + "," + statement("Deny", "*/GET/todos/") + "]"),
            Verdict::kAllow);
  EXPECT_EQ(verdict(statement("Allow", "*/POST/*")), Verdict::kImplicitDeny);
}

TEST(AuthorizerResult, ActionsAndOpposites) {
  EXPECT_EQ(verdict(statement("Allow", "*", "EXECUTE-API:*")), Verdict::kAllow);
  EXPECT_EQ(verdict(statement("Allow", "*", "lambda:*")), Verdict::kImplicitDeny);
  EXPECT_EQ(verdict(R"({"Effect":"Allow","NotAction":"lambda:*","Resource":["a","*"]})"),
            Verdict::kAllow);
  EXPECT_EQ(verdict(R"({"Effect":"Allow","Action":["*"],"NotResource":"*"})"),
            Verdict::kImplicitDeny);
}

TEST(AuthorizerResult, ContextBecomesTexts) {
  const auto result = parse_authorizer_result(
      answer("[]", R"(,"context":{"a":"x","n":1,"b":true,"z":null},"usageIdentifierKey":"k")"));
  ASSERT_TRUE(result.ok());
  const std::vector<std::pair<std::string, std::string>> expected{
      {"a", "x"}, {"n", "1"}, {"b", "true"}};
  EXPECT_EQ(result.value().context, expected);
  EXPECT_EQ(result.value().principal_id, "me");
  EXPECT_EQ(result.value().usage_key, "k");
}

TEST(AuthorizerResult, WhatIsNoPolicyIsRefused) {
  EXPECT_FALSE(parse_authorizer_result("null").ok());
  EXPECT_FALSE(parse_authorizer_result("{}").ok());
  EXPECT_FALSE(parse_authorizer_result(R"({"policyDocument":{}})").ok());
  EXPECT_FALSE(parse_authorizer_result(answer("[1]")).ok());
  EXPECT_FALSE(parse_authorizer_result(answer(statement("Maybe", "*"))).ok());
  EXPECT_FALSE(parse_authorizer_result(answer(R"({"Effect":"Allow","Action":"*"})")).ok());
  EXPECT_FALSE(parse_authorizer_result(answer("[]", R"(,"context":{"a":{}})")).ok());
  EXPECT_FALSE(parse_authorizer_result(answer(statement("Allow", std::string(513, '*')))).ok());
  EXPECT_FALSE(
      parse_authorizer_result(
          answer(
              R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a":"b"}}})"))
          .ok());
}

}  // namespace
}  // namespace tandem::apigateway
