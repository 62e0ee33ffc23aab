// What a browser tells of a page, and what a page may then do.
#include "service/web_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem::service {
namespace {

net::HttpRequest request(net::Headers headers, std::string method = "POST",
                         std::string target = "/") {
  net::HttpRequest made;
  made.method = std::move(method);
  made.target = std::move(target);
  made.headers = std::move(headers);
  made.connection.local_address = "10.1.2.3";
  return made;
}

bool admitted(const net::HttpRequest& head) { return !foreign_page(head); }
bool host_admitted(std::string host) { return admitted(request({{"Host", std::move(host)}})); }

constexpr const char* kHost = "127.0.0.1:4566";

TEST(WebGuard, TakesTheNamesThatLeadHere) {
  for (const std::string host :
       {"127.0.0.1:4566", "127.0.10.1", "127.0.0.1:1", "[::1]:8080", "[::1]", "localhost",
        "LOCALHOST:4566", "localhost.", "bucket.localhost:4566", "10.1.2.3:80",
        "dynamodb.us-east-1.amazonaws.com", "IAM.amazonaws.com:4566", "iam.amazonaws.com.",
        "bucket.s3.us-west-2.amazonaws.com", "a1.execute-api.us-west-2.amazonaws.com",
        "dynamodb.us-east-1.api.aws", "u1.lambda-url.us-east-1.on.aws", ""}) {
    EXPECT_TRUE(host_admitted(host)) << host;
  }
  EXPECT_TRUE(admitted(request({})));  // HTTP/1.0 without Host: no browser speaks that.
}

// An attacker's name server may answer with 127.0.0.1 for any name of its own.
TEST(WebGuard, RefusesNamesThatAnyoneCouldPointHere) {
  for (const std::string host :
       {"evil.example:4566", "EVIL.example.", "127.0.0.1.evil.example", "localhost.evil.example",
        "evil-localhost", "evilamazonaws.com", "amazonaws.com.evil.example", "0.0.0.0:4566",
        "10.1.2.4", "[::]", "0x7f.1", "2130706433", "127.1", "on.aws.evil.example"}) {
    EXPECT_FALSE(host_admitted(host)) << host;
  }
  // What a proxy says is not what the browser says.
  EXPECT_FALSE(
      admitted(request({{"Host", "evil.example"}, {"X-Forwarded-Host", "127.0.0.1:4566"}})));
}

TEST(WebGuard, RefusesPagesOfOtherOrigins) {
  for (const std::string origin :
       {"http://evil.example", "null", "", "http://127.0.0.1:3000", "http://127.0.0.1",
        "https://127.0.0.1:4566", "http://localhost:4566", "chrome-extension://abc",
        "http://127.0.0.1:4566.evil.example", "http://127.0.0.1:4566/", "127.0.0.1:4566"}) {
    EXPECT_FALSE(admitted(request({{"Host", kHost}, {"Origin", origin}}))) << origin;
  }
  EXPECT_TRUE(admitted(request({{"Host", kHost}, {"Origin", "http://127.0.0.1:4566"}})));
  EXPECT_TRUE(admitted(request({{"Host", "LocalHost:4566"}, {"Origin", "http://localhost:4566"}})));
  EXPECT_FALSE(admitted(request(
      {{"Host", kHost}, {"Origin", "http://127.0.0.1:4566"}, {"Origin", "http://evil.example"}})));
  auto tls = request({{"Host", kHost}, {"Origin", "https://127.0.0.1:4566"}});
  tls.connection.tls = true;
  EXPECT_TRUE(admitted(tls));
}

// Fetch Metadata Request Headers, §2.3: forms, images and no-cors requests carry it without Origin.
TEST(WebGuard, RefusesWhatPagesOfOtherSitesCause) {
  for (const std::string method : {"GET", "POST", "HEAD"}) {
    for (const std::string site : {"cross-site", "same-site", "anything"}) {
      EXPECT_FALSE(admitted(request({{"Host", kHost}, {"Sec-Fetch-Site", site}}, method))) << site;
    }
  }
  EXPECT_FALSE(admitted(request(
      {{"Host", kHost}, {"Origin", "http://127.0.0.1:4566"}, {"Sec-Fetch-Site", "cross-site"}})));
  EXPECT_TRUE(admitted(request({{"Host", kHost}, {"Sec-Fetch-Site", "same-origin"}})));
  EXPECT_TRUE(admitted(request({{"Host", kHost}, {"Sec-Fetch-Site", "none"}}, "GET")));
}

// A plain name is not trustworthy to a browser, which leaves Sec-Fetch-Site out then.
TEST(WebGuard, RefusesBrowsersThatDoNotSayWhoAsks) {
  const char* aws = "iam.amazonaws.com:4566";
  EXPECT_FALSE(admitted(request({{"Host", aws}, {"Referer", "http://evil.example/a"}}, "GET")));
  EXPECT_FALSE(admitted(request({{"Host", aws}, {"User-Agent", "Mozilla/5.0 (X11)"}}, "GET")));
  EXPECT_TRUE(admitted(request({{"Host", aws}, {"Referer", "http://iam.amazonaws.com:4566/x"}})));
  EXPECT_TRUE(admitted(request({{"Host", aws}, {"User-Agent", "aws-cli/2.9.19 Python/3.11.2"}})));
  EXPECT_TRUE(admitted(request({{"Host", kHost}, {"User-Agent", "Mozilla/5.0"}}, "GET")));
}

// A link in a mail is opened with Sec-Fetch-Site none.
TEST(WebGuard, WhatABrowserOpensItselfMayOnlyRead) {
  const net::Headers opened = {
      {"Host", kHost}, {"Sec-Fetch-Site", "none"}, {"Sec-Fetch-Mode", "navigate"}};
  EXPECT_TRUE(admitted(request(opened, "GET", "/bucket/key?X-Amz-Signature=0")));
  EXPECT_TRUE(admitted(request(opened, "GET", "/?Action=ListUsers&Version=2010-05-08")));
  EXPECT_FALSE(admitted(request(opened, "GET", "/?Action=CreateUser&UserName=x")));
  EXPECT_FALSE(admitted(request(opened, "POST", "/_tandem/reset")));
}

TEST(WebGuard, RefusesInTheShapeOfTheService) {
  core::SeededRandom random(1);
  const auto refusal = [&](net::Headers headers, std::string target = "/") {
    const auto response =
        page_refusal(request(std::move(headers), "POST", std::move(target)), "no", random);
    EXPECT_EQ(response.status, 403);
    return response.body;
  };
  using ::testing::HasSubstr;
  EXPECT_THAT(refusal({{"X-Amz-Target", "DynamoDB_20120810.PutItem"}}),
              HasSubstr("#AccessDeniedException\""));
  EXPECT_THAT(refusal({{"Host", "s3.amazonaws.com"}}, "/bucket"),
              HasSubstr("<Code>AccessDenied</Code>"));
  EXPECT_THAT(refusal({{"Content-Type", "application/x-www-form-urlencoded"}}),
              HasSubstr("<Code>AccessDenied</Code>"));
  EXPECT_THAT(refusal({}, "/_tandem/reset"), HasSubstr("{\"message\":\"no\"}"));
}

// An object of S3 must not become a page of the API's own origin.
TEST(WebGuard, DocumentsAreSandboxed) {
  EXPECT_TRUE(opens_as_document(request({{"Sec-Fetch-Dest", "document"}})));
  EXPECT_TRUE(opens_as_document(request({{"Sec-Fetch-Dest", "iframe"}})));
  EXPECT_FALSE(opens_as_document(request({{"Sec-Fetch-Dest", "empty"}})));
  EXPECT_FALSE(opens_as_document(request({})));
}

}  // namespace
}  // namespace tandem::service
