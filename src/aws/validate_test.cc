// The texts are those AWS's services print; the sources are named at each.
#include "aws/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem::aws {
namespace {

/// The message for an input given as JSON text, or "".
std::string message(std::string_view service, std::string_view name, std::string_view input) {
  const auto operation = *model::find_service(service)->operation(name);
  Validator validator;
  const auto document = json::parse_text(input).value().as_object();
  const auto error =
      validation_error(operation, validator.check(*operation.input(), document, true));
  return error ? error->code() + "|" + error->message() : "";
}

// dynalite's recordings of DynamoDB: pattern before length, joined with "; ".
TEST(Validate, ListsEveryBrokenConstraintOfAMember) {
  EXPECT_EQ(message("dynamodb", "CreateBackup", R"({"TableName":";","BackupName":"abc"})"),
            "ValidationException|2 validation errors detected: Value ';' at 'tableName' failed to "
            "satisfy constraint: Member must satisfy regular expression pattern: "
            "[a-zA-Z0-9_.-]+; Value ';' at 'tableName' failed to satisfy constraint: Member must "
            "have length greater than or equal to 3");
}

TEST(Validate, NamesMissingMembers) {
  EXPECT_EQ(message("dynamodb", "DescribeTable", "{}"),
            "ValidationException|1 validation error detected: Value null at 'tableName' failed "
            "to satisfy constraint: Member must not be null");
}

TEST(Validate, CountsElementsInPaths) {
  const auto text = message(
      "dynamodb", "CreateTable",
      R"({"TableName":"abc","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"X"}],)"
      R"("KeySchema":[{"AttributeName":"a"}]})");
  EXPECT_THAT(text, ::testing::HasSubstr(
                        "Value 'X' at 'attributeDefinitions.1.member.attributeType' failed to "
                        "satisfy constraint: Member must satisfy enum value set: [S, N, B]"));
  EXPECT_THAT(text, ::testing::HasSubstr("Value null at 'keySchema.1.member.keyType' failed"));
}

// Recorded answers of API Gateway: an enumeration in the body, a pattern in the URI.
TEST(Validate, NamesMembersOfTheBodyWithinTheInput) {
  EXPECT_EQ(message("apigateway", "PutIntegration",
                    R"({"restApiId":"a","resourceId":"b","httpMethod":"GET","type":"FTP"})"),
            "ValidationException|1 validation error detected: Value 'FTP' at "
            "'putIntegrationInput.type' failed to satisfy constraint: Member must satisfy enum "
            "value set: [HTTP, AWS, MOCK, HTTP_PROXY, AWS_PROXY]");
  EXPECT_EQ(message("apigateway", "GetMethodResponse",
                    R"({"restApiId":"a","resourceId":"b","httpMethod":"GET","statusCode":"x"})"),
            "ValidationException|1 validation error detected: Value 'x' at 'statusCode' failed to "
            "satisfy constraint: Member must satisfy regular expression pattern: [1-5]\\d\\d");
}

// CloudFormation's text for an unknown capability, seen in many bug reports.
TEST(Validate, NamesAllConstraintsOfElementsWithoutMembers) {
  EXPECT_EQ(message("cloudformation", "CreateStack",
                    R"({"StackName":"s","Capabilities":["CAPABILITY_IAM","CAPABILITY_X"]})"),
            "ValidationError|1 validation error detected: Value '[CAPABILITY_IAM, CAPABILITY_X]' "
            "at 'capabilities' failed to satisfy constraint: Member must satisfy constraint: "
            "[Member must satisfy enum value set: [CAPABILITY_IAM, CAPABILITY_NAMED_IAM, "
            "CAPABILITY_AUTO_EXPAND]]");
}

// AWS documentation of BatchWriteItem; reference of DynamoDB's messages.
TEST(Validate, NamesTheConstraintsOfMapValues) {
  std::string items;
  for (int i = 0; i < 26; ++i) {
    if (i > 0) items += ',';
    items += R"({"DeleteRequest":{"Key":{"a":{"S":"b"}}}})";
  }
  EXPECT_THAT(
      message("dynamodb", "BatchWriteItem", R"({"RequestItems":{"abc":[)" + items + "]}}"),
      ::testing::EndsWith(
          "at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: "
          "[Member must have length less than or equal to 25, Member must have length greater "
          "than or equal to 1]"));
}

TEST(Validate, ReportsTenAtMost) {
  std::string tags;
  for (int i = 0; i < 20; ++i) tags += std::string(i > 0 ? "," : "") + R"({"Key":"a"})";
  EXPECT_THAT(message("dynamodb", "TagResource", R"({"ResourceArn":"a","Tags":[)" + tags + "]}"),
              ::testing::StartsWith("ValidationException|10 validation errors detected: "));
}

TEST(Validate, UsesTheServicesCode) {
  EXPECT_EQ(
      message("cloudformation", "CreateChangeSet", R"({"StackName":"s","ChangeSetName":"my_set"})"),
      "ValidationError|1 validation error detected: Value 'my_set' at 'changeSetName' "
      "failed to satisfy constraint: Member must satisfy regular expression pattern: "
      "[a-zA-Z][-a-zA-Z0-9]*");
  // hashicorp/terraform issue 24250 shows this text from Route 53.
  EXPECT_EQ(
      message(
          "route53", "GetHealthCheck",
          R"({"HealthCheckId":"aws_route53_delegation_set.main.id-aws_route53_delegation_set.main.id"})"),
      "InvalidInput|1 validation error detected: Value "
      "'aws_route53_delegation_set.main.id-aws_route53_delegation_set.main.id' "
      "at 'healthCheckId' failed to satisfy constraint: Member must have length less than or equal "
      "to "
      "64");
}

TEST(Validate, SpeaksXmlSchemaForRoute53Bodies) {
  EXPECT_THAT(
      message("route53", "ChangeResourceRecordSets",
              R"({"HostedZoneId":"Z1","ChangeBatch":{"Changes":[{"Action":"NOPE",)"
              R"("ResourceRecordSet":{"Name":"a.","Type":"A"}}]}})"),
      ::testing::StartsWith("InvalidInput|Invalid XML ; cvc-enumeration-valid: Value 'NOPE' is "
                            "not facet-valid with respect to enumeration '[CREATE, DELETE, "
                            "UPSERT]'."));
}

TEST(Validate, KeepsSecretsOutOfMessages) {
  EXPECT_THAT(
      message("acm", "ImportCertificate",
              R"({"Certificate":"YQ==","PrivateKey":"","CertificateChain":"YQ=="})"),
      ::testing::AllOf(::testing::HasSubstr("Redacted"), ::testing::HasSubstr("at 'privateKey'")));
}

TEST(Validate, CountsLengthInUtf16Units) {
  // U+1F600 is two units in Java, so 128 of them are 256: too long for a tag's value.
  std::string face;
  for (int i = 0; i < 128; ++i) face += "\xF0\x9F\x98\x80";
  const auto tags = R"({"ResourceArn":"a","Tags":[{"Key":"k","Value":")" + face + "\"}]}";
  EXPECT_EQ(message("dynamodb", "TagResource", tags), "");
  const auto longer = R"({"ResourceArn":"a","Tags":[{"Key":"k","Value":")" + face + "x\"}]}";
  EXPECT_THAT(message("dynamodb", "TagResource", longer),
              ::testing::HasSubstr("less than or equal to 256"));
}

TEST(Validate, RefusesValuesOfAnotherType) {
  const auto operation = *model::find_service("dynamodb")->operation("DescribeTable");
  Validator validator;
  EXPECT_THROW(validator.check(*operation.input(), {{"TableName", 3}}), ApiError);
}

TEST(Validate, ChecksEveryPatternButLookAround) {
  Validator validator;
  for (std::size_t i = 0; i < model::service_count(); ++i) {
    for (const auto shape : model::service_at(i).shapes()) {
      const auto pattern = shape.pattern();
      if (pattern.empty() || validator.can_check(pattern)) continue;
      EXPECT_TRUE(pattern.find("(?!") != std::string_view::npos ||
                  pattern.find("(?<!") != std::string_view::npos)
          << shape.name() << ": " << pattern;
    }
  }
}

TEST(Validate, TranslatesJavasEscapes) {
  Validator validator;
  EXPECT_TRUE(validator.matches("[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+", "a\tb\xC3\xBF"));
  EXPECT_FALSE(validator.matches("[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+", "\xE6\xBC\xA2"));
  EXPECT_TRUE(validator.matches("[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF]*",
                                "\xF0\x9F\x98\x80"));
  EXPECT_TRUE(validator.matches("[a-z]{1,2048}", std::string(1500, 'a')));
  EXPECT_FALSE(validator.matches("[a-z]{1,2048}", "A"));
}

}  // namespace
}  // namespace tandem::aws
