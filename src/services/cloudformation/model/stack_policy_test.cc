#include "services/cloudformation/model/stack_policy.h"

#include <gmock/gmock.h>

#include "aws/error.h"
#include "services/cloudformation/model/trust.h"

namespace tandem::cloudformation {
namespace {

std::string refusal(std::string_view text) {
  try {
    StackPolicy::parse(text);
  } catch (const aws::ApiError& error) {
    return error.message();
  }
  return "accepted";
}

// User Guide, "Prevent updates to stack resources": "all resources are protected by default".
TEST(StackPolicy, WhatNoStatementAllowsIsDenied) {
  EXPECT_EQ(StackPolicy::parse("{}").denial("A", "T", UpdateAction::kModify),
            "Action not allowed by stack policy");
  const StackPolicy policy = StackPolicy::parse(
      R"({"Statement": {"Effect": "Allow", "Action": "Update:*", "Principal": "*",
          "NotResource": "LogicalResourceId/Data*"}})");
  EXPECT_EQ(policy.denial("Web", "T", UpdateAction::kDelete), "");
  EXPECT_NE(policy.denial("Database", "T", UpdateAction::kModify), "");
}

TEST(StackPolicy, ADenialOverridesAndIsNamed) {
  const StackPolicy policy = StackPolicy::parse(
      R"({"Statement": [
          {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
          {"Effect": "Deny", "Action": ["Update:Replace", "Update:Delete"], "Principal": "*",
           "Resource": "*", "Condition": {"StringLike": {"ResourceType": ["AWS::Dynamo*"]}}},
          {"Effect": "Deny", "NotAction": "Update:Delete", "Principal": "*",
           "Resource": "LogicalResourceId/One"}]})");
  EXPECT_EQ(policy.denial("T", "AWS::DynamoDB::Table", UpdateAction::kReplace),
            "Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for "
            "resource [LogicalResourceId/T]");
  EXPECT_EQ(policy.denial("T", "AWS::DynamoDB::Table", UpdateAction::kModify), "");
  EXPECT_EQ(policy.denial("T", "AWS::S3::Bucket", UpdateAction::kDelete), "");
  EXPECT_NE(policy.denial("One", "AWS::S3::Bucket", UpdateAction::kModify), "");
  EXPECT_EQ(policy.denial("One", "AWS::S3::Bucket", UpdateAction::kDelete), "");
  EXPECT_THAT(policy.named_resources(), testing::ElementsAre("One"));
}

TEST(StackPolicy, WhatIsNoneIsRefusedInOneSentence) {
  for (
      const char* text :
      {"", "[]", "x", R"({"Statement": [1]})", R"({"Else": 1})",
       R"({"Statement": {"Effect": "Deny", "Action": "Update:*", "Principal": "me", "Resource": "*"}})",
       R"({"Statement": {"Effect": "Deny", "Action": "Delete:*", "Principal": "*", "Resource": "*"}})",
       R"({"Statement": {"Effect": "Deny", "Action": "Update:*", "Principal": "*"}})",
       R"({"Statement": {"Effect": "Deny", "Action": [], "Principal": "*", "Resource": "*"}})",
       R"({"Statement": {"Effect": "Deny", "Action": "*", "Principal": "*", "Resource": "*",
            "Condition": {"Bool": {"ResourceType": "x"}}}})"}) {
    EXPECT_EQ(refusal(text), "Error validating stack policy: Invalid stack policy") << text;
  }
  EXPECT_THAT(refusal(std::string(16'385, ' ')), testing::HasSubstr("16384"));
}

TEST(Trust, ARolesSessionIsCloudFormations) {
  EXPECT_EQ(role_session_of("arn:aws:iam::1:role/a/deploy"),
            "arn:aws:sts::1:assumed-role/deploy/AWSCloudFormation");
}

}  // namespace
}  // namespace tandem::cloudformation
