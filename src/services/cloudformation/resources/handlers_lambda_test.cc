// The same for Lambda's types.
#include "core/bytes.h"
#include "services/cloudformation/resources/handlers_testing.h"

namespace tandem::cloudformation {
namespace {

using testing::Contains;
using testing::HasSubstr;

class LambdaHandlersTest : public HandlersTest {};

constexpr std::string_view kVersions = R"(
Resources:
  Version:
    Type: AWS::Lambda::Version
    Properties: {FunctionName: f, Description: first}
  Alias:
    Type: AWS::Lambda::Alias
    Properties:
      FunctionName: f
      Name: live
      FunctionVersion: !GetAtt Version.Version
)";

/// AWS CloudFormation User Guide, AWS::Lambda::Version and AWS::Lambda::Alias: Ref gives ARNs.
TEST_F(LambdaHandlersTest, AVersionAndItsAliasAreMadeAndChanged) {
  deploy(kVersions);
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_EQ(world_.physical("Version"), "arn:function:1");
  EXPECT_EQ(attribute("Version", "Version"), "1");
  EXPECT_EQ(world_.physical("Alias"), "arn:function:live");
  EXPECT_EQ(aws_.request("CreateAlias"),
            R"({"FunctionName":"f","Name":"live","FunctionVersion":"1"})");
  deploy(std::string(kVersions) +
             "      RoutingConfig: {AdditionalVersionWeights: "
             "[{FunctionVersion: '2', FunctionWeight: 0.1}]}\n",
         "UpdateStack");
  ASSERT_EQ(world_.status(), "UPDATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_THAT(aws_.request("UpdateAlias"),
              HasSubstr(R"("RoutingConfig":{"AdditionalVersionWeights":{"2":)"));
  aws_.calls.clear();
  deploy(kVersions, "UpdateStack");
  EXPECT_THAT(aws_.request("UpdateAlias"),
              HasSubstr(R"("RoutingConfig":{"AdditionalVersionWeights":{}})"));
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_EQ(aws_.request("DeleteFunction"), R"({"FunctionName":"arn:function:1"})");
  EXPECT_EQ(aws_.request("DeleteAlias"), R"({"FunctionName":"f","Name":"live"})");
}

/// AWS CloudFormation User Guide, AWS::Lambda::LayerVersion: Ref gives the version's ARN.
TEST_F(LambdaHandlersTest, ALayerAndWhoMayHaveIt) {
  deploy(R"(
Resources:
  Tools:
    Type: AWS::Lambda::LayerVersion
    Properties: {Content: {S3Bucket: code, S3Key: tools.zip}, CompatibleRuntimes: [provided.al2023]}
  All:
    Type: AWS::Lambda::LayerVersionPermission
    Properties: {LayerVersionArn: !Ref Tools, Action: 'lambda:GetLayerVersion', Principal: '*'}
)");
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_EQ(world_.physical("Tools"), "arn:aws:layer:tools:3");
  EXPECT_EQ(aws_.request("ListLayerVersions"), R"({"LayerName":"Tools"})");
  EXPECT_THAT(aws_.request("PublishLayerVersion"), HasSubstr(R"("LayerName":"Tools")"));
  EXPECT_THAT(aws_.request("AddLayerVersionPermission"),
              HasSubstr(R"("LayerName":"arn:aws:layer:tools")"));
  EXPECT_THAT(aws_.request("AddLayerVersionPermission"), HasSubstr(R"("VersionNumber":3)"));
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_EQ(aws_.request("DeleteLayerVersion"),
            R"({"LayerName":"arn:aws:layer:tools","VersionNumber":3})");
  EXPECT_THAT(aws_.request("RemoveLayerVersionPermission"), HasSubstr(R"("VersionNumber":3)"));
}

/// AWS CloudFormation User Guide, AWS::Lambda::Url: Ref gives the function's ARN.
TEST_F(LambdaHandlersTest, AUrlIsMadeAndChanged) {
  constexpr std::string_view kUrl = R"(
Resources:
  Url: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: f, AuthType: )";
  deploy(std::string(kUrl) + "NONE, Cors: {AllowOrigins: ['*']}, InvokeMode: RESPONSE_STREAM}}\n");
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_THAT(aws_.request("CreateFunctionUrlConfig"), HasSubstr(R"("RESPONSE_STREAM")"));
  EXPECT_EQ(world_.physical("Url"), "arn:function");
  EXPECT_EQ(attribute("Url", "FunctionUrl"), "https://u.lambda-url/");
  deploy(std::string(kUrl) + "AWS_IAM}}\n", "UpdateStack");
  EXPECT_EQ(aws_.request("UpdateFunctionUrlConfig"),
            R"({"FunctionName":"f","AuthType":"AWS_IAM","Cors":{},"InvokeMode":"BUFFERED"})");
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_EQ(aws_.request("DeleteFunctionUrlConfig"), R"({"FunctionName":"f"})");
}

TEST_F(LambdaHandlersTest, AsynchronousConfigurationIsPutOverItself) {
  constexpr std::string_view kConfig = R"(
Resources:
  Async:
    Type: AWS::Lambda::EventInvokeConfig
    Properties: {FunctionName: f, Qualifier: $LATEST, MaximumRetryAttempts: )";
  deploy(std::string(kConfig) + "1}\n");
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE") << json::to_text(world_.stack());
  aws_.calls.clear();
  deploy(std::string(kConfig) + "0}\n", "UpdateStack");
  EXPECT_EQ(aws_.request("PutFunctionEventInvokeConfig"),
            R"({"FunctionName":"f","Qualifier":"$LATEST","MaximumRetryAttempts":0})");
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_EQ(aws_.request("DeleteFunctionEventInvokeConfig"),
            R"({"FunctionName":"f","Qualifier":"$LATEST"})");
}

/// As CloudFormation says it (serverless/serverless #8392).
TEST_F(LambdaHandlersTest, AVersionThatWasThereIsNotTheStacks) {
  aws_.listed_version = "arn:function:1";
  deploy(kVersions);
  ASSERT_EQ(world_.status(), "ROLLBACK_COMPLETE") << json::to_text(world_.stack());
  EXPECT_THAT(json::to_text(world_.call("DescribeStackEvents", {{"StackName", "shop"}})),
              HasSubstr("A version for this Lambda function exists ( 1 ). Modify the function to "
                        "create a new version."));
  EXPECT_THAT(aws_.operations(), testing::Not(Contains("DeleteFunction")));
}

/// Template Reference, AWS::Lambda::Function Code: ZipFile is zipped, for Node.js and Python alone.
TEST_F(LambdaHandlersTest, SourceOfTheTemplateIsPacked) {
  const auto code = [this](const std::string& operation) {
    const json::object request = json::parse(aws_.request(operation)).as_object();
    const json::object* within = json::find_object(request, "Code");
    return core::base64_decode(json::string_or(within == nullptr ? request : *within, "ZipFile"))
        .value_or("");
  };
  const auto function = [](std::string_view runtime, std::string_view more) {
    return fmt::format(
        "Resources: {{F: {{Type: AWS::Lambda::Function, Properties: {{{}Role: r, Handler: "
        "index.handler, Code: {{{}}}}}}}}}",
        runtime, more);
  };
  deploy(function("Runtime: python3.12, ", "ZipFile: 'import cfnresponse'"));
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_THAT(code("CreateFunction"), HasSubstr("index.pyimport cfnresponsePK"));
  EXPECT_THAT(code("CreateFunction"), HasSubstr("cfnresponse.py\"\"\"Answers"));
  aws_.calls.clear();
  deploy(function("Runtime: nodejs20.x, ", "ZipFile: 'import cfnresponse'"), "UpdateStack");
  EXPECT_THAT(code("UpdateFunctionCode"), HasSubstr("index.jsimport cfnresponsePK"));
  EXPECT_THAT(code("UpdateFunctionCode"), testing::Not(HasSubstr("cfn-response.js")));
  aws_.calls.clear();
  deploy(function("Runtime: nodejs20.x, Timeout: 9, ", "ZipFile: 'import cfnresponse'"),
         "UpdateStack");
  EXPECT_THAT(aws_.operations(), testing::Not(Contains("UpdateFunctionCode")));
  deploy(function("Runtime: nodejs20.x, ", "ZipFile: 'require(\"cfn-response\")'"), "UpdateStack");
  EXPECT_THAT(code("UpdateFunctionCode"), HasSubstr("cfn-response.js// Answers"));
  aws_.calls.clear();
  deploy(function("Runtime: nodejs20.x, ", "S3Bucket: code, S3Key: f.zip"), "UpdateStack");
  EXPECT_THAT(aws_.request("UpdateFunctionCode"),
              testing::StartsWith(R"({"S3Bucket":"code","S3Key":"f.zip","FunctionName":)"));
}

/// cfn-lint #2683 and aws-cdk #6302 have CloudFormation's words.
TEST_F(LambdaHandlersTest, SourceOfATemplateNeedsAScriptingLanguage) {
  const auto refused = [this](std::string_view runtime, std::string_view source) {
    deploy(
        fmt::format("Resources: {{F: {{Type: AWS::Lambda::Function, Properties: {{{}Role: r, "
                    "Code: {{ZipFile: {}}}}}}}}}",
                    runtime, source));
    EXPECT_EQ(world_.status(), "ROLLBACK_COMPLETE");
    std::string events = json::to_text(world_.call("DescribeStackEvents", {{"StackName", "shop"}}));
    world_.call("DeleteStack", {{"StackName", "shop"}});
    world_.settle();
    return events;
  };
  EXPECT_THAT(refused("Runtime: provided.al2023, ", "x"),
              HasSubstr("ZipFile can only be used when Runtime is set to either of"));
  EXPECT_THAT(refused("", "x"),
              HasSubstr("Using the ZipFile attribute requires a runtime to be specified"));
}

}  // namespace
}  // namespace tandem::cloudformation
