"""CloudFormation's types of API Gateway that are made of more than properties. Expectations: AWS CloudFormation User
Guide, template reference."""
import json

from tests.sdk.apigateway_helpers import send
from tests.sdk.cloudformation_helpers import (ROLE, cloudformation, create, name,  # noqa: F401 (fixtures)
                                              outputs, wait)
from tests.support.waiting import wait_for


def test_what_methods_of_an_api_name(aws, cloudformation, name):
    """AWS CloudFormation User Guide, AWS::ApiGateway::Model, RequestValidator and Authorizer: what Ref gives, and
    that a schema and a TTL change in place."""
    def template(least, ttl):
        uri = {"Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
                          "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:f/invocations"}
        api = {"RestApiId": {"Ref": "Api"}}
        return {"Resources": {
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": name}},
            "Model": {"Type": "AWS::ApiGateway::Model", "Properties": {
                **api, "Name": "Todos", "ContentType": "application/json",
                "Schema": {"type": "array", "minItems": least}}},
            "Validator": {"Type": "AWS::ApiGateway::RequestValidator", "Properties": {
                **api, "Name": "body", "ValidateRequestBody": True}},
            "Authorizer": {"Type": "AWS::ApiGateway::Authorizer", "Properties": {
                **api, "Name": "guard", "Type": "TOKEN", "AuthorizerUri": uri,
                "IdentitySource": "method.request.header.Authorization",
                "AuthorizerResultTtlInSeconds": ttl}},
            "Post": {"Type": "AWS::ApiGateway::Method", "Properties": {
                **api, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "HttpMethod": "POST",
                "AuthorizationType": "CUSTOM", "AuthorizerId": {"Ref": "Authorizer"},
                "RequestValidatorId": {"Ref": "Validator"},
                "RequestModels": {"application/json": {"Ref": "Model"}},
                "Integration": {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri}}}},
            "Outputs": {each: {"Value": {"Ref": each}} for each in ("Api", "Model", "Validator", "Authorizer")}}

    create(cloudformation, name, template(1, 0))
    made = outputs(cloudformation, name)
    gateway = aws.client("apigateway")
    assert made["Model"] == "Todos"
    assert gateway.get_request_validator(restApiId=made["Api"], requestValidatorId=made["Validator"])["name"] == "body"
    assert json.loads(gateway.get_model(restApiId=made["Api"], modelName="Todos")["schema"])["minItems"] == 1
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(template(2, 60)))
    wait(cloudformation, name, "stack_update_complete")
    assert outputs(cloudformation, name) == made
    assert json.loads(gateway.get_model(restApiId=made["Api"], modelName="Todos")["schema"])["minItems"] == 2
    assert gateway.get_authorizer(restApiId=made["Api"],
                                  authorizerId=made["Authorizer"])["authorizerResultTtlInSeconds"] == 60
    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, name, "stack_delete_complete")


def test_role_of_the_account(aws, cloudformation, name):
    """CloudFormation Template Reference, AWS::ApiGateway::Account, as the Serverless Framework and CDK write it."""
    gateway = aws.client("apigateway")
    before = gateway.get_account().get("cloudwatchRoleArn", "")
    create(cloudformation, name, {"Resources": {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "sts:AssumeRole",
                 "Principal": {"Service": "apigateway.amazonaws.com"}}]},
            "ManagedPolicyArns": [
                "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"]}},
        "Account": {"Type": "AWS::ApiGateway::Account", "Properties": {
            "CloudWatchRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}}},
        "Outputs": {"Role": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}}}, Capabilities=["CAPABILITY_IAM"])
    assert gateway.get_account()["cloudwatchRoleArn"] == outputs(cloudformation, name)["Role"]
    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, name, "stack_delete_complete")
    gateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": before}])


def test_methods_as_frameworks_emit_them(aws, cloudformation, name):
    """The Serverless Framework's template for `cors: true`, with its loose JSON, and CDK's for an AwsIntegration."""
    origin = "method.response.header.Access-Control-Allow-Origin"
    preflight = {
        "AuthorizationType": "NONE", "HttpMethod": "OPTIONS", "RequestParameters": {},
        "MethodResponses": [{"StatusCode": "200", "ResponseParameters": {origin: True}, "ResponseModels": {}}],
        "Integration": {
            "Type": "MOCK", "RequestTemplates": {"application/json": "{statusCode:200}"},
            "ContentHandling": "CONVERT_TO_TEXT", "IntegrationResponses": [{
                "StatusCode": "200", "ResponseParameters": {origin: "'*'"},
                "ResponseTemplates": {"application/json": ""}}]}}
    tables = {
        "AuthorizationType": "NONE", "HttpMethod": "GET", "OperationName": "Tables",
        "RequestParameters": {"method.request.querystring.n": False},
        "MethodResponses": [{"StatusCode": "200"}, {"StatusCode": "400"}],
        "Integration": {
            "Type": "AWS", "IntegrationHttpMethod": "POST", "Credentials": {"Fn::GetAtt": ["Role", "Arn"]},
            "Uri": {"Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:dynamodb:action/ListTables"},
            "PassthroughBehavior": "NEVER", "TimeoutInMillis": 5000,
            "RequestParameters": {"integration.request.header.X-N": "method.request.querystring.n"},
            "RequestTemplates": {"application/json": '{"Limit": 1}'},
            "IntegrationResponses": [{"StatusCode": "200"}, {"StatusCode": "400", "SelectionPattern": "4\\d{2}"}]}}
    at = {"RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]}}
    trusting = json.loads(json.dumps(ROLE).replace("lambda.amazonaws.com", "apigateway.amazonaws.com"))
    template = {"Resources": {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {**trusting, "Policies": [{
            "PolicyName": "list", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "dynamodb:ListTables", "Resource": "*"}]}}]}},
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": name}},
        "Options": {"Type": "AWS::ApiGateway::Method", "Properties": {**preflight, **at}},
        "Get": {"Type": "AWS::ApiGateway::Method", "Properties": {**tables, **at}},
        "Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": ["Get", "Options"],
                       "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "dev"}}},
        "Outputs": {"Api": {"Value": {"Ref": "Api"}},
                    "Root": {"Value": {"Fn::GetAtt": ["Api", "RootResourceId"]}}}}
    create(cloudformation, name, template, Capabilities=["CAPABILITY_IAM"])
    made = outputs(cloudformation, name)
    gateway = aws.client("apigateway")
    got = gateway.get_integration(restApiId=made["Api"], resourceId=made["Root"], httpMethod="GET")
    assert got["passthroughBehavior"] == "NEVER" and got["timeoutInMillis"] == 5000
    assert got["integrationResponses"]["400"]["selectionPattern"] == "4\\d{2}"
    host = f"{made['Api']}.execute-api.us-east-1.amazonaws.com"
    status, headers, body = send(aws, host, "OPTIONS", "/dev")
    assert (status, body, headers["Access-Control-Allow-Origin"]) == (200, "", "*")
    wait_for(lambda: "TableNames" in send(aws, host, "GET", "/dev")[2], timeout=30)
    assert send(aws, host, "GET", "/dev", {"Content-Type": "text/plain"})[0] == 415


def test_an_api_of_a_document(aws, cloudformation, name):
    """AWS CloudFormation User Guide, AWS::ApiGateway::RestApi: Body, BodyS3Location, Mode."""
    s3, gateway = aws.client("s3"), aws.client("apigateway")

    def document(*paths):
        uri = ("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
               "arn:aws:lambda:us-east-1:123456789012:function:f/invocations")
        proxy = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri}
        return {"openapi": "3.0.1", "info": {"title": "from the document", "version": "1"},
                "paths": {each: {"get": {"x-amazon-apigateway-integration": proxy}} for each in paths}}

    def template(**properties):
        return {"Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": properties}},
                "Outputs": {"Api": {"Value": {"Ref": "Api"}}}}

    def update(**properties):
        cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(template(**properties)))
        wait(cloudformation, name, "stack_update_complete")

    def paths():
        return sorted(each["path"] for each in gateway.get_resources(restApiId=api)["items"])

    create(cloudformation, name, template(Body=document("/a")))
    api = outputs(cloudformation, name)["Api"]
    assert gateway.get_rest_api(restApiId=api)["name"] == "from the document"
    assert paths() == ["/", "/a"]
    update(Name=name, Mode="overwrite", Body=document("/b"))
    assert gateway.get_rest_api(restApiId=api)["name"] == name
    assert paths() == ["/", "/b"]
    s3.create_bucket(Bucket=name.lower())
    s3.put_object(Bucket=name.lower(), Key="api.json", Body=json.dumps(document("/c")))
    try:
        update(Name=name, BodyS3Location={"Bucket": name.lower(), "Key": "api.json"})
        assert paths() == ["/", "/b", "/c"]
    finally:
        s3.delete_object(Bucket=name.lower(), Key="api.json")
        s3.delete_bucket(Bucket=name.lower())
