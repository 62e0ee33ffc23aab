#include "services/apigateway/model/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/error.h"
#include "services/apigateway/model/hosted_zones.h"

namespace tandem::apigateway {
namespace {

template <class Function>
std::string refusal(Function function) {
  try {
    function();
  } catch (const aws::ApiError& error) {
    return error.message();
  }
  return "";
}

TEST(PathPart, HasThreeKinds) {
  EXPECT_EQ(check_path_part("todos"), PartKind::kLiteral);
  EXPECT_EQ(check_path_part("a.b_c-d"), PartKind::kLiteral);
  EXPECT_EQ(check_path_part("{id}"), PartKind::kVariable);
  EXPECT_EQ(check_path_part("{proxy+}"), PartKind::kGreedy);
  EXPECT_EQ(variable_name("{proxy+}"), "proxy");
  for (const char* bad : {"", "a b", "{}", "{+}", "{a", "a}", "a{b}", "a/b", "{a b}", "ä"}) {
    EXPECT_THAT(refusal([&] { check_path_part(bad); }),
                ::testing::StartsWith("Resource's path part only allow a-zA-Z0-9._-"))
        << bad;
  }
}

// AWS: key values have 20 to 128 characters.
TEST(ApiKeyValue, HasBounds) {
  EXPECT_EQ(refusal([] { check_api_key_value(std::string(19, 'k')); }),
            "API Key value should be at least 20 characters");
  EXPECT_EQ(refusal([] { check_api_key_value(std::string(20, 'k')); }), "");
  EXPECT_EQ(refusal([] { check_api_key_value(std::string(128, 'k')); }), "");
  EXPECT_EQ(refusal([] { check_api_key_value(std::string(129, 'k')); }),
            "API Key value exceeds maximum size of 128 characters");
  EXPECT_NE(refusal([] { check_api_key_value("01234567890123456789\r\n"); }), "");
}

TEST(StageVariables, AreChecked) {
  EXPECT_EQ(refusal([] { check_stage_variables({{"fn_1", "a-b.c~:/?#&=,_"}}); }), "");
  EXPECT_NE(refusal([] { check_stage_variables({{"a-b", "x"}}); }), "");
  EXPECT_NE(refusal([] { check_stage_variables({{"a", "x y"}}); }), "");
  EXPECT_NE(refusal([] { check_stage_variables({{"a", std::string(513, 'x')}}); }), "");
}

TEST(CertificateName, WildcardCoversOneLabel) {
  EXPECT_TRUE(name_covers("a.example.com", "A.example.com"));
  EXPECT_TRUE(name_covers("*.example.com", "a.example.com"));
  EXPECT_FALSE(name_covers("*.example.com", "a.b.example.com"));
  EXPECT_FALSE(name_covers("*.example.com", "example.com"));
  EXPECT_TRUE(name_covers("*.example.com", "*.example.com"));
}

// AWS General Reference, API Gateway endpoints.
TEST(HostedZones, AreThoseOfAws) {
  EXPECT_EQ(regional_hosted_zone_id("us-east-1"), "Z1UJRXOUMOOFQ8");
  EXPECT_EQ(regional_hosted_zone_id("us-west-2"), "Z2OJLYMUO9EFXC");
  EXPECT_EQ(regional_hosted_zone_id("sa-east-1"), "ZCMLWB8V5SYIT");
  EXPECT_EQ(regional_hosted_zone_id("mars-1"), "");
}

}  // namespace
}  // namespace tandem::apigateway
