"""API Gateway's control plane. Expectations: botocore's model and AWS's API Gateway REST API reference."""
import json
import re

import pytest
from botocore.exceptions import ClientError

from tests.sdk.apigateway_helpers import integration_uri, refused, rest_api, unique, until

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:none"
PUSH = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"


@pytest.fixture(scope="module")
def gateway(aws):
    return aws.client("apigateway")


@pytest.fixture
def api(gateway):
    with rest_api(gateway, endpointConfiguration={"types": ["REGIONAL"]}) as made:
        yield made


def test_rest_api_lives(gateway):
    made = gateway.create_rest_api(name="todos", description="d", tags={"team": "a"},
                                   endpointConfiguration={"types": ["REGIONAL"]})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert re.fullmatch("[a-z0-9]{10}", made["id"])
    assert made["apiKeySource"] == "HEADER"
    assert made["endpointConfiguration"]["types"] == ["REGIONAL"]
    assert made["createdDate"].year >= 2020
    changed = gateway.update_rest_api(restApiId=made["id"], patchOperations=[
        {"op": "replace", "path": "/name", "value": "other"},
        {"op": "add", "path": "/binaryMediaTypes/image~1png"}])
    assert changed["name"] == "other" and changed["binaryMediaTypes"] == ["image/png"]
    assert any(each["id"] == made["id"] for page in
               gateway.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 1})
               for each in page["items"])
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{made['id']}"
    assert gateway.get_tags(resourceArn=arn)["tags"] == {"team": "a"}
    gateway.tag_resource(resourceArn=arn, tags={"b": "2"})
    gateway.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert gateway.get_rest_api(restApiId=made["id"])["tags"] == {"b": "2"}
    assert gateway.delete_rest_api(restApiId=made["id"])["ResponseMetadata"]["HTTPStatusCode"] == 202
    with refused("NotFoundException", 404):
        gateway.get_rest_api(restApiId=made["id"])


def test_edge_becomes_regional(gateway):
    """The patch of the command line's documentation."""
    with rest_api(gateway) as api:
        changed = gateway.update_rest_api(restApiId=api.id, patchOperations=[
            {"op": "replace", "path": "/endpointConfiguration/types/EDGE", "value": "REGIONAL"}])
        assert changed["endpointConfiguration"]["types"] == ["REGIONAL"]


def test_invalid_patch_is_named(gateway, api):
    with refused("BadRequestException") as caught:
        gateway.update_rest_api(restApiId=api.id, patchOperations=[
            {"op": "replace", "path": "/nothing", "value": "x"}])
    assert caught.value.response["Error"]["Message"].startswith(
        "Invalid patch path  '/nothing' specified for op 'replace'. Must be one of: [")


def test_resources(gateway, api):
    todos = api.resource("todos")
    one = api.resource("{id}", todos)
    found = gateway.get_resource(restApiId=api.id, resourceId=one)
    assert (found["path"], found["pathPart"], found["parentId"]) == ("/todos/{id}", "{id}", todos)
    with refused("ConflictException", 409,
                 "Another resource with the same parent already has this name: todos"):
        api.resource("todos")
    with refused("BadRequestException"):
        api.resource("a b")
    with refused("NotFoundException", 404, "Invalid Resource identifier specified"):
        api.resource("x", "abcdef")
    gateway.delete_resource(restApiId=api.id, resourceId=todos)
    assert [each["path"] for each in gateway.get_resources(restApiId=api.id)["items"]] == ["/"]


def test_methods_and_integrations(gateway, api):
    at = {"restApiId": api.id, "resourceId": api.root, "httpMethod": "GET"}
    api.method(api.root, "GET", FUNCTION, key=True)
    method = gateway.get_method(**at)
    assert method["apiKeyRequired"] is True
    assert method["methodIntegration"]["uri"] == integration_uri(FUNCTION)
    assert method["methodIntegration"]["timeoutInMillis"] == 29000
    embedded = gateway.get_resources(restApiId=api.id, embed=["methods"])["items"][0]
    assert embedded["resourceMethods"]["GET"]["httpMethod"] == "GET"
    plain = gateway.get_resources(restApiId=api.id)["items"][0]
    assert plain["resourceMethods"] == {"GET": {}}
    changed = gateway.update_method(**at, patchOperations=[
        {"op": "replace", "path": "/apiKeyRequired", "value": "false"}])
    assert changed["apiKeyRequired"] is False
    changed = gateway.update_integration(**at, patchOperations=[
        {"op": "replace", "path": "/timeoutInMillis", "value": "5000"}])
    assert changed["timeoutInMillis"] == 5000
    gateway.put_method_response(**at, statusCode="200", responseModels={"application/json": "Empty"})
    assert gateway.get_method_response(**at, statusCode="200")["statusCode"] == "200"
    with refused("ConflictException", 409):
        gateway.put_method(**at, authorizationType="NONE")
    with refused("BadRequestException"):
        gateway.put_integration(**at, type="AWS_PROXY", integrationHttpMethod="POST",
                                uri="arn:aws:apigateway:us-east-1:s3:path/bucket/key")
    with refused("BadRequestException", 400, "Enumeration value for HttpMethod must be non-empty"):
        gateway.put_integration(**at, type="AWS_PROXY", uri=integration_uri(FUNCTION))
    with refused("BadRequestException"):
        gateway.put_integration(**at, type="AWS_PROXY", integrationHttpMethod="POST",
                                uri=integration_uri(FUNCTION), timeoutInMillis=49)
    gateway.delete_integration(**at)
    with refused("NotFoundException", 404):
        gateway.get_integration(**at)
    gateway.delete_method(**at)
    with refused("NotFoundException", 404, "Invalid Method identifier specified"):
        gateway.get_method(**at)


def test_gateway_responses(gateway, api):
    """API reference, PutGatewayResponse and GetGatewayResponses."""
    at = {"restApiId": api.id, "responseType": "DEFAULT_4XX"}
    assert gateway.get_gateway_response(**at)["defaultResponse"] is True
    made = gateway.put_gateway_response(**at, statusCode="400", responseParameters={
        "gatewayresponse.header.Access-Control-Allow-Origin": "'*'"})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["statusCode"], made["defaultResponse"]) == ("400", False)
    listed = {each["responseType"]: each
              for each in gateway.get_gateway_responses(restApiId=api.id)["items"]}
    assert listed["DEFAULT_4XX"]["statusCode"] == "400"
    assert listed["THROTTLED"]["statusCode"] == "429" and listed["THROTTLED"]["defaultResponse"]
    gateway.delete_gateway_response(**at)
    with refused("NotFoundException", 404):
        gateway.delete_gateway_response(**at)
    with refused("NotFoundException", 404):
        gateway.put_gateway_response(restApiId="0123456789", responseType="DEFAULT_4XX")


def test_deployments_and_stages(gateway, api):
    with refused("BadRequestException", 400, "The REST API doesn't contain any methods"):
        api.deploy()
    gateway.put_method(restApiId=api.id, resourceId=api.root, httpMethod="GET",
                       authorizationType="NONE")
    with refused("BadRequestException", 400, "No integration defined for method"):
        api.deploy()
    gateway.delete_method(restApiId=api.id, resourceId=api.root, httpMethod="GET")
    api.method(api.root, "GET", FUNCTION)
    first, second = api.deploy(), api.deploy()
    assert gateway.get_stage(restApiId=api.id, stageName="dev")["deploymentId"] == second
    gateway.delete_deployment(restApiId=api.id, deploymentId=first)
    with refused("BadRequestException", 400,
                 "Active stages pointing to this deployment must be moved or deleted"):
        gateway.delete_deployment(restApiId=api.id, deploymentId=second)
    summary = gateway.get_deployment(restApiId=api.id, deploymentId=second, embed=["apisummary"])
    assert summary["apiSummary"]["/"]["GET"]["authorizationType"] == "NONE"
    with refused("ConflictException", 409, "Stage already exists"):
        gateway.create_stage(restApiId=api.id, stageName="dev", deploymentId=second)
    gateway.create_stage(restApiId=api.id, stageName="live", deploymentId=second,
                         variables={"color": "blue"})
    stage = gateway.update_stage(restApiId=api.id, stageName="live", patchOperations=[
        {"op": "replace", "path": "/variables/color", "value": "green"},
        {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "7"}])
    assert stage["variables"] == {"color": "green"}
    assert stage["methodSettings"]["*/*"]["throttlingBurstLimit"] == 7
    names = {each["stageName"] for each in gateway.get_stages(restApiId=api.id)["item"]}
    assert names == {"dev", "live"}
    gateway.delete_stage(restApiId=api.id, stageName="live")
    with refused("NotFoundException", 404, "Invalid stage identifier specified"):
        gateway.get_stage(restApiId=api.id, stageName="live")


def test_api_keys(gateway):
    value = unique("a-common-key-of-two-regions")
    made = gateway.create_api_key(name=unique(), enabled=True, value=value,
                                  generateDistinctId=True)
    assert made["value"] == value and re.fullmatch("[a-z0-9]{10}", made["id"])
    try:
        with refused("ConflictException", 409):
            gateway.create_api_key(name="another", value=value)
        with refused("BadRequestException", 400, "API Key value should be at least 20 characters"):
            gateway.create_api_key(name="another", value="short")
        assert "value" not in gateway.get_api_key(apiKey=made["id"])
        assert gateway.get_api_key(apiKey=made["id"], includeValue=True)["value"] == value
        listed = gateway.get_api_keys(nameQuery=made["name"], includeValues=True)["items"]
        assert [each["value"] for each in listed] == [value]
        assert "value" not in gateway.get_api_keys(nameQuery=made["name"])["items"][0]
        changed = gateway.update_api_key(apiKey=made["id"], patchOperations=[
            {"op": "replace", "path": "/enabled", "value": "false"}])
        assert changed["enabled"] is False
    finally:
        gateway.delete_api_key(apiKey=made["id"])
    with refused("NotFoundException", 404, "Invalid API Key identifier specified"):
        gateway.get_api_key(apiKey=made["id"])
    generated = gateway.create_api_key(name=unique())
    gateway.delete_api_key(apiKey=generated["id"])
    assert re.fullmatch("[A-Za-z0-9]{40}", generated["value"])


def test_usage_plans(gateway, api):
    api.method(api.root, "GET", FUNCTION)
    api.deploy()
    with refused("NotFoundException", 404):
        gateway.create_usage_plan(name="p", apiStages=[{"apiId": api.id, "stage": "nope"}])
    plan = gateway.create_usage_plan(
        name=unique("plan"), throttle={"rateLimit": 10.0, "burstLimit": 5},
        quota={"limit": 100, "period": "WEEK"}, apiStages=[{"apiId": api.id, "stage": "dev"}])
    api.at_end(gateway.delete_usage_plan, usagePlanId=plan["id"])
    api.at_end(gateway.update_usage_plan, usagePlanId=plan["id"], patchOperations=[
        {"op": "remove", "path": "/apiStages", "value": f"{api.id}:dev"}])
    key = gateway.create_api_key(name=unique(), enabled=True)
    api.at_end(gateway.delete_api_key, apiKey=key["id"])
    member = gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"],
                                           keyType="API_KEY")
    assert (member["id"], member["type"]) == (key["id"], "API_KEY")
    with refused("ConflictException", 409):
        gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    assert [each["id"] for each in gateway.get_usage_plans(keyId=key["id"])["items"]] == [plan["id"]]
    assert [each["id"] for each in
            gateway.get_usage_plan_keys(usagePlanId=plan["id"])["items"]] == [key["id"]]
    changed = gateway.update_usage_plan(usagePlanId=plan["id"], patchOperations=[
        {"op": "replace", "path": "/throttle/rateLimit", "value": "20"},
        {"op": "replace", "path": "/quota/limit", "value": "50"}])
    assert changed["throttle"]["rateLimit"] == 20.0 and changed["quota"]["limit"] == 50
    gateway.delete_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"])
    with refused("NotFoundException", 404):
        gateway.get_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"])


def test_domain_names_and_mappings(aws, gateway, api):
    api.method(api.root, "GET", FUNCTION)
    api.deploy()
    name = f"{unique('d')}.tandem.test"
    certificates = aws.client("acm")
    arn = certificates.request_certificate(DomainName=name,
                                           ValidationMethod="DNS")["CertificateArn"]
    api.at_end(certificates.delete_certificate, CertificateArn=arn)
    made = gateway.create_domain_name(domainName=name, regionalCertificateArn=arn,
                                      endpointConfiguration={"types": ["REGIONAL"]},
                                      securityPolicy="TLS_1_2")
    api.at_end(gateway.delete_domain_name, domainName=name)
    assert re.fullmatch(r"d-[a-z0-9]{10}\.execute-api\.us-east-1\.amazonaws\.com",
                        made["regionalDomainName"])
    assert made["regionalHostedZoneId"] == "Z1UJRXOUMOOFQ8"
    assert made["domainNameStatus"] == "AVAILABLE" and "distributionDomainName" not in made
    with refused("BadRequestException", 400, "The domain name you provided already exists."):
        gateway.create_domain_name(domainName=name, regionalCertificateArn=arn,
                                   endpointConfiguration={"types": ["REGIONAL"]})
    mapping = gateway.create_base_path_mapping(domainName=name, restApiId=api.id, stage="dev",
                                               basePath="")
    assert mapping["basePath"] == "(none)"
    with refused("ConflictException", 409, "Base path already exists for this domain name"):
        gateway.create_base_path_mapping(domainName=name, restApiId=api.id, stage="dev")
    moved = gateway.update_base_path_mapping(domainName=name, basePath="(none)", patchOperations=[
        {"op": "replace", "path": "/basePath", "value": "v1"}])
    assert moved["basePath"] == "v1"
    assert [each["basePath"] for each in
            gateway.get_base_path_mappings(domainName=name)["items"]] == ["v1"]
    gateway.delete_base_path_mapping(domainName=name, basePath="v1")
    with refused("ResourceInUseException"):
        certificates.delete_certificate(CertificateArn=arn)


def can(call, **arguments):
    """False while IAM has not told everyone."""
    try:
        call(**arguments)
    except ClientError:
        return False
    return True


def account_role(arn):
    return [{"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}]


def test_role_of_the_account(aws, gateway):
    """Developer guide, "Set up CloudWatch logging for REST APIs": a role that API Gateway may assume. The text as
    Terraform's provider and rain (#163) have it."""
    iam = aws.client("iam")
    before = gateway.get_account().get("cloudwatchRoleArn", "")
    arns = {}
    for service in ("apigateway", "lambda"):
        arns[service] = iam.create_role(RoleName=unique(service), AssumeRolePolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                    "Principal": {"Service": f"{service}.amazonaws.com"}}]}))[
            "Role"]["Arn"]
    iam.attach_role_policy(RoleName=arns["apigateway"].split("/")[-1], PolicyArn=PUSH)
    try:
        until(lambda: can(gateway.update_account, patchOperations=account_role(arns["apigateway"])))
        assert gateway.get_account()["cloudwatchRoleArn"] == arns["apigateway"]
        with refused("BadRequestException", message="The role ARN does not have required permissions configured. "
                     "Please grant trust permission for API Gateway and add the required role policy."):
            gateway.update_account(patchOperations=account_role(arns["lambda"]))
        assert "cloudwatchRoleArn" not in gateway.update_account(patchOperations=account_role(""))
    finally:
        gateway.update_account(patchOperations=account_role(before))
        iam.detach_role_policy(RoleName=arns["apigateway"].split("/")[-1], PolicyArn=PUSH)
        for arn in arns.values():
            iam.delete_role(RoleName=arn.split("/")[-1])


def test_account(gateway):
    """The default throttle quota of an account in us-east-1."""
    account = gateway.get_account()
    assert account["throttleSettings"] == {"burstLimit": 5000, "rateLimit": 10000.0}
