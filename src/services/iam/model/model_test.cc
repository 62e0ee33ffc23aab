#include <gtest/gtest.h>

#include "aws/error.h"
#include "services/iam/model/policy_document.h"

namespace tandem::iam {
namespace {

std::string complaint(std::string_view document, PolicyKind kind) {
  try {
    check_policy(document, kind);
    return "";
  } catch (const aws::ApiError& error) {
    EXPECT_EQ(error.code(), "MalformedPolicyDocument");
    EXPECT_EQ(error.status(), 400);
    return error.message();
  }
}

std::string identity(std::string_view statement) {
  return complaint(
      std::string(R"({"Version":"2012-10-17","Statement":)").append(statement).append("}"),
      PolicyKind::kManaged);
}

std::string trust(std::string_view statement) {
  return complaint(std::string(R"({"Statement":)").append(statement).append("}"),
                   PolicyKind::kTrust);
}

// IAM User Guide, "Grammar of the IAM JSON policy language", with the service's own texts.
TEST(IdentityPolicy, NeedsVersionEffectActionAndResource) {
  EXPECT_EQ(identity(R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})"), "");
  EXPECT_EQ(identity(R"([{"Sid":"a","Effect":"Deny","NotAction":["s3:Get*","ec2:*"],
                          "NotResource":["arn:aws:s3:::b"],"Condition":{}}])"),
            "");
  EXPECT_EQ(identity(R"({"Effect":"Allow","Resource":"*"})"),
            "Policy statement must contain actions.");
  EXPECT_EQ(identity(R"({"Effect":"Allow","Action":"s3:*"})"),
            "Policy statement must contain resources.");
  EXPECT_EQ(identity(R"({"Effect":"Allow","Action":"GetObject","Resource":"*"})"),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  EXPECT_EQ(identity(R"({"Effect":"Allow","Action":"s3:*","Resource":"b"})"),
            "Resource b must be in ARN format or \"*\".");
  EXPECT_EQ(identity(R"({"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"})"),
            "Policy document should not specify a principal.");
  EXPECT_EQ(identity(R"([{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},
                         {"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"}])"),
            "Statement IDs (SID) in a single policy must be unique.");
  for (const char* wrong :
       {R"({"Effect":"allow","Action":"s3:*","Resource":"*"})",
        R"({"Action":"s3:*","Resource":"*"})", R"({"Effect":"Allow","Action":1,"Resource":"*"})",
        R"({"Effect":"Allow","Action":[],"Resource":"*"})",
        R"({"Effect":"Allow","Action":"s3:*","Resource":"*","More":1})", R"("text")", R"([1])",
        R"({"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":"x"})"}) {
    EXPECT_EQ(identity(wrong), "Syntax errors in policy.") << wrong;
  }
}

TEST(IdentityPolicy, DocumentsMustBeJsonOfTheRightVersion) {
  for (const char* wrong : {"", "x", "[]", "{}", R"({"Version":"2012-10-17"})",
                            R"({"Version":"2012-10-17","Statement":[],"Extra":1})"}) {
    EXPECT_NE(complaint(wrong, PolicyKind::kManaged), "") << wrong;
  }
  for (const char* old : {R"({"Statement":[]})", R"({"Version":"2008-10-17","Statement":[]})"}) {
    EXPECT_EQ(complaint(old, PolicyKind::kManaged),
              "Policy document must be version 2012-10-17 or greater.");
    EXPECT_EQ(complaint(old, PolicyKind::kInline), "");
  }
  EXPECT_NE(complaint(R"({"Version":"2013-10-17","Statement":[]})", PolicyKind::kInline), "");
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_EQ(complaint(deep, PolicyKind::kManaged), "Syntax errors in policy.");
}

TEST(TrustPolicy, NeedsAPrincipalAndStsActions) {
  EXPECT_EQ(trust(R"({"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},
                      "Action":"sts:AssumeRole"})"),
            "");
  EXPECT_EQ(trust(R"({"Effect":"Allow","Principal":"*","Action":["sts:AssumeRole"]})"), "");
  EXPECT_EQ(trust(R"({"Effect":"Allow","Action":"sts:AssumeRole"})"),
            "Missing required field Principal");
  EXPECT_EQ(trust(R"({"Effect":"Allow","Principal":"*","Action":"s3:*"})"),
            "AssumeRole policy may only specify STS AssumeRole actions.");
  EXPECT_EQ(trust(R"({"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"})"),
            "Has prohibited field Resource");
  EXPECT_EQ(trust(R"({"Effect":"Allow","Principal":{"Who":"x"},"Action":"sts:AssumeRole"})"),
            "Invalid principal in policy: \"Who\"");
  EXPECT_EQ(complaint("{", PolicyKind::kTrust), "This policy contains invalid Json");
}

TEST(PolicySize, LeavesOutWhiteSpace) { EXPECT_EQ(counted_size(" {\n\t\"a b\" }\r"), 6u); }

}  // namespace
}  // namespace tandem::iam
