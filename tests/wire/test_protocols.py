"""Every operation of every compiled-in model, held against botocore from both ends.

Inputs and outputs are drawn at random along the model's shapes (the seed is in the test's name).
botocore serialises an input, Tandem must find the same operation and decode the same document;
Tandem renders an output, botocore must parse the same values; Tandem's client side must agree with
Tandem's server side. The source of truth is botocore's own code.
"""
import base64
import datetime
import json
import os
import random
import re
import subprocess

import botocore.parsers
import botocore.serialize
import botocore.session
import pytest
from botocore.awsrequest import prepare_request_dict

SERVICES = {
    "dynamodb": "2012-08-10", "lambda": "2015-03-31", "apigateway": "2015-07-09",
    "route53": "2013-04-01", "cloudformation": "2010-05-15", "s3": "2006-03-01",
    "iam": "2010-05-08", "sts": "2011-06-15", "acm": "2015-12-08", "logs": "2014-03-28",
}
SEEDS = [int(seed) for seed in os.environ.get("TANDEM_SEEDS", "1,2").split(",")]
# Not plain request and answer, or rewritten by botocore outside its serialisers and parsers.
SKIPPED = {
    ("s3", "SelectObjectContent"),     # an event stream
    ("s3", "WriteGetObjectResponse"),  # goes to a host of its own
    ("s3", "GetBucketLocation"),       # parsed by a handler
    # Older twins of another operation on the same path: the newer one is found.
    ("s3", "GetBucketLifecycle"), ("s3", "PutBucketLifecycle"),
    ("s3", "GetBucketNotification"), ("s3", "PutBucketNotification"),
}
TEXT = "abcXYZ019 -_./+&<>\"'%é漢~"
PLAIN = "abcXYZ019-_"


class Echo:
    def __init__(self):
        self.process = subprocess.Popen([os.environ["PROTOCOL_ECHO"]], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def __call__(self, **message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="module")
def echo():
    echo = Echo()
    yield echo
    echo.process.stdin.close()
    echo.process.wait(10)


class Drawer:
    """Draws values that are valid for a shape. Some members are left out."""

    def __init__(self, rng, side):
        self.rng = rng
        self.side = side

    def text(self, alphabet, shape=None, low=1, high=12):
        metadata = shape.metadata if shape is not None else {}
        if metadata.get("enum"):
            return self.rng.choice(metadata["enum"])
        return "".join(self.rng.choice(alphabet) for _ in range(self.rng.randint(low, high)))

    def structure(self, shape, depth):
        value = {}
        for name, member in shape.members.items():
            location = member.serialization.get("location")
            if depth > 5 and name not in shape.required_members:
                continue
            if name not in shape.required_members and self.rng.random() < 0.3:
                continue
            if location == "statusCode":
                continue
            if depth > 12:
                continue
            if shape.metadata.get("document"):
                continue
            value[name] = self.member(member, location, depth + 1)
        if not value and shape.members and depth > 0:
            # The query protocol has no way to say "an empty structure".
            name, member = next(iter(shape.members.items()))
            value[name] = self.member(member, None, depth + 1)
        return value

    def member(self, shape, location, depth):
        kind = shape.type_name
        if location in ("header", "headers") or location == "uri":
            if kind == "string":
                return self.text(PLAIN, shape)
            if kind == "map":
                return {self.text("abcxyz", low=2): self.text(PLAIN) for _ in range(2)}
        if location == "querystring" and kind == "map":
            return {self.text("abcxyz", low=3): self.member(shape.value, None, depth)}
        return self.value(shape, depth)

    def value(self, shape, depth):
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, depth)
        if kind == "list":
            count = self.rng.randint(1, 3) if depth < 6 else 1
            if depth > 12:
                return []
            return [self.value(shape.member, depth + 1) for _ in range(count)]
        if kind == "map":
            if depth > 12:
                return {}
            return {self.text(PLAIN, shape.key): self.value(shape.value, depth + 1)
                    for _ in range(self.rng.randint(1, 2))}
        if kind == "string":
            return self.text(TEXT, shape).strip() or "x"
        if kind == "blob":
            return bytes(self.rng.randrange(256) for _ in range(self.rng.randint(1, 9)))
        if kind == "boolean":
            return self.rng.random() < 0.5
        if kind in ("integer", "long"):
            return self.rng.randint(0, 2**31 - 1)
        if kind in ("float", "double"):
            return self.rng.randint(0, 1000) / 8
        if kind == "timestamp":
            return datetime.datetime.fromtimestamp(self.rng.randint(10**9, 2 * 10**9),
                                                   datetime.timezone.utc)
        raise AssertionError(kind)


def document(value):
    """What boto3 takes and gives, as Tandem's documents have it."""
    if isinstance(value, dict):
        return {key: document(item) for key, item in value.items()}
    if isinstance(value, list):
        return [document(item) for item in value]
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def split_payload(shape, value):
    """Takes a raw payload member out of a document."""
    name = shape.serialization.get("payload") if shape else None
    if name is None or name not in value:
        return value, b""
    member = shape.members[name]
    if member.type_name == "blob" or member.serialization.get("streaming"):
        rest = dict(value)
        raw = rest.pop(name)
        return rest, raw
    return value, b""


def same(expected, found):
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(
            same(expected[key], found[key]) for key in expected)
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(same, expected, found))
    if isinstance(expected, float) or isinstance(found, float):
        return abs(float(expected) - float(found)) < 1e-3
    return expected == found


def cases():
    session = botocore.session.get_session()
    for service, version in SERVICES.items():
        model = session.get_service_model(service, api_version=version)
        for name in model.operation_names:
            if (service, name) not in SKIPPED:
                for seed in SEEDS:
                    yield pytest.param(model, name, seed, id=f"{service}-{name}-seed{seed}")


def serialised(model, operation, value):
    serializer = botocore.serialize.create_serializer(model.metadata["protocol"],
                                                      include_validation=False)
    request = serializer.serialize_to_request(value, operation)
    prepare_request_dict(request, endpoint_url="https://host.example/")
    target = request["url"].split("host.example", 1)[1] or "/"
    body = request["body"]
    headers = {key: value for key, value in request["headers"].items()}
    if isinstance(body, dict):  # query
        from urllib.parse import urlencode
        body = urlencode(body)
    if isinstance(body, str):
        body = body.encode()
    return request["method"], target, list(headers.items()), body


@pytest.mark.parametrize("model, name, seed", cases())
def test_operation(echo, model, name, seed):
    operation = model.operation_model(name)
    rng = random.Random(f"{model.service_name}{name}{seed}")
    service = model.service_name
    if operation.input_shape is not None:
        check_request(echo, service, model, operation, rng)
    check_response(echo, service, model, operation, rng)


def check_request(echo, service, model, operation, rng):
    shape = operation.input_shape
    value = Drawer(rng, "input").structure(shape, 0)
    method, target, headers, body = serialised(model, operation, value)
    rest, raw = split_payload(shape, value)
    expected = document(rest)
    raw = raw.encode() if isinstance(raw, str) else raw
    got = echo(do="request", service=service, method=method, target=target,
               headers=[[k, v if isinstance(v, str) else str(v)] for k, v in headers],
               body=base64.b64encode(body or b"").decode())
    assert "error" not in got, (got, target, body)
    assert got["operation"] == operation.name
    assert same(expected, got["input"]), (expected, got["input"], target, headers, body)
    assert base64.b64decode(got["payload"]) == raw
    assert got["unknown"] == "", (got, target, headers, body)
    sent = echo(do="client_request", service=service, operation=operation.name, input=expected,
                payload=base64.b64encode(raw).decode())
    again = echo(do="request", service=service, method=sent["method"], target=sent["target"],
                 headers=sent["headers"], body=sent["body"])
    assert again.get("operation") == operation.name, (again, sent)
    assert same(expected, again["input"]), (expected, again["input"], sent)
    assert base64.b64decode(again["payload"]) == raw
    assert again["unknown"] == "", (again, sent)


def without_empty(value):
    """botocore drops or invents empty lists here and there in XML; emptiness is compared loosely."""
    if isinstance(value, dict):
        items = {key: without_empty(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if item not in ({}, [], None)}
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    return value


def check_response(echo, service, model, operation, rng):
    shape = operation.output_shape
    value = Drawer(rng, "output").structure(shape, 0) if shape is not None else {}
    rest, raw = split_payload(shape, value)
    raw = b"payload, " * 3 if raw else b""  # botocore reads blobs as text unless they stream
    expected = document(rest)
    sent = echo(do="response", service=service, operation=operation.name, output=expected,
                payload=base64.b64encode(raw).decode())
    body = base64.b64decode(sent["body"])
    headers = botocore.awsrequest.HeadersDict(dict(sent["headers"]))
    parser = botocore.parsers.create_parser(model.metadata["protocol"])
    parsed = parser.parse({"status_code": sent["status"], "headers": headers, "body": body}, shape)
    metadata = parsed.pop("ResponseMetadata")
    assert metadata["HTTPStatusCode"] == operation.http.get("responseCode", 200)
    rest_found, raw_found = split_payload(shape, parsed) if shape is not None else (parsed, b"")
    for member, found in (shape.members if shape is not None else {}).items():
        if found.serialization.get("location") == "statusCode":
            expected[member] = sent["status"]
        if found.serialization.get("name") == "Content-Type" and member not in expected:
            rest_found.pop(member, None)  # the protocol gives one of its own
    assert same(without_empty(expected), without_empty(document(rest_found))), (
        expected, document(rest_found), body, sent["headers"])
    if raw:
        assert raw_found == raw or raw_found == raw.decode()
    back = echo(do="client_response", service=service, operation=operation.name,
                status=sent["status"], headers=sent["headers"], body=sent["body"])
    assert "error" not in back, (back, body)
    back["output"].pop("contentType", None) if "contentType" not in expected else None
    assert same(without_empty(expected), without_empty(back["output"])), (expected, back, body)


ERRORS = [
    ("dynamodb", 400, "ResourceNotFoundException", "Requested resource not found", {}),
    ("dynamodb", 400, "ValidationException", "1 validation error detected: …", {}),
    ("logs", 400, "ResourceAlreadyExistsException", "The specified log group already exists", {}),
    ("acm", 400, "ResourceNotFoundException", "Could not find certificate x.", {}),
    ("lambda", 404, "ResourceNotFoundException", "Function not found: f", {}),
    ("lambda", 429, "TooManyRequestsException", "Rate Exceeded.", {"retryAfterSeconds": "1"}),
    ("apigateway", 404, "NotFoundException", "Invalid API identifier specified", {}),
    ("route53", 404, "NoSuchHostedZone", "No hosted zone found with ID: Z", {}),
    ("cloudformation", 400, "ValidationError", "Stack with id <n> does not exist", {}),
    ("iam", 404, "NoSuchEntityException", "The role with name r cannot be found.", {}),
    ("sts", 403, "AccessDenied", "no & never", {}),
    ("s3", 404, "NoSuchKey", "The specified key does not exist.", {"Key": "a<b"}),
]


@pytest.mark.parametrize("service, status, code, message, members", ERRORS)
def test_error(echo, service, status, code, message, members):
    model = botocore.session.get_session().get_service_model(service,
                                                             api_version=SERVICES[service])
    sent = echo(do="error", service=service, status=status, code=code, message=message,
                members=members)
    parser = botocore.parsers.create_parser(model.metadata["protocol"])
    parsed = parser.parse(
        {"status_code": sent["status"], "headers": botocore.awsrequest.HeadersDict(dict(sent["headers"])),
         "body": base64.b64decode(sent["body"])}, None)
    assert parsed["Error"]["Code"] == re.sub("EntityException$", "Entity", code)
    assert parsed["Error"]["Message"] == message
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == status
    if service != "s3":
        assert parsed["ResponseMetadata"]["RequestId"] == "REQUESTID"


def test_route53_change_batch_errors_are_listed_in_the_message(echo):
    # The form Route 53 has used since 2024 (aws-sdk-kotlin pull request 1435).
    sent = echo(do="error", service="route53", status=400, code="InvalidChangeBatch",
                message="", members={"messages": ["a", "b"]})
    parsed = botocore.parsers.create_parser("rest-xml").parse(
        {"status_code": 400, "headers": {}, "body": base64.b64decode(sent["body"])}, None)
    assert parsed["Error"]["Code"] == "InvalidChangeBatch"
    assert parsed["Error"]["Message"] == "[a, b]"
