#include "service/effects.h"

#include <gtest/gtest.h>

namespace tandem::service {
namespace {

net::HttpRequest request(std::string method, std::string target, net::Headers headers = {},
                         std::string body = "") {
  net::HttpRequest made;
  made.method = std::move(method);
  made.target = std::move(target);
  made.headers = std::move(headers);
  made.body = std::move(body);
  return made;
}

TEST(Effects, JsonCallsAreToldApartByTheirTarget) {
  const auto call = [](std::string target) {
    return may_be_repeated(request("POST", "/", {{"X-Amz-Target", std::move(target)}}, "{}"));
  };
  EXPECT_TRUE(call("DynamoDB_20120810.GetItem"));
  EXPECT_TRUE(call("DynamoDB_20120810.BatchGetItem"));
  EXPECT_TRUE(call("Logs_20140328.FilterLogEvents"));
  EXPECT_FALSE(call("DynamoDB_20120810.UpdateItem"));
  EXPECT_FALSE(call("DynamoDB_20120810.ExecuteStatement"));
  EXPECT_FALSE(call("garbage"));
}

TEST(Effects, QueryCallsByTheirActionWhateverTheMethod) {
  const net::Headers form = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  EXPECT_TRUE(may_be_repeated(request("POST", "/", form, "Action=DescribeStacks&Version=1")));
  EXPECT_FALSE(may_be_repeated(request("POST", "/", form, "Version=1&Action=DeleteStack")));
  EXPECT_FALSE(may_be_repeated(request("GET", "/?Action=DeleteStack&Version=1")));
  EXPECT_TRUE(may_be_repeated(request("GET", "/?Action=ListStacks")));
  // The first of the name counts, however it is written.
  EXPECT_FALSE(may_be_repeated(request("GET", "/?A&%41ction=Delete%53tack&Action=ListStacks")));
}

// RFC 9110 §9.2.2.
TEST(Effects, RestCallsByTheirMethod) {
  EXPECT_TRUE(may_be_repeated(request("PUT", "/bucket/key", {}, "data")));
  EXPECT_TRUE(may_be_repeated(request("DELETE", "/2015-03-31/functions/f")));
  EXPECT_FALSE(may_be_repeated(request("POST", "/2015-03-31/functions/f/invocations")));
  EXPECT_FALSE(may_be_repeated(request("PATCH", "/restapis/a")));
}

}  // namespace
}  // namespace tandem::service
