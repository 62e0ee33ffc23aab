"""Integrations of API Gateway and their mappings. Expectations: AWS's API Gateway developer guide, "Integrations for
REST APIs" and "Data mapping for REST APIs", API reference, PutIntegration; [measured: API Gateway integrations] of
tests/measured.md where it says so."""
import base64
import contextlib
import json

import pytest

from tests.sdk.apigateway_helpers import (api_host, echo_function, event_of, integration_uri,
                                          refused, rest_api, send, unique, until)

INTERNAL = '{"message": "Internal server error"}'
MAPPING = "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
ORIGIN = "method.response.header.Access-Control-Allow-Origin"


@pytest.fixture(scope="module")
def gateway(aws):
    return aws.client("apigateway")


@pytest.fixture(scope="module")
def function(aws):
    with echo_function(aws) as arn:
        yield arn


@pytest.fixture(scope="module")
def role(aws):
    """What API Gateway may assume, and then use everything."""
    iam = aws.client("iam")
    name = unique("gateway")
    trust = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "apigateway.amazonaws.com"}}]}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["dynamodb:*", "s3:*", "events:*", "lambda:*"], "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(policy))
    yield arn
    iam.delete_role_policy(RoleName=name, PolicyName="all")
    iam.delete_role(RoleName=name)


@pytest.fixture
def api(gateway):
    with rest_api(gateway, endpointConfiguration={"types": ["REGIONAL"]}) as made:
        yield made


class Method:
    """One method of an API, with its integration."""

    def __init__(self, api, resource, name, parameters=None, **integration):
        self.gateway = api.gateway
        self.at = {"restApiId": api.id, "resourceId": resource, "httpMethod": name}
        self.gateway.put_method(**self.at, authorizationType="NONE", requestParameters=parameters or {})
        self.gateway.put_integration(**self.at, **integration)

    def respond(self, status="200", headers=None, **integration):
        self.gateway.put_method_response(**self.at, statusCode=status,
                                         responseParameters={each: False for each in headers or {}})
        self.gateway.put_integration_response(**self.at, statusCode=status, responseParameters=headers or {},
                                              **integration)
        return self


def mock(text='{"statusCode": 200}', **more):
    return {"type": "MOCK", "requestTemplates": {"application/json": text}, **more}


def to_function(arn, kind="AWS", **more):
    return {"type": kind, "integrationHttpMethod": "POST", "uri": integration_uri(arn), **more}


@contextlib.contextmanager
def at_root(gateway, name="POST", parameters=None, **integration):
    """An API whose one method is at its root, and the method."""
    with rest_api(gateway, endpointConfiguration={"types": ["REGIONAL"]}) as api:
        yield api, Method(api, api.root, name, parameters, **integration)


def ask(aws, api, method="POST", path="/dev", headers=None, body=None):
    return send(aws, api_host(api), method, path, headers, body)


def test_what_an_integration_is_said_to_be(gateway, api):
    """API reference, PutIntegration and its examples."""
    resource = api.resource("x")
    method = Method(api, resource, "POST", {"method.request.header.X-A": False}, **mock(
        passthroughBehavior="NEVER", contentHandling="CONVERT_TO_TEXT", timeoutInMillis=500,
        requestParameters={"integration.request.header.X-B": "method.request.header.X-A"},
        cacheNamespace="n", cacheKeyParameters=["method.request.header.X-A"]))
    made = gateway.get_integration(**method.at)
    assert made["type"] == "MOCK" and made["passthroughBehavior"] == "NEVER"
    assert made["contentHandling"] == "CONVERT_TO_TEXT" and made["timeoutInMillis"] == 500
    assert made["requestTemplates"] == {"application/json": '{"statusCode": 200}'}
    assert made["requestParameters"] == {"integration.request.header.X-B": "method.request.header.X-A"}
    assert (made["cacheNamespace"], made["cacheKeyParameters"]) == ("n", ["method.request.header.X-A"])
    assert "uri" not in made and "httpMethod" not in made
    assert gateway.get_method(**method.at)["methodIntegration"] == {
        key: value for key, value in made.items() if key != "ResponseMetadata"}
    endpoint = Method(api, resource, "GET", type="HTTP", integrationHttpMethod="GET", uri="https://example.com/",
                      tlsConfig={"insecureSkipVerification": True})
    made = gateway.get_integration(**endpoint.at)
    assert made["connectionType"] == "INTERNET" and made["tlsConfig"] == {"insecureSkipVerification": True}


def test_an_integration_is_patched(gateway, api):
    """AWS CLI reference, update-integration; API Gateway's patch operations of an Integration."""
    method = Method(api, api.root, "POST", {"method.request.header.X-A": False}, **mock())

    def patch(*operations):
        return gateway.update_integration(**method.at, patchOperations=[
            dict(zip(("op", "path", "value"), each)) for each in operations])

    made = patch(("add", "/requestTemplates/text~1plain", "x"),
                 ("replace", "/requestTemplates/application~1json", "y"),
                 ("add", "/requestParameters/integration.request.querystring.q", "'1'"),
                 ("replace", "/passthroughBehavior", "NEVER"), ("replace", "/contentHandling", "CONVERT_TO_BINARY"),
                 ("add", "/cacheKeyParameters/method.request.header.X-A", ""))
    assert made["requestTemplates"] == {"application/json": "y", "text/plain": "x"}
    assert made["requestParameters"] == {"integration.request.querystring.q": "'1'"}
    assert (made["passthroughBehavior"], made["contentHandling"]) == ("NEVER", "CONVERT_TO_BINARY")
    assert made["cacheKeyParameters"] == ["method.request.header.X-A"]
    made = patch(("remove", "/requestTemplates/text~1plain"),
                 ("remove", "/requestParameters/integration.request.querystring.q"))
    assert made["requestTemplates"] == {"application/json": "y"} and "requestParameters" not in made
    with refused("BadRequestException", 400, "Invalid patch path /nothing"):
        patch(("replace", "/nothing", "x"))
    with refused("BadRequestException", 400, "Invalid patch operation specified. Must be one of: [replace]"):
        patch(("add", "/uri", "x"))
    with refused("BadRequestException", 400,
                 MAPPING + "[Invalid mapping expression parameter specified: method.request.header.X-B]"):
        patch(("add", "/requestParameters/integration.request.header.X", "method.request.header.X-B"))


@pytest.mark.parametrize("integration, message", [
    ({"type": "HTTP", "uri": "https://example.com"}, "Enumeration value for HttpMethod must be non-empty"),
    ({"type": "AWS", "uri": "arn:aws:apigateway:us-east-1:s3:path/b"},
     "Enumeration value for HttpMethod must be non-empty"),
    ({"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "example"},
     "Invalid HTTP endpoint specified for URI"),
    ({"type": "AWS", "integrationHttpMethod": "POST", "uri": "http://example.com"},
     "Invalid ARN specified in the request"),
    ({"type": "AWS", "integrationHttpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:s3:bucket"},
     "AWS ARN for integration must contain path or action"),
    ({"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:s3:path/b"},
     "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."),
    ({"type": "MOCK", "requestParameters": {"integration.request.header.X": "true"}},
     MAPPING + "[Invalid mapping expression specified: true]"),
    ({"type": "MOCK", "requestParameters": {"integration.request.header.X": "method.request.querystring.q"}},
     MAPPING + "[Invalid mapping expression parameter specified: method.request.querystring.q]"),
    ({"type": "MOCK", "requestTemplates": {"123": "x"}},
     "Validation Result: warnings : [], errors : [Invalid content type specified: 123]"),
    ({"type": "MOCK", "timeoutInMillis": 49}, "Timeout should be between 50 ms and 29000 ms"),
])
def test_integrations_that_are_none(gateway, api, integration, message):
    """[measured: API Gateway integrations]"""
    at = {"restApiId": api.id, "resourceId": api.root, "httpMethod": "GET"}
    gateway.put_method(**at, authorizationType="NONE")
    with refused("BadRequestException", 400, message):
        gateway.put_integration(**at, **integration)


def test_enumerations_are_validated(aws, gateway, api):
    """[measured: API Gateway integrations]"""
    at = {"restApiId": api.id, "resourceId": api.root, "httpMethod": "GET"}
    gateway.put_method(**at, authorizationType="NONE")
    with refused("ValidationException") as caught:
        gateway.put_integration(**at, type="FTP")
    assert "'FTP' at 'putIntegrationInput.type' failed to satisfy constraint" in str(caught.value)
    assert "message" not in caught.value.response
    with refused("ValidationException") as caught:
        gateway.put_method_response(**at, statusCode="600")
    assert "'600' at 'statusCode' failed" in str(caught.value)


def test_responses_live(gateway, api):
    """API reference, PutMethodResponse, PutIntegrationResponse and their siblings; the errors are
    [measured: API Gateway integrations]."""
    method = Method(api, api.root, "GET", **mock())
    at = {**method.at, "statusCode": "200"}
    with refused("BadRequestException", 400, MAPPING + "[No method response exists for method.]"):
        gateway.put_integration_response(**at, responseParameters={ORIGIN: "'*'"})
    with refused("NotFoundException", 404, "Invalid Response status code specified"):
        gateway.get_integration_response(**at)
    gateway.put_method_response(**at, responseParameters={ORIGIN: True}, responseModels={"application/json": "Empty"})
    with refused("BadRequestException", 400,
                 MAPPING + "[Invalid mapping expression parameter specified: method.response.header.X]"):
        gateway.put_integration_response(**at, responseParameters={"method.response.header.X": "'*'"})
    made = gateway.put_integration_response(**at, responseParameters={ORIGIN: "'*'"}, selectionPattern="2..",
                                            responseTemplates={"application/json": ""},
                                            contentHandling="CONVERT_TO_TEXT")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201 and made["selectionPattern"] == "2.."
    got = gateway.get_integration_response(**at)
    assert got["responseParameters"] == {ORIGIN: "'*'"} and got["contentHandling"] == "CONVERT_TO_TEXT"
    patched = gateway.update_integration_response(**at, patchOperations=[
        {"op": "replace", "path": "/selectionPattern", "value": "3.."},
        {"op": "replace", "path": f"/responseParameters/{ORIGIN}", "value": "'a'"},
        {"op": "add", "path": "/responseTemplates/text~1plain", "value": "t"}])
    assert patched["selectionPattern"] == "3.." and patched["responseTemplates"]["text/plain"] == "t"
    assert patched["responseParameters"] == {ORIGIN: "'a'"}
    patched = gateway.update_method_response(**at, patchOperations=[
        {"op": "add", "path": "/responseParameters/method.response.header.X-New", "value": "true"},
        {"op": "remove", "path": "/responseModels/application~1json"}])
    assert patched["responseParameters"]["method.response.header.X-New"] is True and "responseModels" not in patched
    with refused("NotFoundException", 404, "Invalid parameter name specified"):
        gateway.update_method_response(**at, patchOperations=[
            {"op": "remove", "path": "/responseParameters/method.response.header.X-Other"}])
    embedded = gateway.get_resources(restApiId=api.id, embed=["methods"])["items"][0]["resourceMethods"]["GET"]
    assert embedded["methodIntegration"]["integrationResponses"]["200"]["selectionPattern"] == "3.."
    assert embedded["methodResponses"]["200"]["responseParameters"][ORIGIN] is True
    gateway.delete_integration_response(**at)
    gateway.delete_method_response(**at)
    with refused("NotFoundException", 404, "Invalid Response status code specified"):
        gateway.get_method_response(**at)


def test_methods_and_their_cases(gateway, api):
    """[measured: API Gateway integrations]"""
    at = {"restApiId": api.id, "resourceId": api.root}
    assert gateway.put_method(**at, httpMethod="get", authorizationType="none")["authorizationType"] == "NONE"
    assert gateway.get_method(**at, httpMethod="GET")["httpMethod"] == "GET"
    with refused("BadRequestException", 400,
                 "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY"):
        gateway.put_method(**at, httpMethod="BREW", authorizationType="NONE")
    with refused("BadRequestException", 400, "Parameter names must be unique across querystring, header and path"):
        gateway.put_method(**at, httpMethod="PUT", authorizationType="NONE", requestParameters={
            "method.request.querystring.a": True, "method.request.header.a": False})
    for call, more in ((gateway.put_method, {"authorizationType": "NONE"}), (gateway.get_integration, {}),
                       (gateway.update_method, {})):
        with refused("NotFoundException", 404, "Invalid Resource identifier specified"):
            call(restApiId="0123456789", resourceId=api.root, httpMethod="GET", **more)


def test_a_preflight_as_frameworks_make_it(aws, gateway):
    """The template of the Serverless Framework's `cors: true`."""
    with at_root(gateway, "OPTIONS", **mock("{statusCode:200}", contentHandling="CONVERT_TO_TEXT")) as (api, method):
        method.respond(headers={ORIGIN: "'*'", "method.response.header.Access-Control-Allow-Methods": "'OPTIONS,GET'"},
                       responseTemplates={"application/json": ""})
        api.deploy()
        status, headers, body = ask(aws, api, "OPTIONS")
        assert (status, body) == (200, "")
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["Access-Control-Allow-Methods"] == "OPTIONS,GET"
        assert "X-Amzn-Trace-Id" not in headers


def test_a_mock_with_templates(aws, gateway):
    """Developer guide, "Mapping template and access logging variable reference", "Override the status code"."""
    text = ('#set($context.responseOverride.header.x-early = "e")'
            '{"statusCode": $input.params("want")}')
    with at_root(gateway, "GET", **mock(text)) as (api, method):
        method.respond(responseTemplates={"application/json": (
            '{"agent":"$context.identity.userAgent","query":"$input.params(\'q\')",'
            '"stage":"$context.stage","variable":"$stageVariables.v"}')})
        method.respond("404", selectionPattern="4\\d{2}", responseTemplates={
            "application/json": '#set($context.responseOverride.status = 418)missing'})
        gateway.create_deployment(restApiId=api.id, stageName="dev", variables={"v": "1"})
        status, headers, body = ask(aws, api, "GET", "/dev?want=299&q=a%20b", {"User-Agent": "me"})
        assert status == 200 and headers["x-early"] == "e" and headers["Content-Type"] == "application/json"
        assert json.loads(body) == {"agent": "me", "query": "a b", "stage": "dev", "variable": "1"}
        status, _, body = ask(aws, api, "GET", "/dev?want=404")
        assert (status, body) == (418, "missing")
        status, headers, body = ask(aws, api, "GET", "/dev?want=x")
        assert (status, body) == (500, INTERNAL)
        assert headers["x-amzn-ErrorType"] == "InternalServerErrorException"


@pytest.mark.parametrize("behaviour, kind, status", [
    ("WHEN_NO_MATCH", "text/plain", 200), ("WHEN_NO_TEMPLATES", "text/plain", 415), ("NEVER", "text/plain", 415),
    ("NEVER", "application/json;charset=utf-8", 200), ("NEVER", None, 200)])
def test_passthrough(aws, gateway, behaviour, kind, status):
    """Developer guide, "Method request behavior for payloads without mapping templates"."""
    with at_root(gateway, **mock(passthroughBehavior=behaviour)) as (api, method):
        method.respond()
        api.deploy()
        got, _, body = ask(aws, api, headers={"Content-Type": kind} if kind else None, body='{"statusCode": 200}')
        assert got == status
        assert status != 415 or json.loads(body) == {"message": "Unsupported Media Type"}


def test_a_function_without_proxy(aws, gateway, function):
    """Developer guide, "Set up Lambda custom integrations"."""
    template = '{"id": "$input.params(\'id\')", "body": $input.json("$.a"), "X-Answer": "$input.params(\'X-Answer\')"}'
    with at_root(gateway, **to_function(function, requestTemplates={"application/json": template})) as (api, method):
        method.respond(responseTemplates={"application/json": "$input.json('$.body')"})
        api.deploy()
        status, headers, body = ask(aws, api, path="/dev?id=7", body='{"a": [1, 2]}')
        assert status == 200 and headers["X-Amzn-Trace-Id"].startswith("Root=1-")
        event = event_of(json.loads(body))
        assert (event["id"], event["body"]) == ("7", [1, 2])


def test_a_function_that_is_not_waited_for(aws, gateway, function):
    """Developer guide, "Set up asynchronous invocation of the backend Lambda function"."""
    later = {"integration.request.header.X-Amz-Invocation-Type": "'Event'"}
    with at_root(gateway, **to_function(function, requestParameters=later)) as (api, method):
        method.respond()
        api.deploy()
        status, _, body = ask(aws, api, body="{}")
        assert (status, body) == (200, "")


def test_a_function_named_by_a_stage_variable(aws, gateway, function):
    """Developer guide, "Use stage variables for a REST API"; an integration method other than POST is
    [measured: API Gateway integrations]."""
    name = function.rsplit(":", 1)[1]
    uri = integration_uri(function).replace(name, "${stageVariables.f}")
    with at_root(gateway, "GET", **{**to_function(function, "AWS_PROXY"), "uri": uri}) as (api, method):
        gateway.create_deployment(restApiId=api.id, stageName="dev", variables={"f": name})
        assert ask(aws, api, "GET")[0] == 200
        api.deploy("none")
        assert ask(aws, api, "GET", "/none")[0] == 500
        gateway.update_integration(**method.at, patchOperations=[
            {"op": "replace", "path": "/httpMethod", "value": "GET"}])
        api.deploy()
        assert ask(aws, api, "GET")[::2] == (500, INTERNAL)


def test_http_endpoints(aws, gateway, function):
    """Developer guide, "Set up HTTP integrations"; what goes and comes is [measured: API Gateway integrations]."""
    with rest_api(gateway) as behind, rest_api(gateway) as api:
        behind.method(behind.resource("{p+}"), "ANY", function)
        behind.deploy()
        base = f"https://{api_host(behind)}/dev"
        item = api.resource("{id}")
        path = {"integration.request.path.id": "method.request.path.id"}
        Method(api, item, "ANY", {"method.request.path.id": True}, type="HTTP_PROXY", integrationHttpMethod="ANY",
               uri=base + "/items/{id}?fixed=1", requestParameters=path)
        Method(api, item, "PUT", {"method.request.path.id": True, "method.request.header.X-A": False}, type="HTTP",
               integrationHttpMethod="POST", uri=base + "/things/{id}", requestParameters={
                   **path, "integration.request.header.X-B": "method.request.header.X-A",
                   "integration.request.querystring.stage": "context.stage"},
               requestTemplates={"application/json": '{"wrapped": $input.json("$")}'}).respond(
                   headers={"method.response.header.X-Kind": "integration.response.header.Content-Type"})
        api.deploy()
        status, headers, body = ask(aws, api, "PATCH", "/dev/a%2Fb?q=1", {"X-One": "1", "Via": "v"}, "raw")
        event = event_of(body)
        assert status == 200 and "x-amzn-Remapped-x-amzn-RequestId" in headers
        assert event["httpMethod"] == "PATCH" and event["body"] == "raw"
        assert event["multiValueQueryStringParameters"] == {"fixed": ["1"], "q": ["1"]}
        assert event["headers"]["X-One"] == "1" and event["headers"]["X-Amzn-Apigateway-Api-Id"] == api.id
        status, headers, body = ask(aws, api, "PUT", "/dev/7", {"X-A": "a", "X-Hidden": "h"}, '{"x": 1}')
        event = event_of(body)
        assert status == 200 and headers["X-Kind"] == "application/json"
        assert event["path"] == "/things/7" and event["httpMethod"] == "POST"
        assert json.loads(event["body"]) == {"wrapped": {"x": 1}}
        assert event["headers"]["X-B"] == "a" and "X-Hidden" not in event["headers"]
        assert event["headers"]["User-Agent"] == "AmazonAPIGateway_" + api.id
        assert event["queryStringParameters"] == {"stage": "dev"}


def test_a_table_behind_an_api(aws, gateway, role):
    """AWS Compute Blog, "Using Amazon API Gateway as a proxy for DynamoDB"."""
    dynamodb = aws.client("dynamodb")
    table = unique("behind")
    dynamodb.create_table(TableName=table, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                          BillingMode="PAY_PER_REQUEST")
    dynamodb.get_waiter("table_exists").wait(TableName=table)

    def action(name, text):
        return {"type": "AWS", "integrationHttpMethod": "POST", "credentials": role,
                "uri": f"arn:aws:apigateway:us-east-1:dynamodb:action/{name}",
                "requestTemplates": {"application/json": text}}

    key = '"id": {"S": "$input.params(\'id\')"}'
    try:
        with rest_api(gateway) as api:
            put = Method(api, api.root, "PUT", **action("PutItem", (
                '{"TableName": "%s", "Item": {%s, "v": {"S": "$input.path(\'$.v\')"}}}' % (table, key))))
            put.respond().respond("400", selectionPattern="4\\d{2}")
            get = Method(api, api.root, "GET", **action("GetItem", (
                '{"TableName": "%s", "Key": {%s}}' % (table, key))))
            get.respond(responseTemplates={"application/json": '{"v": "$input.path(\'$.Item.v.S\')"}'})
            api.deploy()
            assert until(lambda: ask(aws, api, "PUT", "/dev?id=1", body='{"v": "x"}')[0] == 200)
            assert dynamodb.get_item(TableName=table, Key={"id": {"S": "1"}})["Item"]["v"] == {"S": "x"}
            status, _, body = ask(aws, api, "GET", "/dev?id=1")
            assert (status, json.loads(body)) == (200, {"v": "x"})
            status, _, body = ask(aws, api, "PUT", "/dev?id=", body='{"v": "x"}')
            assert status == 400 and json.loads(body)["__type"].endswith("#ValidationException")
    finally:
        dynamodb.delete_table(TableName=table)


def test_a_bucket_behind_an_api(aws, gateway, role):
    """Developer guide, "Tutorial: Create a REST API as an Amazon S3 proxy"."""
    s3 = aws.client("s3")
    bucket = unique("behind")
    s3.create_bucket(Bucket=bucket)
    path = {"integration.request.path.key": "method.request.path.key"}
    target = {"type": "AWS", "credentials": role, "requestParameters": path,
              "uri": f"arn:aws:apigateway:us-east-1:s3:path/{bucket}/{{key}}"}
    declared = {"method.request.path.key": True}
    try:
        with rest_api(gateway, binaryMediaTypes=["image/png"]) as api:
            one = api.resource("{key}")
            Method(api, one, "PUT", declared, integrationHttpMethod="PUT", **target).respond()
            Method(api, one, "GET", declared, integrationHttpMethod="GET", **target).respond(
                headers={"method.response.header.Content-Type": "integration.response.header.Content-Type"}).respond(
                    "404", selectionPattern="404")
            api.deploy()
            assert until(lambda: ask(aws, api, "PUT", "/dev/k", {"Content-Type": "text/plain"}, "text")[0] == 200)
            assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"text"
            assert ask(aws, api, "GET", "/dev/k")[::2] == (200, "text")
            status, _, body = ask(aws, api, "GET", "/dev/none")
            assert status == 404 and "<Code>NoSuchKey</Code>" in body
    finally:
        s3.delete_object(Bucket=bucket, Key="k")
        s3.delete_bucket(Bucket=bucket)


def test_a_role_that_is_not_to_be_had(aws, gateway):
    """Developer guide: API Gateway has to be trusted by the role."""
    with at_root(gateway, **{"type": "AWS", "integrationHttpMethod": "POST", "requestTemplates": {
            "application/json": "{}"}, "credentials": "arn:aws:iam::123456789012:role/nobodys",
            "uri": "arn:aws:apigateway:us-east-1:dynamodb:action/ListTables"}) as (api, method):
        method.respond()
        api.deploy()
        assert ask(aws, api)[::2] == (500, INTERNAL)


def test_bytes_and_text(aws, gateway, function):
    """Developer guide, "Content type conversions in API Gateway"."""
    png = base64.b64decode("iVBORw0KGgo=")
    with rest_api(gateway, binaryMediaTypes=["image/png"]) as api:
        template = '{"body": "$input.body"}'
        Method(api, api.root, "POST", **to_function(
            function, contentHandling="CONVERT_TO_TEXT", requestTemplates={"image/png": template})).respond()
        Method(api, api.root, "GET", **mock()).respond(
            responseTemplates={"application/json": "aGVsbG8="}, contentHandling="CONVERT_TO_TEXT")
        api.deploy()
        status, _, body = ask(aws, api, headers={"Content-Type": "image/png"}, body=png)
        assert status == 200
        assert event_of(json.loads(body)["body"]) == {"body": "iVBORw0KGgo="}
        assert ask(aws, api, "GET", headers={"Accept": "image/png"})[2] == "aGVsbG8="


def test_answers_of_a_proxy_function(aws, gateway, function):
    """[measured: API Gateway integrations]: a number is no header, a boolean is; one name in both maps has all values."""
    from tests.sdk.apigateway_helpers import answer_header
    with rest_api(gateway) as api:
        api.method(api.root, "GET", function)
        api.deploy()

        def answered(answer):
            return ask(aws, api, "GET", headers=answer_header(json.dumps(answer)))

        assert answered({"headers": {"x": 5}})[::2] == (502, INTERNAL)
        assert answered({"headers": {"x": True}})[1]["x"] == "true"
        assert answered({})[::2] == (200, "")
        status, headers, _ = answered({"statusCode": 200, "headers": {"x-a": "1"}, "multiValueHeaders": {"X-A": ["2"]}})
        assert [value for name, value in headers.items() if name.lower() == "x-a"] == ["2", "1"]
