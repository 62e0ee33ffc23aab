"""What clients of a deployed API see. Expectations: AWS's API Gateway developer guide, "Lambda proxy integrations",
"Gateway response types" and "Usage plans and API keys"."""
import json
import re

import pytest

from tests.sdk.apigateway_helpers import (answer_header, api_host, echo_function, event_of, refused,
                                          rest_api, send, unique, until)

INTERNAL = '{"message": "Internal server error"}'


@pytest.fixture(scope="module")
def gateway(aws):
    return aws.client("apigateway")


@pytest.fixture(scope="module")
def function(aws):
    with echo_function(aws) as arn:
        yield arn


@pytest.fixture(scope="module")
def todos(gateway, function):
    """GET / · GET,POST(key) /todos · ANY /todos/{id} · GET /files/{path+}"""
    with rest_api(gateway, endpointConfiguration={"types": ["REGIONAL"]}) as api:
        api.method(api.root, "GET", function)
        todos = api.resource("todos")
        api.method(todos, "GET", function)
        api.method(todos, "POST", function, key=True)
        api.method(api.resource("{id}", todos), "ANY", function)
        api.method(api.resource("{path+}", api.resource("files")), "GET", function)
        api.deploy()
        yield api


@pytest.fixture
def get(aws, todos):
    def call(path, headers=None, method="GET", body=None):
        return send(aws, api_host(todos), method, path, headers, body)
    return call


def test_event_of_a_request(get, todos):
    status, headers, body = get("/dev/todos/a%20b?x=1&x=2&y=a+b", {"X-Some": "v"})
    assert status == 200
    event = event_of(body)
    assert event["resource"] == "/todos/{id}"
    assert event["httpMethod"] == "GET" and event["body"] is None
    assert event["isBase64Encoded"] is False
    assert event["pathParameters"] == {"id": "a%20b"}  # [measured: API Gateway integrations]
    assert event["queryStringParameters"] == {"x": "2", "y": "a b"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": ["a b"]}
    assert event["headers"]["X-Some"] == "v" and event["multiValueHeaders"]["X-Some"] == ["v"]
    assert event["headers"]["X-Forwarded-Proto"] == "https"
    assert event["headers"]["X-Forwarded-Port"] == "443"
    assert event["headers"]["X-Amzn-Trace-Id"].startswith("Root=1-")
    context = event["requestContext"]
    assert context["stage"] == "dev" and context["apiId"] == todos.id
    assert context["path"].startswith("/dev/todos/")
    assert context["domainName"] == api_host(todos) and context["domainPrefix"] == todos.id
    assert context["protocol"] == "HTTP/1.1" and context["resourcePath"] == "/todos/{id}"
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context["requestTime"])
    assert context["requestId"] == headers["x-amzn-RequestId"]
    assert context["extendedRequestId"] == headers["x-amz-apigw-id"]
    assert "apiKey" not in context["identity"]


def test_event_without_parameters(get):
    event = event_of(get("/dev")[2])
    assert event["path"] == "/"
    for member in ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters",
                   "stageVariables"):
        assert event[member] is None


def test_greedy_variable(get):
    assert event_of(get("/dev/files/a/b")[2])["pathParameters"] == {"path": "a/b"}


def test_body_reaches_the_function(get):
    event = event_of(get("/dev/todos/1", {"Content-Type": "application/json"}, "PUT", '{"ä": 1}'
                         .encode())[2])
    assert event["body"] == '{"ä": 1}'


@pytest.mark.parametrize("method, path, status, kind, body", [
    ("GET", "/dev/nothing", 403, "MissingAuthenticationTokenException",
     '{"message":"Missing Authentication Token"}'),
    ("DELETE", "/dev/todos", 403, "MissingAuthenticationTokenException",
     '{"message":"Missing Authentication Token"}'),
    ("GET", "/nostage/todos", 403, "ForbiddenException", '{"message":"Forbidden"}'),
    ("POST", "/dev/todos", 403, "ForbiddenException", '{"message":"Forbidden"}'),
])
def test_gateway_responses(get, method, path, status, kind, body):
    got, headers, text = get(path, method=method)
    assert (got, text) == (status, body)
    assert headers["x-amzn-ErrorType"] == kind
    assert headers["Content-Type"] == "application/json"
    assert headers["x-amzn-RequestId"] and headers["x-amz-apigw-id"]


@pytest.mark.parametrize("answer, status, body", [
    ('{"statusCode":201,"body":"made"}', 201, "made"),
    ('{"statusCode":"404"}', 404, ""),
    ('{"statusCode":200,"body":{"a":1}}', 502, INTERNAL),
    ('{"statusCode":200,"extra":1}', 502, INTERNAL),
    ('"text"', 502, INTERNAL),
    ('{"errorMessage":"x","errorType":"y"}', 502, INTERNAL),
])
def test_results_of_the_function(get, answer, status, body):
    got, _, text = get("/dev/todos", answer_header(answer))
    assert (got, text) == (status, body)


def test_headers_of_the_answer(get):
    answer = {"statusCode": 200, "headers": {"X-One": "1", "Server": "mine"},
              "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}}
    _, headers, _ = get("/dev/todos", answer_header(json.dumps(answer)))
    assert headers["X-One"] == "1" and headers["x-amzn-Remapped-Server"] == "mine"
    assert headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Amzn-Trace-Id"].startswith("Root=1-")


def test_a_deployment_is_a_snapshot(aws, gateway, function):
    with rest_api(gateway, endpointConfiguration={"types": ["REGIONAL"]}) as api:
        api.method(api.root, "GET", function)
        api.deploy()
        api.method(api.resource("later"), "GET", function)
        assert send(aws, api_host(api), "GET", "/dev/later")[0] == 403
        api.deploy()
        assert until(lambda: send(aws, api_host(api), "GET", "/dev/later")[0] == 200)


def test_missing_permission_is_500(aws, gateway, function):
    functions = aws.client("lambda")
    functions.remove_permission(FunctionName=function, StatementId="gateway")
    try:
        with rest_api(gateway, endpointConfiguration={"types": ["REGIONAL"]}) as api:
            api.method(api.root, "GET", function)
            api.deploy()
            assert until(lambda: send(aws, api_host(api), "GET", "/dev")[::2] == (500, INTERNAL))
    finally:
        functions.add_permission(FunctionName=function, StatementId="gateway",
                                 Action="lambda:InvokeFunction",
                                 Principal="apigateway.amazonaws.com")


@pytest.fixture
def keyed(gateway, todos):
    """Makes a plan with these limits for the API and a key in it; returns the key's value."""
    undo = []

    def make(**limits):
        plan = gateway.create_usage_plan(name=unique("plan"),
                                         apiStages=[{"apiId": todos.id, "stage": "dev"}], **limits)
        key = gateway.create_api_key(name=unique("key"), enabled=True)
        gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
        undo.append((plan["id"], key["id"]))
        return key
    yield make
    for plan, key in undo:
        gateway.update_usage_plan(usagePlanId=plan, patchOperations=[
            {"op": "remove", "path": "/apiStages", "value": f"{todos.id}:dev"}])
        gateway.delete_usage_plan(usagePlanId=plan)
        gateway.delete_api_key(apiKey=key)


def test_key_opens_the_method(get, keyed, gateway):
    key = keyed()
    sent = {"x-api-key": key["value"]}
    assert until(lambda: get("/dev/todos", sent, "POST")[0] == 200)
    identity = event_of(get("/dev/todos", sent, "POST")[2])["requestContext"]["identity"]
    assert (identity["apiKey"], identity["apiKeyId"]) == (key["value"], key["id"])
    assert get("/dev/todos", {"x-api-key": "x" * 40}, "POST")[::2] == (403, '{"message":"Forbidden"}')
    gateway.update_api_key(apiKey=key["id"], patchOperations=[
        {"op": "replace", "path": "/enabled", "value": "false"}])
    assert until(lambda: get("/dev/todos", sent, "POST")[0] == 403)


def test_throttle_and_quota(get, keyed):
    sent = {"x-api-key": keyed(throttle={"rateLimit": 0.001, "burstLimit": 2})["value"]}
    answers = [get("/dev/todos", sent, "POST") for _ in range(3)]
    assert [each[0] for each in answers] == [200, 200, 429]
    assert answers[2][2] == '{"message":"Too Many Requests"}'
    assert answers[2][1]["x-amzn-ErrorType"] == "TooManyRequestsException"
    sent = {"x-api-key": keyed(quota={"limit": 1, "period": "MONTH"})["value"]}
    answers = [get("/dev/todos", sent, "POST") for _ in range(2)]
    assert [each[0] for each in answers] == [200, 429]
    assert answers[1][2] == '{"message":"Limit Exceeded"}'
    assert answers[1][1]["x-amzn-ErrorType"] == "LimitExceededException"


def test_custom_domain(aws, gateway, todos):
    name = f"{unique('d')}.tandem.test"
    certificates = aws.client("acm")
    arn = certificates.request_certificate(DomainName=name,
                                           ValidationMethod="DNS")["CertificateArn"]
    gateway.create_domain_name(domainName=name, regionalCertificateArn=arn,
                               endpointConfiguration={"types": ["REGIONAL"]})
    try:
        assert send(aws, name, "GET", "/todos")[::2] == (403, '{"message":"Forbidden"}')
        gateway.create_base_path_mapping(domainName=name, restApiId=todos.id, stage="dev",
                                         basePath="v1")
        assert until(lambda: send(aws, name, "GET", "/v1/todos/7")[0] == 200)
        event = event_of(send(aws, name, "GET", "/v1/todos/7")[2])
        assert event["path"] == "/v1/todos/7"
        assert event["requestContext"]["path"] == "/v1/todos/7"
        assert event["requestContext"]["domainName"] == name
        assert event["pathParameters"] == {"id": "7"}
        assert send(aws, name, "GET", "/todos/7")[0] == 403
        with refused("BadRequestException"):
            gateway.delete_rest_api(restApiId=todos.id)
    finally:
        gateway.delete_domain_name(domainName=name)
        certificates.delete_certificate(CertificateArn=arn)
