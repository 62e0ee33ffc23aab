// What S3 says of bucket policies, and of what objects are encrypted with.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "aws/error.h"
#include "services/s3/model/bucket_policy.h"
#include "services/s3/model/encryption.h"
#include "services/s3/model/policy_actions.h"

namespace tandem::s3 {
namespace {

std::string refusal(std::string_view policy) {
  try {
    parse_bucket_policy(policy, "bucket");
    return "";
  } catch (const aws::ApiError& error) {
    return error.code() == "MalformedPolicy" ? error.message() : error.code();
  }
}

std::string with_statement(std::string_view statement) {
  return fmt::format(R"({{"Version":"2012-10-17","Statement":[{}]}})", statement);
}

/// A statement with these elements in place of the usual ones.
std::string statement(std::string_view effect = R"("Allow")",
                      std::string_view principal = R"({"AWS":"123456789012"})",
                      std::string_view action = R"("s3:GetObject")",
                      std::string_view resource = R"("arn:aws:s3:::bucket/*")",
                      std::string_view more = "") {
  return with_statement(fmt::format(R"({{"Effect":{},"Principal":{},"Action":{},"Resource":{}{}}})",
                                    effect, principal, action, resource, more));
}

TEST(BucketPolicy, IsAcceptedInEveryForm) {
  EXPECT_EQ(refusal(statement()), "");
  EXPECT_EQ(refusal(statement(R"("Deny")", R"("*")", R"("s3:*")",
                              R"(["arn:aws:s3:::bucket","arn:aws:s3:::bucket/*"])",
                              R"(,"Condition":{"Bool":{"aws:SecureTransport":"false"}})")),
            "");
  EXPECT_EQ(refusal(statement(R"("Allow")", R"({"Service":["codebuild.amazonaws.com"]})",
                              R"(["s3:PutObject","s3:Get*"])", R"("arn:aws:s3:::bucket/*")",
                              R"(,"Sid":"x","Condition":{"ForAnyValue:StringLikeIfExists":)"
                              R"({"aws:PrincipalOrgPaths":["o-a/*"]}})")),
            "");
  // Version and the list may be left out.
  EXPECT_EQ(refusal(R"({"Id":"i","Statement":{"Effect":"Deny","NotPrincipal":{"AWS":"*"},)"
                    R"("NotAction":"s3:ListBucket","NotResource":"arn:aws:s3:::bucket/a"}})"),
            "");
}

TEST(BucketPolicy, IsRefusedInS3sWords) {
  const std::string_view not_json = "Policies must be valid JSON and the first byte must be '{'";
  for (const std::string_view text : {"", "[]", "x", "\"{\""}) EXPECT_EQ(refusal(text), not_json);
  EXPECT_EQ(refusal("{"), "This policy contains invalid Json");
  EXPECT_EQ(refusal("{}"), "Missing required field Statement");
  EXPECT_EQ(refusal(R"({"Statement":[]})"), "Could not parse the policy: Statement is empty!");
  EXPECT_EQ(refusal(R"({"Statement":[],"Extra":1})"), "Unknown field Extra");
  EXPECT_EQ(refusal(R"({"Version":"2020-01-01","Statement":[]})"),
            "The policy must contain a valid version string");
  EXPECT_EQ(refusal(R"({"Statement":[{}]})"), "Missing required field Effect");
  EXPECT_EQ(refusal(statement(R"("allow")")), "Invalid effect: allow");
  for (const std::string_view principal :
       {R"("123456789012")", R"({})", R"({"AWS":"me"})", R"({"AWS":[]})", R"({"Role":"*"})"}) {
    EXPECT_EQ(refusal(statement(R"("Allow")", principal)), "Invalid principal in policy");
  }
  EXPECT_EQ(refusal(statement(R"("Allow")", R"("*")", R"("ec2:Run")")),
            "Policy has invalid action");
  EXPECT_EQ(refusal(statement(R"("Allow")", R"("*")", "[]")),
            "Missing required field Action cannot be empty!");
  for (const std::string_view resource :
       {R"("arn:aws:s3:::other/*")", R"("*")", R"("arn:aws:s3:::BUCKET")"}) {
    EXPECT_EQ(refusal(statement(R"("Allow")", R"("*")", R"("s3:*")", resource)),
              "Policy has invalid resource");
  }
  EXPECT_EQ(refusal(statement(R"("Allow")", R"("*")", R"("s3:ListBucket")")),
            "Action does not apply to any resource(s) in statement");
  EXPECT_EQ(
      refusal(statement(R"("Allow")", R"("*")", R"("s3:GetObject")", R"("arn:aws:s3:::bucket")")),
      "Action does not apply to any resource(s) in statement");
  EXPECT_EQ(refusal(statement(R"("Allow")", R"("*")", R"("s3:*")", R"("arn:aws:s3:::bucket/*")",
                              R"(,"Condition":{"Equals":{"aws:SourceIp":"1.2.3.4"}})")),
            "Invalid Condition type : Equals");
  EXPECT_EQ(refusal(std::string(20'481, ' ')), "Policy exceeds the maximum allowed document size.");
  EXPECT_EQ(refusal(with_statement(R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})")),
            "Missing required field Principal");
}

TEST(BucketPolicy, IsPublicUnlessItGrantsToWhatIsFixed) {
  const auto is_public = [](const std::string& text) {
    return is_public_policy(parse_bucket_policy(text, "bucket"));
  };
  const auto anyone_if = [&](std::string_view condition) {
    return is_public(statement(R"("Allow")", R"({"AWS":"*"})", R"("s3:*")",
                               R"("arn:aws:s3:::bucket/*")",
                               fmt::format(R"(,"Condition":{})", condition)));
  };
  EXPECT_FALSE(is_public(statement()));
  EXPECT_TRUE(is_public(statement(R"("Allow")", R"("*")")));
  EXPECT_FALSE(is_public(statement(R"("Deny")", R"("*")")));
  EXPECT_TRUE(anyone_if(R"({"Bool":{"aws:SecureTransport":"true"}})"));
  EXPECT_FALSE(anyone_if(R"({"StringEquals":{"aws:SourceVpc":"vpc-1"}})"));
  EXPECT_TRUE(anyone_if(R"({"StringLike":{"aws:SourceVpc":"vpc-*"}})"));
  EXPECT_FALSE(anyone_if(R"({"IpAddress":{"aws:SourceIp":["10.0.0.0/8","1.2.3.4"]}})"));
  EXPECT_TRUE(anyone_if(R"({"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}})"));
  EXPECT_TRUE(anyone_if(R"({"StringNotEquals":{"aws:SourceVpc":"vpc-1"}})"));
}

TEST(PolicyActions, Match) {
  EXPECT_TRUE(matches_pattern("a*b?", "AxxbC"));
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_FALSE(matches_pattern("a*b", "abc"));
  EXPECT_TRUE(reach_of("s3:putobject").objects);
  EXPECT_FALSE(reach_of("s3:PutObject").buckets);
  EXPECT_TRUE(reach_of("s3:List*").buckets);
  EXPECT_TRUE(reach_of("s3:SomethingNew").objects);
}

TEST(Encryption, IsTheRequestsOrTheBuckets) {
  const KeyHome home{"us-east-1", "123456789012"};
  const std::string start = "arn:aws:kms:us-east-1:123456789012:";
  EXPECT_EQ(key_arn("1234", home), start + "key/1234");
  EXPECT_EQ(key_arn("alias/mine", home), start + "alias/mine");
  EXPECT_EQ(key_arn("arn:aws:kms:x:y:key/z", home), "arn:aws:kms:x:y:key/z");
  EXPECT_EQ(key_arn("", home), key_arn("", home));
  EXPECT_EQ(key_arn("", home).size(), start.size() + 4 + 36);
  const json::object rule{
      {"SSEAlgorithm", "aws:kms"}, {"KMSMasterKeyID", "k"}, {"BucketKeyEnabled", true}};
  const auto chosen = chosen_encryption({}, rule, home);
  EXPECT_EQ(json::string_or(chosen, "SSEKMSKeyId"), start + "key/k");
  EXPECT_TRUE(json::bool_or(chosen, "BucketKeyEnabled", false));
  EXPECT_TRUE(chosen_encryption({{"ServerSideEncryption", "AES256"}}, rule, home).empty());
  const auto own = chosen_encryption({{"ServerSideEncryption", "aws:kms"}}, rule, home);
  EXPECT_EQ(json::string_or(own, "SSEKMSKeyId"), key_arn("", home));
  EXPECT_THROW(chosen_encryption({{"SSEKMSKeyId", "k"}}, rule, home), aws::ApiError);
  EXPECT_THROW(chosen_encryption({{"ServerSideEncryption", "aws:kms:dsse"}}, {}, home),
               aws::ApiError);
}

}  // namespace
}  // namespace tandem::s3
