"""Lambda authorizers. Expectations: AWS's developer guide, "Use API Gateway Lambda authorizers" and "Gateway
response types"."""
import base64
import json

import pytest

from tests.sdk.apigateway_helpers import (BOOTSTRAP, api_host, echo_function, event_of, integration_uri,
                                          refused, rest_api, send, until)

# Answers with what its token says, base64-encoded.
GUARD = BOOTSTRAP.replace('"X-Answer"', '"authorizationToken"')
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:none"


@pytest.fixture(scope="module")
def gateway(aws):
    return aws.client("apigateway")


@pytest.fixture(scope="module")
def functions(aws):
    with echo_function(aws, bootstrap=GUARD) as guard, echo_function(aws) as echo:
        yield guard, echo


@pytest.fixture
def api(gateway):
    with rest_api(gateway, endpointConfiguration={"types": ["REGIONAL"]}) as made:
        yield made


def token(effect, resource="*", **more):
    answer = {"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": [
        {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}]}, **more}
    return base64.b64encode(json.dumps(answer).encode()).decode()


def guarded(gateway, api, guard, echo, **settings):
    """GET / behind an authorizer, deployed as dev."""
    made = gateway.create_authorizer(restApiId=api.id, name="guard", authorizerUri=integration_uri(guard),
                                     **settings)
    at = {"restApiId": api.id, "resourceId": api.root, "httpMethod": "GET"}
    gateway.put_method(**at, authorizationType="CUSTOM", authorizerId=made["id"])
    gateway.put_integration(**at, type="AWS_PROXY", integrationHttpMethod="POST",
                            uri=integration_uri(echo))
    api.deploy()
    return made["id"]


def test_authorizers_live(gateway, api):
    made = gateway.create_authorizer(restApiId=api.id, name="a", type="TOKEN",
                                     authorizerUri=integration_uri(FUNCTION),
                                     identitySource="method.request.header.Authorization")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["type"], made["authType"]) == ("TOKEN", "custom")
    at = {"restApiId": api.id, "authorizerId": made["id"]}
    changed = gateway.update_authorizer(**at, patchOperations=[
        {"op": "replace", "path": "/authorizerResultTtlInSeconds", "value": "60"},
        {"op": "replace", "path": "/identityValidationExpression", "value": "Bearer .+"}])
    assert changed["authorizerResultTtlInSeconds"] == 60
    assert gateway.get_authorizer(**at)["identityValidationExpression"] == "Bearer .+"
    assert [each["id"] for each in gateway.get_authorizers(restApiId=api.id)["items"]] == [made["id"]]
    assert gateway.delete_authorizer(**at)["ResponseMetadata"]["HTTPStatusCode"] == 202
    with refused("NotFoundException", 404, "Invalid Authorizer identifier specified"):
        gateway.get_authorizer(**at)


def test_authorizers_are_checked(gateway, api):
    with refused("BadRequestException", 400,
                 "Invalid Authorizer URI: x. Authorizer URI should be a valid API Gateway ARN that represents "
                 "a Lambda function invocation."):
        gateway.create_authorizer(restApiId=api.id, name="a", type="TOKEN", authorizerUri="x",
                                  identitySource="method.request.header.Authorization")
    with refused("BadRequestException"):
        gateway.create_authorizer(restApiId=api.id, name="a", type="REQUEST",
                                  authorizerUri=integration_uri(FUNCTION))
    with refused("BadRequestException", 400,
                 "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or "
                 "COGNITO_USER_POOLS requires a valid authorizer."):
        gateway.put_method(restApiId=api.id, resourceId=api.root, httpMethod="GET",
                           authorizationType="CUSTOM", authorizerId="abc123")


def test_a_token_decides(aws, gateway, api, functions):
    authorizer = guarded(gateway, api, *functions, type="TOKEN",
                         identitySource="method.request.header.Authorization")

    def get(value=None):
        status, headers, body = send(aws, api_host(api), "GET", "/dev/",
                                     {"Authorization": value} if value else {})
        return status, headers.get("x-amzn-ErrorType"), body

    allowed = token("Allow", f"arn:aws:execute-api:us-east-1:*:{api.id}/dev/GET/",
                    context={"number": 1, "flag": True, "text": "x"})
    until(lambda: get(allowed)[0] == 200)
    authorized = event_of(get(allowed)[2])["requestContext"]["authorizer"]
    assert authorized.pop("integrationLatency") >= 0
    assert authorized == {"principalId": "me", "number": "1", "flag": "true", "text": "x"}
    assert get() == (401, "UnauthorizedException", '{"message":"Unauthorized"}')
    assert get(token("Deny")) == (
        403, "AccessDeniedException",
        '{"Message":"User is not authorized to access this resource with an explicit deny"}')
    assert get(token("Allow", "*/POST/*")) == (
        403, "AccessDeniedException", '{"Message":"User is not authorized to access this resource"}')
    assert get(token("Allow", context={"list": []})) == (
        500, "AuthorizerConfigurationException", '{"message":null}')
    gateway.flush_stage_authorizers_cache(restApiId=api.id, stageName="dev")
    assert get(allowed)[0] == 200
    with refused("ConflictException", 409):
        gateway.delete_authorizer(restApiId=api.id, authorizerId=authorizer)
    tried = gateway.test_invoke_authorizer(restApiId=api.id, authorizerId=authorizer,
                                           headers={"Authorization": allowed})
    assert (tried["clientStatus"], tried["principalId"]) == (200, "me")
    assert json.loads(tried["policy"])["Statement"][0]["Effect"] == "Allow"


def test_a_request_is_shown(aws, gateway, api, functions):
    _, echo = functions
    authorizer = guarded(gateway, api, echo, echo, type="REQUEST",
                         identitySource="method.request.header.Who,method.request.querystring.q")
    answer = json.dumps({"principalId": "me", "policyDocument": {"Statement": []}})
    tried = gateway.test_invoke_authorizer(
        restApiId=api.id, authorizerId=authorizer, pathWithQueryString="/a?q=1",
        headers={"Who": "me", "X-Answer": base64.b64encode(answer.encode()).decode()})
    assert (tried["clientStatus"], tried["principalId"]) == (200, "me")
    until(lambda: send(aws, api_host(api), "GET", "/dev/?q=1")[0] == 401)
    status, _, body = send(aws, api_host(api), "GET", "/dev/?q=1",
                           {"Who": "me", "X-Answer": base64.b64encode(answer.encode()).decode()})
    assert (status, body) == (403, '{"Message":"User is not authorized to access this resource"}')
