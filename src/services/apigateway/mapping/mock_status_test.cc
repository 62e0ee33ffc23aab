// [measured: Mapping templates], and observed: what API Gateway reads as a MOCK's status.
#include "services/apigateway/mapping/mock_status.h"

#include <gtest/gtest.h>

namespace tandem::apigateway::mapping {
namespace {

TEST(MockStatus, ReadsIntegers) {
  EXPECT_EQ(mock_status(R"({"statusCode": 200})"), 200);
  EXPECT_EQ(mock_status("{statusCode: 200}"), 200);
  EXPECT_EQ(mock_status("{statusCode:200}"), 200);
  EXPECT_EQ(mock_status("{'statusCode': 0}"), 0);
  EXPECT_EQ(mock_status(R"({"statusCode": -1000})"), -1000);
  EXPECT_EQ(mock_status("\n\n  {\n  \"statusCode\" : 404 }\n"), 404);
}

TEST(MockStatus, IsLenient) {
  EXPECT_EQ(mock_status("{statusCode: 200,}"), 200);
  EXPECT_EQ(mock_status("{statusCode: 200,,}"), 200);
  EXPECT_EQ(mock_status("{,\"a\": 'b',, statusCode: 200}"), 200);
  EXPECT_EQ(
      mock_status(R"({"a": {"statusCode": 1}, "b": [1,,2,], "statusCode": 201, c: hello world})"),
      201);
}

TEST(MockStatus, RefusesTheRest) {
  for (const char* wrong :
       {"", "{}", "200", "statusCode: 200", R"({"statusCode": "200"})", "{'statusCode\": 200}",
        R"({"statusCode": 200)", R"({"statusCode": 2.5})", R"({"statusCode": })",
        R"({"statusCode" 200})", R"({"a": {"statusCode": 200}})",
        R"({"statusCode": 99999999999999999999})", "{statusCode: 200} x", "[1]",
        R"({"statusCode": null})"}) {
    EXPECT_EQ(mock_status(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace tandem::apigateway::mapping
