"""Compressed bodies. Expectations: API Gateway developer guide, "Payload compression for REST APIs in API Gateway" and
the pages below it; the texts of refusals as LocalStack's tests have recorded them from AWS (test_update_rest_api_
compression); the header that stays as serverless-http #194 has seen it."""
import gzip
import json
import zlib

import pytest

from tests.sdk.apigateway_helpers import (answer_header, api_host, echo_function, event_of, refused, rest_api,
                                          send, send_for_bytes, until)
from tests.sdk.cloudformation_helpers import (cloudformation, create, name,  # noqa: F401 (fixtures)
                                              outputs, wait)

OUT_OF_RANGE = "Invalid minimum compression size, must be between 0 and 10485760"


@pytest.fixture(scope="module")
def gateway(aws):
    return aws.client("apigateway")


def minimum(value=None):
    operation = {"op": "replace", "path": "/minimumCompressionSize"}
    return [operation if value is None else {**operation, "value": value}]


def test_the_setting(gateway):
    with rest_api(gateway, minimumCompressionSize=0) as api:
        assert gateway.get_rest_api(restApiId=api.id)["minimumCompressionSize"] == 0
        changed = gateway.update_rest_api(restApiId=api.id, patchOperations=minimum("10"))
        assert changed["minimumCompressionSize"] == 10
        for off in ("", None):
            gateway.update_rest_api(restApiId=api.id, patchOperations=minimum("10"))
            changed = gateway.update_rest_api(restApiId=api.id, patchOperations=minimum(off))
            assert "minimumCompressionSize" not in changed
        for wrong in ("-1", "10485761", "many"):
            with refused("BadRequestException", message=OUT_OF_RANGE):
                gateway.update_rest_api(restApiId=api.id, patchOperations=minimum(wrong))
    with refused("BadRequestException", message=OUT_OF_RANGE):
        gateway.create_rest_api(name="refused", minimumCompressionSize=10485761)


def test_bodies(aws, gateway):
    with echo_function(aws) as function, rest_api(
            gateway, endpointConfiguration={"types": ["REGIONAL"]}, minimumCompressionSize=20) as api:
        api.method(api.root, "POST", function)
        api.deploy()
        host = api_host(api)
        # Requests.
        until(lambda: send(aws, host, "POST", "/dev/")[0] == 200)
        for coding, packed in (("gzip", gzip.compress(b"a" * 100)), ("deflate", zlib.compress(b"a" * 100))):
            if coding == "deflate":
                assert len(packed) < 20  # too small to be looked at
                packed = zlib.compress(bytes(range(97, 123)) * 4)
            event = event_of(send(aws, host, "POST", "/dev/", {"Content-Encoding": coding}, packed)[2])
            assert event["body"] in ("a" * 100, "abcdefghijklmnopqrstuvwxyz" * 4)
            assert event["headers"]["Content-Encoding"] == coding and not event["isBase64Encoded"]
        assert send(aws, host, "POST", "/dev/", {"Content-Encoding": "br"}, b"x")[0] == 415
        assert send(aws, host, "POST", "/dev/", {"Content-Encoding": "gzip"}, b"x" * 30)[0] == 415
        # Answers.
        wanted = answer_header(json.dumps({"statusCode": 200, "body": "a" * 100}))
        status, headers, body = send_for_bytes(aws, host, "POST", "/dev/", {**wanted, "Accept-Encoding": "gzip"})
        assert status == 200 and headers["Content-Encoding"] == "gzip" and gzip.decompress(body) == b"a" * 100
        accept = {"Accept-Encoding": "gzip;q=0.5,deflate;q=1.0"}
        status, headers, body = send_for_bytes(aws, host, "POST", "/dev/", {**wanted, **accept})
        assert headers["Content-Encoding"] == "deflate" and zlib.decompress(body) == b"a" * 100
        for other in ("br, gzip", "*", "identity"):
            status, headers, body = send(aws, host, "POST", "/dev/", {**wanted, "Accept-Encoding": other})
            assert "Content-Encoding" not in headers and body == "a" * 100
        small = answer_header(json.dumps({"statusCode": 200, "body": "a" * 19}))
        assert send(aws, host, "POST", "/dev/", {**small, "Accept-Encoding": "gzip"})[2] == "a" * 19


def test_documents(gateway):
    body = {"openapi": "3.0.1", "info": {"title": "packed", "version": "1"},
            "x-amazon-apigateway-minimum-compression-size": 5242880,
            "paths": {"/": {"get": {"responses": {}, "x-amazon-apigateway-integration": {
                "type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}}}}}}
    made = gateway.import_rest_api(body=json.dumps(body))
    try:
        assert made["minimumCompressionSize"] == 5242880
        gateway.create_deployment(restApiId=made["id"], stageName="dev")
        export = gateway.get_export(restApiId=made["id"], stageName="dev", exportType="oas30",
                                    parameters={"extensions": "apigateway"})
        assert json.loads(export["body"].read())["x-amazon-apigateway-minimum-compression-size"] == 5242880
    finally:
        gateway.delete_rest_api(restApiId=made["id"])


def test_stacks(gateway, cloudformation, name):  # noqa: F811
    """CloudFormation Template Reference, AWS::ApiGateway::RestApi: "Update requires: No interruption"."""
    def template(**properties):
        return {"Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": name, **properties}}},
                "Outputs": {"Id": {"Value": {"Ref": "Api"}}}}

    def update(**properties):
        cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(template(**properties)))
        wait(cloudformation, name, "stack_update_complete")
        return gateway.get_rest_api(restApiId=api).get("minimumCompressionSize")

    create(cloudformation, name, template(MinimumCompressionSize=0))
    api = outputs(cloudformation, name)["Id"]
    assert gateway.get_rest_api(restApiId=api)["minimumCompressionSize"] == 0
    assert update(MinimumCompressionSize=1024) == 1024
    assert update(Description="off") is None
    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, name, "stack_delete_complete")
