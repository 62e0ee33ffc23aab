// The requests each resource type makes of its service, and what it gives to Ref and Fn::GetAtt:
// CloudFormation Template Reference, "Return values" of each type.
#include "services/cloudformation/resources/handlers_testing.h"

namespace tandem::cloudformation {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(HandlersTest, ApplicationStack) {
  deploy(R"(
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: shop-role
      AssumeRolePolicyDocument: {Version: 2012-10-17}
      Policies: [{PolicyName: inline, PolicyDocument: {Statement: []}}]
      ManagedPolicyArns: [arn:aws:iam::aws:policy/X]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      MemorySize: '256'
      Role: !GetAtt Role.Arn
      Code: {S3Bucket: code, S3Key: app.zip}
      Environment: {Variables: {TABLE: todos, N: 5}}
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: shop, EndpointConfiguration: {Types: [REGIONAL]}}}
  Todos:
    Type: AWS::ApiGateway::Resource
    Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: todos}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Todos
      HttpMethod: GET
      AuthorizationType: NONE
      ApiKeyRequired: true
      Integration:
        Type: AWS_PROXY
        IntegrationHttpMethod: POST
        Uri: !Sub 'arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations'
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !Ref Function, Action: lambda:InvokeFunction, Principal: apigateway.amazonaws.com}
  Denied:
    Type: AWS::ApiGateway::GatewayResponse
    Properties:
      RestApiId: !Ref Api
      ResponseType: DEFAULT_4XX
      StatusCode: 400
      ResponseParameters: {gatewayresponse.header.Access-Control-Allow-Origin: "'*'"}
  Deployment: {Type: AWS::ApiGateway::Deployment, DependsOn: Get, Properties: {RestApiId: !Ref Api}}
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties: {RestApiId: !Ref Api, DeploymentId: !Ref Deployment, StageName: prod, Variables: {a: b}}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /aws/lambda/x, RetentionInDays: 7}}
  Bucket: {Type: AWS::S3::Bucket}
)");
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_THAT(aws_.request("CreateFunction"), HasSubstr(R"("MemorySize":256)"));
  EXPECT_THAT(aws_.request("CreateFunction"),
              HasSubstr(R"("Environment":{"Variables":{"TABLE":"todos","N":"5"}})"));
  EXPECT_THAT(aws_.request("CreateFunction"), HasSubstr(R"("Role":"arn:role")"));
  EXPECT_EQ(aws_.request("CreateResource"),
            R"({"restApiId":"RestApi1","parentId":"root1","pathPart":"todos"})");
  EXPECT_EQ(aws_.request("PutMethod"),
            R"({"restApiId":"RestApi1","resourceId":"Resource1","httpMethod":"GET",)"
            R"("authorizationType":"NONE","apiKeyRequired":true})");
  EXPECT_THAT(aws_.request("PutIntegration"), HasSubstr("functions/arn:function/invocations"));
  EXPECT_EQ(
      aws_.request("PutGatewayResponse"),
      R"({"restApiId":"RestApi1","responseType":"DEFAULT_4XX","statusCode":"400",)"
      R"("responseParameters":{"gatewayresponse.header.Access-Control-Allow-Origin":"'*'"}})");
  EXPECT_EQ(attribute("Denied", "Id"), "RestApi1-DEFAULT_4XX");
  EXPECT_EQ(aws_.request("CreateStage"),
            R"({"restApiId":"RestApi1","stageName":"prod","deploymentId":"Deployment1",)"
            R"("variables":{"a":"b"}})");
  EXPECT_THAT(aws_.request("PutRolePolicy"), HasSubstr(R"("PolicyName":"inline")"));
  EXPECT_THAT(aws_.request("AttachRolePolicy"), HasSubstr("policy/X"));
  EXPECT_THAT(world_.physical("Bucket"), testing::MatchesRegex("shop-bucket-[a-z0-9]{12}"));
  EXPECT_EQ(attribute("Logs", "Arn"),
            "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/x:*");
  aws_.calls.clear();
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_THAT(aws_.operations(), Contains("DeleteStage"));
  EXPECT_THAT(aws_.operations(), Contains("DeleteGatewayResponse"));
  EXPECT_THAT(aws_.operations(), Contains("DetachRolePolicy"));
  EXPECT_EQ(world_.status(), "Stack with id shop does not exist");
}

// User Guide, "AWS::ApiGateway::RestApi", BinaryMediaTypes.
TEST_F(HandlersTest, BinaryMediaTypesAreTypesHoweverTheyAreSpelled) {
  const auto body = [](std::string_view types) {
    return fmt::format(
        "Resources: {{Api: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: shop, "
        "BinaryMediaTypes: [{}]}}}}}}",
        types);
  };
  deploy(body("image~1png"));
  EXPECT_THAT(aws_.request("CreateRestApi"), HasSubstr(R"("binaryMediaTypes":["image/png"])"));
  world_.deploy(body("image~1gif, text/css"), "UpdateStack");
  EXPECT_THAT(aws_.request("UpdateRestApi"), HasSubstr(R"("path":"/binaryMediaTypes/image~1gif")"));
  EXPECT_THAT(aws_.request("UpdateRestApi"), HasSubstr(R"("path":"/binaryMediaTypes/text~1css")"));
}

TEST_F(HandlersTest, FrontStackKeepsTheKeySecret) {
  const std::string body = R"(
Parameters: {Key: {Type: String, NoEcho: true}}
Resources:
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties:
      DomainName: api.test
      ValidationMethod: DNS
      DomainValidationOptions: [{DomainName: api.test, HostedZoneId: Z9}]
  Domain:
    Type: AWS::ApiGateway::DomainName
    Properties: {DomainName: api.test, RegionalCertificateArn: !Ref Certificate, EndpointConfiguration: {Types: [REGIONAL]}}
  Mapping:
    Type: AWS::ApiGateway::BasePathMapping
    Properties: {DomainName: !Ref Domain, RestApiId: api1, Stage: prod}
  ApiKey: {Type: AWS::ApiGateway::ApiKey, Properties: {Enabled: true, Value: !Ref Key}}
  Plan:
    Type: AWS::ApiGateway::UsagePlan
    Properties: {ApiStages: [{ApiId: api1, Stage: prod}], Throttle: {RateLimit: 10, BurstLimit: 5}}
  PlanKey:
    Type: AWS::ApiGateway::UsagePlanKey
    Properties: {KeyId: !Ref ApiKey, KeyType: API_KEY, UsagePlanId: !Ref Plan}
Outputs:
  Target: {Value: !GetAtt Domain.RegionalDomainName}
)";
  const json::object given{
      {"Parameters", json::array{json::object{{"ParameterKey", "Key"},
                                              {"ParameterValue", "k3y-0123456789-0123456789"}}}}};
  world_.deploy(body, "CreateStack", given);
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE");
  EXPECT_THAT(aws_.request("CreateApiKey"), HasSubstr("k3y-0123456789-0123456789"));
  EXPECT_THAT(aws_.request("ChangeResourceRecordSets"), HasSubstr("_x.api.test."));
  EXPECT_EQ(world_.physical("PlanKey"), "ApiKey1:UsagePlan1");
  EXPECT_EQ(aws_.request("CreateUsagePlanKey"),
            R"({"usagePlanId":"UsagePlan1","keyId":"ApiKey1","keyType":"API_KEY"})");
  for (const char* name : {"DescribeStackEvents", "DescribeStacks", "DescribeStackResources",
                           "GetTemplate", "GetTemplateSummary"}) {
    const std::string text = json::to_text(world_.call(name, {{"StackName", "shop"}}));
    EXPECT_EQ(text.find("k3y-"), std::string::npos) << name;
  }
  EXPECT_THAT(json::to_text(world_.call("DescribeStackEvents", {{"StackName", "shop"}})),
              HasSubstr(R"(\"Value\":\"****\")"));
}

/// AWS CloudFormation User Guide, AWS::ApiGateway::RestApi: an API's document makes it.
TEST_F(HandlersTest, AnApiIsMadeOfItsDocument) {
  const auto body = [](std::string_view name, std::string_view version) {
    return fmt::format(R"(
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Name: {}
      FailOnWarnings: true
      Parameters: {{basepath: prepend}}
      Body: {{openapi: 3.0.1, info: {{title: t, version: '{}'}}, paths: {{}}}}
)",
                       name, version);
  };
  world_.deploy(body("shop", "1"));
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_EQ(aws_.request("PutRestApi"),
            R"({"restApiId":"RestApi1","parameters":{"basepath":"prepend"},"mode":"merge",)"
            R"("failOnWarnings":true})");
  EXPECT_EQ(aws_.payloads["PutRestApi"],
            R"({"openapi":"3.0.1","info":{"title":"shop","version":"1"},"paths":{}})");
  aws_.calls.clear();
  world_.deploy(body("store", "1"), "UpdateStack");
  EXPECT_EQ(aws_.request("PutRestApi"), "");
  EXPECT_THAT(aws_.request("UpdateRestApi"), HasSubstr("store"));
  world_.deploy(body("store", "2"), "UpdateStack");
  EXPECT_THAT(aws_.payloads["PutRestApi"], HasSubstr(R"("title":"store","version":"2")"));
}

/// AWS CloudFormation User Guide: Ref gives the model's name, the validator's and authorizer's ids.
TEST_F(HandlersTest, WhatMethodsNameIsMadeAndChanged) {
  const auto body = [](std::string_view type, std::string_view more) {
    return fmt::format(R"(
Resources:
  Model:
    Type: AWS::ApiGateway::Model
    Properties: {{RestApiId: a, Name: Todo, Schema: {{type: {}, minItems: 1}}}}
  Validator:
    Type: AWS::ApiGateway::RequestValidator
    Properties: {{RestApiId: a, Name: v, ValidateRequestBody: true}}
  Authorizer:
    Type: AWS::ApiGateway::Authorizer
    Properties: {{RestApiId: a, Name: g, Type: TOKEN, AuthorizerUri: u, {}}}
  Method:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: a
      ResourceId: r
      HttpMethod: POST
      AuthorizationType: CUSTOM
      AuthorizerId: !Ref Authorizer
      RequestValidatorId: !Ref Validator
      RequestModels: {{application/json: !Ref Model}}
)",
                       type, more);
  };
  world_.deploy(body("array", "AuthorizerResultTtlInSeconds: 5"));
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_EQ(aws_.request("CreateModel"),
            R"({"restApiId":"a","name":"Todo","schema":"{\"type\":\"array\",\"minItems\":1}",)"
            R"("contentType":"application/json"})");
  EXPECT_EQ(aws_.request("CreateRequestValidator"),
            R"({"restApiId":"a","name":"v","validateRequestBody":true})");
  EXPECT_EQ(aws_.request("PutMethod"),
            R"({"restApiId":"a","resourceId":"r","httpMethod":"POST",)"
            R"("authorizationType":"CUSTOM","authorizerId":"Authorizer1",)"
            R"("requestModels":{"application/json":"Todo"},)"
            R"("requestValidatorId":"RequestValidator1"})");
  aws_.calls.clear();
  world_.deploy(body("object", "IdentitySource: method.request.header.A"), "UpdateStack");
  ASSERT_EQ(world_.status(), "UPDATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_THAT(aws_.request("UpdateModel"), HasSubstr(R"("value":"{\"type\":\"object\")"));
  EXPECT_THAT(aws_.request("UpdateAuthorizer"),
              HasSubstr(R"("path":"/authorizerResultTtlInSeconds","value":"300")"));
}

/// AWS CloudFormation User Guide, AWS::CodeBuild::Project: Ref gives the project's name.
TEST_F(HandlersTest, AProjectOfCodeBuildIsMadeAndChanged) {
  constexpr std::string_view kProject = R"(
Resources:
  App:
    Type: AWS::CodeBuild::Project
    Properties:
      Name: app
      ServiceRole: builder
      Source: {Type: S3, Location: in/app.zip, BuildSpec: ci/build.yml}
      Artifacts: {Type: NO_ARTIFACTS}
      Environment:
        Type: LINUX_CONTAINER
        Image: aws/codebuild/standard:7.0
        ComputeType: BUILD_GENERAL1_SMALL
        EnvironmentVariables: [{Name: STAGE, Value: prod}]
)";
  world_.deploy(std::string(kProject) +
                "      Description: first\n      Tags: [{Key: team, Value: a}]\n");
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_EQ(world_.physical("App"), "app");
  EXPECT_THAT(aws_.request("CreateProject"),
              HasSubstr(R"("source":{"type":"S3","location":"in/app.zip",)"
                        R"("buildspec":"ci/build.yml"})"));
  EXPECT_THAT(aws_.request("CreateProject"),
              HasSubstr(R"("environmentVariables":[{"name":"STAGE","value":"prod"}])"));
  EXPECT_THAT(aws_.request("CreateProject"), HasSubstr(R"("tags":[{"key":"team","value":"a"}])"));
  world_.deploy(std::string(kProject) + "      TimeoutInMinutes: 10\n", "UpdateStack");
  ASSERT_EQ(world_.status(), "UPDATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_THAT(aws_.request("UpdateProject"), HasSubstr(R"("description":"")"));
  EXPECT_THAT(aws_.request("UpdateProject"), HasSubstr(R"("tags":[])"));
  EXPECT_THAT(aws_.request("UpdateProject"), HasSubstr(R"("timeoutInMinutes":10)"));
}

/// AWS CloudFormation User Guide, AWS::CertificateManager::Certificate, DomainValidationOptions:
/// with HostedZoneId the CNAME goes into that zone; whoever issues at once is no exception, as AWS
/// renews a certificate by that record.
TEST_F(HandlersTest, AnIssuedCertificateHasItsValidationRecordInTheZone) {
  aws_.issued_at_once = true;
  world_.deploy(R"(
Resources:
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties:
      DomainName: api.test
      ValidationMethod: DNS
      DomainValidationOptions: [{DomainName: api.test, HostedZoneId: Z9}]
)");
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE");
  EXPECT_THAT(aws_.request("ChangeResourceRecordSets"),
              AllOf(HasSubstr("Z9"), HasSubstr("_x.api.test."), HasSubstr("_y.acm.")));
}

constexpr std::string_view kPipeline = R"(
Parameters:
  Held: {Type: String, Default: not yet}
  Name: {Type: String, Default: Make}
Resources:
  Pipe:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Name: pipe
      RoleArn: arn:aws:iam::123456789012:role/pipes
      PipelineType: V2
      RestartExecutionOnUpdate: true
      ArtifactStores: [{Region: us-east-1, ArtifactStore: {Type: S3, Location: here}}]
      DisableInboundStageTransitions: [{StageName: Build, Reason: !Ref Held}]
      Variables: [{Name: Who, DefaultValue: me}]
      Tags: [{Key: a, Value: b}]
      Stages:
        - Name: Source
          Actions:
            - Name: Fetch
              ActionTypeId: {Category: Source, Owner: AWS, Provider: S3, Version: '1'}
              Configuration: {S3Bucket: code, S3ObjectKey: app.zip, PollForSourceChanges: false}
              OutputArtifacts: [{Name: Code}]
        - Name: Build
          Actions:
            - Name: !Ref Name
              RunOrder: 2
              ActionTypeId: {Category: Build, Owner: AWS, Provider: CodeBuild, Version: '1'}
              Configuration: {ProjectName: p}
              InputArtifacts: [{Name: Code}]
Outputs:
  Name: {Value: !Ref Pipe}
  Version: {Value: !GetAtt Pipe.Version}
)";

/// AWS CloudFormation Template Reference, AWS::CodePipeline::Pipeline: Ref is the name; keys of a
/// configuration are as they are, its values texts.
TEST_F(HandlersTest, APipelineIsOneDocumentAndItsTransitions) {
  world_.deploy(kPipeline);
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE");
  EXPECT_EQ(world_.physical("Pipe"), "pipe");
  const std::string made = aws_.request("CreatePipeline");
  EXPECT_THAT(made, HasSubstr(R"("artifactStores":{"us-east-1":{"type":"S3","location":"here"}})"));
  EXPECT_THAT(made, HasSubstr(R"("PollForSourceChanges":"false")"));
  EXPECT_THAT(made, HasSubstr(R"("runOrder":2)"));
  EXPECT_THAT(made, HasSubstr(R"("tags":[{"key":"a","value":"b"}])"));
  EXPECT_THAT(aws_.request("DisableStageTransition"), HasSubstr(R"("reason":"not yet")"));

  aws_.calls.clear();
  const auto parameter = [](std::string_view key, std::string_view value) {
    return json::object{{"ParameterKey", key}, {"ParameterValue", value}};
  };
  world_.deploy(
      kPipeline, "UpdateStack",
      {{"Parameters", json::array{parameter("Held", "later"), parameter("Name", "New")}}});
  ASSERT_EQ(world_.status(), "UPDATE_COMPLETE");
  EXPECT_THAT(aws_.request("UpdatePipeline"), HasSubstr(R"("name":"New")"));
  EXPECT_THAT(aws_.request("DisableStageTransition"), HasSubstr(R"("reason":"later")"));
  EXPECT_THAT(aws_.operations(), Contains("StartPipelineExecution"));
}

constexpr std::string_view kTable = R"(
Resources:
  Table:
    Type: AWS::DynamoDB::GlobalTable
    Properties:
      TableName: todos
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
      Replicas: [{Region: us-east-1}, {Region: us-west-2}, {Region: eu-west-1}]
)";

TEST_F(HandlersTest, GlobalTableAddsItsReplicasOneAtATime) {
  deploy(kTable);
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE");
  EXPECT_THAT(aws_.request("CreateTable"),
              HasSubstr(R"("StreamSpecification":{"StreamEnabled":true,)"
                        R"("StreamViewType":"NEW_AND_OLD_IMAGES"})"));
  EXPECT_THAT(aws_.replicas, ElementsAre("us-west-2", "eu-west-1"));
  EXPECT_EQ(attribute("Table", "StreamArn"), "arn:stream");
  EXPECT_EQ(attribute("Table", "TableId"), "t1");

  std::string fewer(kTable);
  fewer.replace(fewer.find(", {Region: eu-west-1}"), 21, "");
  deploy(fewer, "UpdateStack");
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
  EXPECT_THAT(aws_.replicas, ElementsAre("us-west-2"));

  aws_.calls.clear();
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_EQ(world_.status(), "Stack with id shop does not exist");
  EXPECT_TRUE(aws_.replicas.empty());
  EXPECT_EQ(aws_.calls.at(aws_.calls.size() - 2), R"(DeleteTable {"TableName":"todos"})");
}

// A region where the name is taken refuses after UpdateTable has answered: nothing is waited for.
TEST_F(HandlersTest, GlobalTableFailsWhenARegionRefusesItsReplica) {
  aws_.refusing = "us-west-2";
  deploy(kTable);
  EXPECT_EQ(world_.status(), "ROLLBACK_COMPLETE");
  EXPECT_THAT(world_.events(), testing::Contains(HasSubstr(
                                   "Failed to create the replica of table todos in us-west-2: a "
                                   "table of that name exists there")));
}

TEST_F(HandlersTest, GlobalTableWithoutItsOwnRegionIsRefused) {
  std::string other(kTable);
  other.replace(other.find("{Region: us-east-1}, "), 21, "");
  deploy(other);
  EXPECT_EQ(world_.status(), "ROLLBACK_COMPLETE");
  EXPECT_THAT(aws_.operations(), testing::Not(Contains("CreateTable")));
}

TEST_F(HandlersTest, RoutingStack) {
  const std::string body = R"(
Resources:
  Zone: {Type: AWS::Route53::HostedZone, Properties: {Name: test}}
  Check:
    Type: AWS::Route53::HealthCheck
    Properties:
      HealthCheckConfig: {Type: HTTPS, FullyQualifiedDomainName: x.test, Port: 443, RequestInterval: 10, FailureThreshold: 3}
      HealthCheckTags: [{Key: Name, Value: east}]
  Record:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: !Ref Zone
      Name: api.test
      Type: A
      SetIdentifier: us-east-1
      Weight: 50
      HealthCheckId: !Ref Check
      AliasTarget: {DNSName: d-1.test, HostedZoneId: Z1, EvaluateTargetHealth: true}
  Text:
    Type: AWS::Route53::RecordSet
    Properties: {HostedZoneId: !Ref Zone, Name: t.test, Type: TXT, TTL: 60, ResourceRecords: ['"x"']}
Outputs: {Servers: {Value: !Join [',', !GetAtt Zone.NameServers]}}
)";
  deploy(body);
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_EQ(world_.physical("Zone"), "Z123");
  EXPECT_EQ(world_.physical("Record"), "api.test");
  EXPECT_THAT(aws_.request("ChangeTagsForResource"),
              HasSubstr(R"("ResourceId":"check-1","AddTags":[{"Key":"Name","Value":"east"}])"));
  EXPECT_THAT(aws_.calls, Contains(HasSubstr(R"("Action":"CREATE")")));
  EXPECT_THAT(aws_.calls, Contains(HasSubstr(R"("TTL":60,"ResourceRecords":[{"Value":)")));
  aws_.calls.clear();
  std::string drained(body);
  drained.replace(drained.find("Weight: 50"), 10, "Weight: 0");
  deploy(drained, "UpdateStack");
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
  EXPECT_THAT(aws_.operations(), ElementsAre("ChangeResourceRecordSets", "GetChange"));
  EXPECT_THAT(aws_.calls[0], HasSubstr(R"("Action":"UPSERT")"));
  EXPECT_THAT(aws_.calls[0], HasSubstr(R"("Weight":0)"));
}

TEST_F(HandlersTest, HealthCheckIntervalReplacesTheCheck) {
  const auto with_interval = [](int seconds) {
    return fmt::format(
        "Resources: {{C: {{Type: AWS::Route53::HealthCheck, Properties: "
        "{{HealthCheckConfig: {{Type: TCP, Port: 80, RequestInterval: {}}}}}}}}}",
        seconds);
  };
  deploy(with_interval(30));
  aws_.calls.clear();
  deploy(with_interval(10), "UpdateStack");
  EXPECT_THAT(aws_.operations(), ElementsAre("CreateHealthCheck", "DeleteHealthCheck"));
}

TEST_F(HandlersTest, CalculatedHealthChecksFollowTheirTemplate) {
  const auto with = [](std::string_view config) {
    return fmt::format(
        "Resources: {{C: {{Type: AWS::Route53::HealthCheck, Properties: "
        "{{HealthCheckConfig: {{Type: CALCULATED, {}}}}}}}}}",
        config);
  };
  deploy(with("HealthThreshold: 1, ChildHealthChecks: [a, b], Inverted: true"));
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_THAT(aws_.request("CreateHealthCheck"),
              HasSubstr(R"("HealthThreshold":1,"ChildHealthChecks":["a","b"],"Inverted":true)"));
  aws_.calls.clear();
  deploy(with("HealthThreshold: 0"), "UpdateStack");
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
  EXPECT_THAT(aws_.operations(), ElementsAre("UpdateHealthCheck"));
  const std::string update = aws_.request("UpdateHealthCheck");
  EXPECT_THAT(update, HasSubstr(R"("HealthThreshold":0)"));
  EXPECT_THAT(update, HasSubstr(R"("Inverted":false)"));
  EXPECT_THAT(update, HasSubstr(R"("ResetElements":["ChildHealthChecks"])"));
}

TEST_F(HandlersTest, ARulesTargetsArePutAndRemovedOneByOne) {
  const auto rule = [](std::string_view targets) {
    return fmt::format(
        "Resources: {{R: {{Type: AWS::Events::Rule, Properties: {{Name: r, EventPattern: {{source: "
        "[aws.codebuild]}}, Tags: [{{Key: a, Value: b}}], Targets: [{}]}}}}}}",
        targets);
  };
  deploy(
      rule("{Id: x, Arn: arn:x}, {Id: y, Arn: arn:y, InputTransformer: {InputPathsMap: {s: "
           "$.source}, InputTemplate: '\"<s>\"'}}"));
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_EQ(aws_.request("PutRule"),
            R"({"Name":"r","EventPattern":"{\"source\":[\"aws.codebuild\"]}",)"
            R"("Tags":[{"Key":"a","Value":"b"}]})");
  EXPECT_EQ(aws_.request("PutTargets"), R"({"Rule":"r","Targets":[{"Id":"x","Arn":"arn:x"}]})");
  EXPECT_THAT(aws_.calls, Contains(HasSubstr(R"("InputPathsMap":{"s":"$.source"})")));
  EXPECT_EQ(attribute("R", "Arn"), "arn:aws:events:us-east-1:123456789012:rule/r");
  aws_.calls.clear();
  deploy(rule("{Id: y, Arn: arn:z}"), "UpdateStack");
  EXPECT_THAT(aws_.calls,
              ElementsAre(R"(RemoveTargets {"Rule":"r","Ids":["x"]})",
                          R"(PutTargets {"Rule":"r","Targets":[{"Id":"y","Arn":"arn:z"}]})"));
  aws_.calls.clear();
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_THAT(aws_.operations(), ElementsAre("RemoveTargets", "DeleteRule"));
}

TEST_F(HandlersTest, AnAlarmIsPutAnewWhole) {
  const auto alarm = [](std::string_view more) {
    return fmt::format(
        "Resources: {{A: {{Type: AWS::CloudWatch::Alarm, Properties: {{AlarmName: a, Namespace: n, "
        "MetricName: m, Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: 5, "
        "ComparisonOperator: GreaterThanThreshold{}}}}}, "
        "C: {{Type: AWS::CloudWatch::CompositeAlarm, Properties: {{AlarmName: c, AlarmRule: "
        "!Sub 'ALARM(${{A}})'}}}}}}",
        more);
  };
  deploy(alarm(", TreatMissingData: breaching"));
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_THAT(
      aws_.request("PutMetricAlarm"),
      AllOf(HasSubstr(R"("AlarmName":"a")"), HasSubstr(R"("TreatMissingData":"breaching")")));
  EXPECT_THAT(aws_.request("PutCompositeAlarm"), HasSubstr(R"x("AlarmRule":"ALARM(a)")x"));
  EXPECT_EQ(attribute("A", "Arn"), "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a");
  aws_.calls.clear();
  deploy(alarm(""), "UpdateStack");
  EXPECT_THAT(aws_.operations(), ElementsAre("PutMetricAlarm"));
  EXPECT_THAT(aws_.calls[0], Not(HasSubstr("TreatMissingData")));
  aws_.calls.clear();
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_THAT(aws_.calls, ElementsAre(R"(DeleteAlarms {"AlarmNames":["c"]})",
                                      R"(DeleteAlarms {"AlarmNames":["a"]})"));
}

TEST_F(HandlersTest, AScalableTargetIsReferredToByItsThreeParts) {
  const auto target = [](std::string_view more) {
    return fmt::format(
        "Resources:\n"
        "  T: {{Type: AWS::ApplicationAutoScaling::ScalableTarget, Properties: {{ResourceId: "
        "table/books, ScalableDimension: 'dynamodb:table:WriteCapacityUnits', ServiceNamespace: "
        "dynamodb, MinCapacity: 5, MaxCapacity: 10{}}}}}\n"
        "  P: {{Type: AWS::ApplicationAutoScaling::ScalingPolicy, Properties: {{PolicyName: p, "
        "PolicyType: TargetTrackingScaling, ScalingTargetId: !Ref T, "
        "TargetTrackingScalingPolicyConfiguration: {{TargetValue: 70, "
        "PredefinedMetricSpecification: {{PredefinedMetricType: "
        "DynamoDBWriteCapacityUtilization}}}}}}}}\n",
        more);
  };
  deploy(
      target(", ScheduledActions: [{ScheduledActionName: a, Schedule: 'rate(1 day)', "
             "ScalableTargetAction: {MinCapacity: 6}}]"));
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE") << json::to_text(world_.stack());
  const std::string named = R"("ServiceNamespace":"dynamodb","ResourceId":"table/books",)"
                            R"("ScalableDimension":"dynamodb:table:WriteCapacityUnits")";
  EXPECT_EQ(aws_.request("RegisterScalableTarget"),
            "{" + named + R"(,"MinCapacity":5,"MaxCapacity":10})");
  EXPECT_EQ(aws_.request("PutScheduledAction"),
            "{" + named + R"x(,"ScheduledActionName":"a","Schedule":"rate(1 day)",)x" +
                R"x("ScalableTargetAction":{"MinCapacity":6}})x");
  EXPECT_THAT(aws_.request("PutScalingPolicy"),
              AllOf(HasSubstr(R"("ResourceId":"table/books")"),
                    HasSubstr(R"("ScalableDimension":"dynamodb:table:WriteCapacityUnits")"),
                    HasSubstr(R"("TargetValue":70)")));
  aws_.calls.clear();
  deploy(target(""), "UpdateStack");
  EXPECT_THAT(aws_.operations(), ElementsAre("DeleteScheduledAction"));
  aws_.calls.clear();
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_THAT(aws_.operations(), ElementsAre("DeleteScalingPolicy", "DeregisterScalableTarget"));
}

// "Unrecognized resource types" is AWS's text for a type that it does not have; the rest is ours.
TEST_F(HandlersTest, TypesThatAwsHasAreToldFromTypingErrors) {
  const auto message = [this](std::string_view type) {
    const std::string body = fmt::format("Resources:\n  A:\n    Type: {}\n", type);
    return world_.message("CreateStack", {{"StackName", "x"}, {"TemplateBody", body}});
  };
  EXPECT_EQ(message("AWS::EC2::Instance"),
            "Template format error: Resource types that Tandem does not have: "
            "[AWS::EC2::Instance]. AWS::EC2::Instance is wanted by A in line 3.");
  EXPECT_EQ(message("AWS::Lamda::Function"),
            "Template format error: Unrecognized resource types: [AWS::Lamda::Function]. Did you "
            "mean AWS::Lambda::Function instead of AWS::Lamda::Function in line 3?");
  EXPECT_EQ(message("AWS::Nowhere::Thing"),
            "Template format error: Unrecognized resource types: [AWS::Nowhere::Thing]");
}

// Every property that a template may hold is checked over AWS's schema of its type, in the words of
// the validator that CloudFormation uses (everit-org/json-schema, ValidationException).
TEST_F(HandlersTest, PropertiesAreCheckedOverTheSchemaOfTheirType) {
  const auto reason = [this](std::string_view type, std::string_view properties) {
    deploy(fmt::format("Resources: {{A: {{Type: {}, Properties: {{{}}}}}}}", type, properties));
    std::string found;
    for (const std::string& line : world_.events()) {
      const auto at = line.find("message:\n");
      if (line.starts_with("A CREATE_FAILED") && at != std::string::npos)
        found = line.substr(at + 9);
    }
    world_.call("DeleteStack", {{"StackName", "shop"}});
    world_.settle();
    return found;
  };
  EXPECT_EQ(reason("AWS::Logs::LogGroup", "RetentionInDays: 8"),
            "#/RetentionInDays: 8 is not a valid enum value");
  EXPECT_EQ(reason("AWS::ApiGateway::UsagePlanKey", "KeyId: a, KeyType: KEY, UsagePlanId: b"),
            "#/KeyType: KEY is not a valid enum value");
  EXPECT_EQ(reason("AWS::Lambda::Function", "Role: r, Code: {}, Timeout: 901"),
            "#/Timeout: 901 is not less or equal to 900");
  EXPECT_EQ(reason("AWS::Lambda::Function", "Role: r, Code: {S3Bucket: ab}"),
            "#/Code/S3Bucket: expected minLength: 3, actual: 2");
  EXPECT_EQ(reason("AWS::ApiGateway::UsagePlan", "Quota: {Limit: -1}"),
            "#/Quota/Limit: -1 is not greater or equal to 0");
  EXPECT_EQ(reason("AWS::DynamoDB::Table", "KeySchema: []"),
            "#/KeySchema: expected minimum item count: 1, found: 0");
}

TEST_F(HandlersTest, ABucketIsSetAndSetBack) {
  world_.deploy(R"(
Resources:
  B:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: artifacts
      VersioningConfiguration: {Status: Enabled}
      PublicAccessBlockConfiguration: {BlockPublicAcls: true}
      OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}
  P:
    Type: AWS::S3::BucketPolicy
    Properties: {Bucket: !Ref B, PolicyDocument: {Statement: []}}
)");
  ASSERT_EQ(world_.status(), "CREATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_EQ(aws_.request("PutBucketVersioning"),
            R"({"Bucket":"artifacts","VersioningConfiguration":{"Status":"Enabled"}})");
  EXPECT_EQ(aws_.request("PutPublicAccessBlock"),
            R"({"Bucket":"artifacts","PublicAccessBlockConfiguration":{"BlockPublicAcls":true}})");
  EXPECT_EQ(world_.physical("P"), "artifacts");
  EXPECT_EQ(aws_.request("PutBucketPolicy"),
            R"({"Bucket":"artifacts","Policy":"{\"Statement\":[]}"})");
  aws_.calls.clear();
  world_.deploy("Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: artifacts}}}",
                "UpdateStack");
  ASSERT_EQ(world_.status(), "UPDATE_COMPLETE") << json::to_text(world_.stack());
  EXPECT_EQ(aws_.request("PutBucketVersioning"),
            R"({"Bucket":"artifacts","VersioningConfiguration":{"Status":"Suspended"}})");
  EXPECT_EQ(aws_.request("DeletePublicAccessBlock"), R"({"Bucket":"artifacts"})");
  EXPECT_EQ(aws_.request("DeleteBucketPolicy"), R"({"Bucket":"artifacts"})");
}

TEST_F(HandlersTest, IamNeedsItsCapability) {
  const auto message = [this](std::string_view properties) {
    return world_.message(
        "CreateStack",
        {{"StackName", "x"},
         {"TemplateBody", fmt::format("Resources: {{R: {{Type: AWS::IAM::Role, Properties: "
                                      "{{AssumeRolePolicyDocument: {{}}{}}}}}}}",
                                      properties)}});
  };
  EXPECT_EQ(message(""), "Requires capabilities : [CAPABILITY_IAM]");
  EXPECT_EQ(message(", RoleName: r"), "Requires capabilities : [CAPABILITY_NAMED_IAM]");
}

}  // namespace
}  // namespace tandem::cloudformation
