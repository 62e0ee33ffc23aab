#include "services/lambda/model/rules.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "aws/error.h"
#include "services/lambda/model/name.h"

namespace tandem::lambda {
namespace {

template <class Function>
std::string refusal(Function function) {
  try {
    function();
  } catch (const aws::ApiError& error) {
    return error.code() + ": " + error.message();
  }
  return "accepted";
}

TEST(Rules, EnvironmentVariables) {
  EXPECT_EQ(refusal([] { check_environment({{"TABLE", "t"}}); }), "accepted");
  EXPECT_TRUE(refusal([] {
                check_environment({{"AWS_REGION", "x"}});
              }).ends_with("Reserved keys used in this request: AWS_REGION"));
  EXPECT_TRUE(refusal([] { check_environment({{"1x", "x"}}); }).starts_with("ValidationException"));
  EXPECT_TRUE(refusal([] {
                check_environment({{"BIG", std::string(4096, 'x')}});
              }).find("exceeded the 4KB limit") != std::string::npos);
  // Of megabytes the message shows the beginning.
  json::object many;
  for (int i = 0; i < 10'000; ++i) many[fmt::format("N{}", i)] = "value";
  const std::string refused = refusal([&] { check_environment(many); });
  EXPECT_NE(refused.find("exceeded the 4KB limit"), std::string::npos);
  EXPECT_LT(refused.size(), 20'000U);
}

TEST(Rules, FunctionNames) {
  const auto parse = [](std::string_view text, std::string_view qualifier = "") {
    const auto reference = parse_reference(text, qualifier, "us-east-1", "123456789012");
    return reference.name + "|" + reference.qualifier;
  };
  EXPECT_EQ(parse("f"), "f|");
  EXPECT_EQ(parse("f:$LATEST"), "f|$LATEST");
  EXPECT_EQ(parse("f", "1"), "f|1");
  EXPECT_EQ(parse("123456789012:function:f"), "f|");
  EXPECT_EQ(parse("arn:aws:lambda:us-east-1:123456789012:function:f:live"), "f|live");
  EXPECT_EQ(refusal([&] { parse("arn:aws:lambda:us-west-2:123456789012:function:f"); }),
            "ResourceNotFoundException: Functions from 'us-west-2' are not reachable in this "
            "region ('us-east-1')");
  EXPECT_TRUE(refusal([&] { parse("f:1", "2"); }).starts_with("InvalidParameterValueException"));
}

}  // namespace
}  // namespace tandem::lambda
