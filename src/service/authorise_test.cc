// Who is let in, and what a signature must cover.
#include "service/authorise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/protocol.h"
#include "core/text.h"

namespace tandem::service {
namespace {

constexpr std::int64_t kNow = 1'767'225'600;

class AuthoriseTest : public ::testing::Test {
 protected:
  AuthoriseTest() { keys_.set("AKIDKNOWN", {"secret", "", "arn:aws:iam::123456789012:user/u"}); }

  net::HttpRequest request(std::string_view service, std::string_view operation,
                           const json::object& input, net::Headers more = {},
                           std::string_view key = "AKIDKNOWN", std::string_view token = "") {
    const auto model = *aws::model::find_service(service);
    auto made = aws::encode_request(*model.operation(operation), input, "");
    made.headers.set("Host", "127.0.0.1:4566");
    for (const auto& [name, value] : more) made.headers.add(name, value);
    aws::sign_request(made, {std::string(key), "secret", std::string(token)}, "us-east-1",
                      model.signing_name(), kNow, signing_keys_);
    return made;
  }

  net::HttpRequest presigned_put(std::string_view key = "AKIDKNOWN") {
    net::HttpRequest put;
    put.method = "PUT";
    put.target = "/bucket/key";
    put.headers.add("Host", "127.0.0.1:4566");
    put.target += "?" + aws::presign_query(put, {std::string(key), "secret", ""}, "us-east-1", "s3",
                                           kNow, 60, signing_keys_);
    return put;
  }

  /// "" when it is let in, else "status code: message [unsigned headers]".
  std::string refusal(std::string_view service, const net::HttpRequest& request) {
    try {
      authorise(request, *aws::model::find_service(service), keys_, signing_keys_, kNow,
                {.region = "us-east-1", .account = "123456789012"}, RingIs::kComplete);
      return "";
    } catch (const aws::ApiError& error) {
      const auto open = json::string_or(error.members(), "HeadersNotSigned");
      return fmt::format("{} {}: {}{}", error.status(), error.code(), error.message(),
                         open.empty() ? "" : " [" + open + "]");
    }
  }

  KeyRing keys_;
  aws::SigningKeys signing_keys_;
};

constexpr std::string_view kNotSigned =
    "403 AccessDenied: There were headers present in the request which were not signed ";

// aws/aws-sdk-js #896, badslug/Paw-AWSSignature4DynamicValue #4 and soto-project/soto #374 show
// S3's answer.
TEST_F(AuthoriseTest, HeadersAddedToALinkOfS3AreRefused) {
  EXPECT_EQ(refusal("s3", presigned_put()), "");
  for (const std::string name :
       {"x-amz-copy-source", "X-Amz-Meta-Owner", "x-amz-acl", "x-amz-security-token"}) {
    for (const std::string_view key : {"AKIDKNOWN", "AKIDUNKNOWN"}) {
      auto put = presigned_put(key);
      put.headers.add(name, "b/secret");
      EXPECT_EQ(refusal("s3", put), std::string(kNotSigned) + "[" + core::to_lower(name) + "]");
    }
  }
  auto put = presigned_put();
  put.headers.add("x-amz-meta-a", "1");
  put.headers.add("x-amz-meta-b", "2");
  EXPECT_EQ(refusal("s3", put), std::string(kNotSigned) + "[x-amz-meta-a, x-amz-meta-b]");
}

// What upload tools and SDKs add is not signed on AWS either.
TEST_F(AuthoriseTest, HeadersThatAreNotAmazonsNeedNoSignature) {
  auto put = presigned_put();
  for (const std::string name : {"Content-Type", "User-Agent", "x-amzn-trace-id", "amz-sdk-request",
                                 "amz-sdk-invocation-id", "Expect", "X-Forwarded-For"}) {
    put.headers.add(name, "anything");
  }
  EXPECT_EQ(refusal("s3", put), "");
}

TEST_F(AuthoriseTest, HeadersAddedToASignedRequestAreRefused) {
  const json::object object = {{"Bucket", "b"}, {"Key", "k"}};
  auto put = request("s3", "PutObject", object, {{"x-amz-meta-a", "signed"}});
  EXPECT_EQ(refusal("s3", put), "");
  put.headers.add("X-Amz-Copy-Source", "b/secret");
  EXPECT_EQ(refusal("s3", put), std::string(kNotSigned) + "[x-amz-copy-source]");
  // IAM User Guide, "Create a signed AWS API request": the host and every x-amz-* header.
  auto invoke = request("lambda", "Invoke", {{"FunctionName", "f"}});
  invoke.headers.add("X-Amz-Invocation-Type", "Event");
  EXPECT_EQ(refusal("lambda", invoke),
            "403 InvalidSignatureException: 'x-amz-invocation-type' must be a 'SignedHeader' in "
            "the AWS Authorization.");
}

// soto-project/soto-core #99: Kinesis took a token that was added after signing, S3 did not.
TEST_F(AuthoriseTest, ASessionTokenMayBeAddedAfterSigningExceptForS3) {
  keys_.set("ASIAKNOWN", {"secret", "token", "arn:aws:sts::123456789012:assumed-role/r/s"});
  auto list = request("dynamodb", "ListTables", {}, {}, "ASIAKNOWN");
  list.headers.add("X-Amz-Security-Token", "token");
  EXPECT_EQ(refusal("dynamodb", list), "");
  auto get = request("s3", "ListBuckets", {}, {}, "ASIAKNOWN");
  get.headers.add("X-Amz-Security-Token", "token");
  EXPECT_EQ(refusal("s3", get), std::string(kNotSigned) + "[x-amz-security-token]");
}

class DeadKeyTest : public AuthoriseTest {
 protected:
  DeadKeyTest() { keys_.own(mint_, {std::string(KeyMint::kIdentities), "lambda/us-east-1"}); }

  std::string list_tables(std::string_view key, std::string_view token = "") {
    return refusal("dynamodb", request("dynamodb", "ListTables", {}, {}, key, token));
  }

  core::SeededRandom random_{3};
  KeyMint mint_{"the world's key"};
};

// IAM User Guide, "Manage access keys": a deleted key cannot be used. Codes as for a key that never
// was; raster-foundry/raster-foundry #289 shows S3's.
TEST_F(DeadKeyTest, ADeletedKeyIsRefusedInEachServicesWords) {
  const std::string id = mint_.make_id("AKIA", KeyMint::kIdentities, random_);
  keys_.set(id, {"secret", "", "arn:aws:iam::123456789012:user/u"});
  EXPECT_EQ(list_tables(id), "");
  keys_.erase(id);
  const std::string invalid = "The security token included in the request is invalid.";
  EXPECT_EQ(list_tables(id), "400 UnrecognizedClientException: " + invalid);
  EXPECT_EQ(refusal("sts", request("sts", "GetCallerIdentity", {}, {}, id)),
            "403 InvalidClientTokenId: " + invalid);
  EXPECT_EQ(refusal("lambda", request("lambda", "ListFunctions", {}, {}, id)),
            "403 UnrecognizedClientException: " + invalid);
  EXPECT_EQ(refusal("s3", presigned_put(id)),
            "403 InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our "
            "records.");
  // Dummy keys of local tools are nobody's.
  for (const std::string_view dummy : {"test", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"}) {
    EXPECT_EQ(list_tables(dummy), "") << dummy;
  }
}

TEST_F(DeadKeyTest, ASessionThatIsOverSaysSoForEver) {
  const std::string id = mint_.make_id("ASIA", KeyMint::kIdentities, random_);
  const std::string token = mint_.token_of(id, kNow - 1);
  const std::string expired =
      "400 ExpiredTokenException: The security token included in the request is expired";
  keys_.set(id, {"secret", token, "arn", kNow - 1});
  EXPECT_EQ(list_tables(id, token), expired);
  keys_.erase(id);
  EXPECT_EQ(list_tables(id, token), expired);
  const std::string invalid =
      "400 UnrecognizedClientException: The security token included in the request is invalid.";
  EXPECT_EQ(list_tables(id, "another"), invalid);
  // Ended before its time, with its role.
  EXPECT_EQ(list_tables(id, mint_.token_of(id, kNow + 100)), invalid);
}

TEST_F(DeadKeyTest, KeysOfFunctionsAreDeadWhereTheyWereMade) {
  const std::string here = mint_.make_id("ASIA", KeyMint::functions_of("us-east-1"), random_);
  const std::string there = mint_.make_id("ASIA", KeyMint::functions_of("us-west-2"), random_);
  EXPECT_NE(list_tables(here, "t"), "");
  EXPECT_EQ(list_tables(there, "t"), "");
}

TEST_F(DeadKeyTest, WhatAnotherProcessKeepsIsAskedAbout) {
  const auto asked = [&](std::string_view id, std::int64_t now_s) {
    return authorise(request("dynamodb", "ListTables", {}, {}, id),
                     *aws::model::find_service("dynamodb"), keys_, signing_keys_, now_s,
                     {.region = "us-east-1", .account = "123456789012"}, RingIs::kToBeAsked)
        .ask_about;
  };
  const std::string id = mint_.make_id("AKIA", KeyMint::kIdentities, random_);
  EXPECT_EQ(asked(id, kNow), id);
  keys_.set(id, {.secret = "secret", .arn = "arn", .ask_again_s = kNow + 1});
  EXPECT_EQ(asked(id, kNow), "");
  EXPECT_EQ(asked(id, kNow + 1), id);
  EXPECT_EQ(asked("AKIDKNOWN", kNow), "");
  EXPECT_EQ(asked("AKIAIOSFODNN7EXAMPLE", kNow), "");
}

}  // namespace
}  // namespace tandem::service
