#include "aws/trust_policy.h"

#include <gtest/gtest.h>

namespace tandem::aws {
namespace {

constexpr std::string_view kService = "cloudformation.amazonaws.com";

TEST(TrustPolicy, AServiceMustBeLetIn) {
  const auto trust = [](std::string_view statement) {
    return lets_in("{\"Statement\": [" + std::string(statement) + "]}", kService);
  };
  constexpr std::string_view kAllow =
      R"({"Effect": "Allow", "Action": "sts:AssumeRole",
          "Principal": {"Service": ["lambda.amazonaws.com", "cloudformation.amazonaws.com"]}})";
  EXPECT_TRUE(trust(kAllow));
  EXPECT_TRUE(trust(R"({"Effect": "Allow", "Action": "sts:*", "Principal": "*"})"));
  EXPECT_FALSE(trust(R"({"Effect": "Allow", "Action": "sts:AssumeRole",
                         "Principal": {"AWS": "cloudformation.amazonaws.com"}})"));
  EXPECT_FALSE(trust(R"({"Effect": "Allow", "Action": "sts:TagSession", "Principal": "*"})"));
  EXPECT_FALSE(
      trust(std::string(kAllow) + R"(, {"Effect": "Deny", "Action": "*", "Principal": "*"})"));
  EXPECT_FALSE(lets_in("no json", kService));
  EXPECT_FALSE(lets_in("", kService));
}

TEST(TrustPolicy, AsIamShowsIt) {
  constexpr std::string_view kShown =
      "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22sts%3AAssumeRole%22"
      "%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%7D%7D";
  EXPECT_TRUE(lets_in(kShown, "lambda.amazonaws.com"));
  EXPECT_FALSE(lets_in(kShown, kService));
}

TEST(TrustPolicy, ARolesNameIsTheLastOfItsPath) {
  EXPECT_EQ(role_name_of("arn:aws:iam::1:role/a/deploy"), "deploy");
  EXPECT_EQ(role_name_of("arn:aws:iam::1:user/deploy"), "");
}

}  // namespace
}  // namespace tandem::aws
