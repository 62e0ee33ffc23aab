"""Import and export of OpenAPI documents. Expectations: AWS's developer guide, "Develop REST APIs using OpenAPI in API
Gateway", and botocore's model."""
import json

import pytest

from tests.sdk.apigateway_helpers import (api_host, echo_function, event_of, integration_uri, refused,
                                          rest_api, send, until)

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:none"


@pytest.fixture(scope="module")
def gateway(aws):
    return aws.client("apigateway")


@pytest.fixture
def api(gateway):
    with rest_api(gateway, endpointConfiguration={"types": ["REGIONAL"]}) as made:
        yield made


def document(function=FUNCTION, **paths):
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": integration_uri(function),
                   "passthroughBehavior": "when_no_match"}
    return {"openapi": "3.0.1", "info": {"title": "shop", "version": "7", "description": "d"},
            "servers": [{"url": "https://example.com/{basePath}",
                         "variables": {"basePath": {"default": "/v1"}}}],
            "x-amazon-apigateway-request-validators": {
                "all": {"validateRequestBody": True, "validateRequestParameters": True}},
            "x-amazon-apigateway-request-validator": "all",
            "paths": {"/items/{id}": {"post": {
                "operationId": "change",
                "requestBody": {"content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Item"}}}},
                "responses": {"200": {"description": "ok"}},
                "x-amazon-apigateway-integration": integration}}, **paths},
            "components": {"schemas": {"Item": {"type": "object", "required": ["name"]}}}}


def paths_of(gateway, api_id):
    resources = gateway.get_resources(restApiId=api_id, limit=500)["items"]
    return sorted(each["path"] for each in resources if each.get("resourceMethods"))


def test_an_api_is_imported_and_serves(aws, gateway):
    with echo_function(aws) as function:
        made = gateway.import_rest_api(parameters={"endpointConfigurationTypes": "REGIONAL"},
                                       body=json.dumps(document(function)))
        try:
            assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
            assert (made["name"], made["version"], made["description"]) == ("shop", "7", "d")
            assert made["endpointConfiguration"]["types"] == ["REGIONAL"]
            host = f"{made['id']}.execute-api.us-east-1.amazonaws.com"
            gateway.create_deployment(restApiId=made["id"], stageName="dev")
            until(lambda: send(aws, host, "POST", "/dev/items/1", {}, '{"name": "a"}')[0] == 200)
            event = event_of(send(aws, host, "POST", "/dev/items/1", {}, '{"name": "a"}')[2])
            assert event["pathParameters"] == {"id": "1"}
            assert send(aws, host, "POST", "/dev/items/1", {}, "{}")[0] == 400
        finally:
            gateway.delete_rest_api(restApiId=made["id"])


def test_a_document_is_merged_or_overwrites(gateway, api):
    api.method(api.resource("old"), "GET", FUNCTION)
    body = json.dumps(document())
    put = gateway.put_rest_api(restApiId=api.id, mode="merge", body=body)
    assert put["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert paths_of(gateway, api.id) == ["/items/{id}", "/old"]
    gateway.put_rest_api(restApiId=api.id, mode="overwrite", body=body,
                         parameters={"basepath": "prepend"})
    assert paths_of(gateway, api.id) == ["/v1/items/{id}"]
    method = next(each for each in gateway.get_resources(restApiId=api.id, embed=["methods"])["items"]
                  if each["path"] == "/v1/items/{id}")["resourceMethods"]["POST"]
    assert method["operationName"] == "change"
    assert method["requestParameters"] == {"method.request.path.id": True}
    assert method["requestModels"] == {"application/json": "Item"}
    assert sorted(method["methodResponses"]) == ["200"]


def test_yaml_is_read(gateway, api):
    gateway.put_rest_api(restApiId=api.id, body=f"""
swagger: "2.0"
info: {{title: y, version: 1.0}}
paths:
  /y:
    x-amazon-apigateway-any-method:
      x-amazon-apigateway-integration: {{type: AWS_PROXY, httpMethod: POST, uri: '{integration_uri(FUNCTION)}'}}
""")
    assert paths_of(gateway, api.id) == ["/y"]
    assert gateway.get_rest_api(restApiId=api.id)["version"] == "1.0"


def test_what_fails_changes_nothing(gateway, api):
    with refused("BadRequestException", 400, "Invalid OpenAPI input."):
        gateway.put_rest_api(restApiId=api.id, body="nothing")
    broken = document(**{"/b": {"get": {"x-amazon-apigateway-integration": {
        "type": "aws_proxy", "httpMethod": "POST", "uri": "x"}}}})
    with refused("BadRequestException") as caught:
        gateway.put_rest_api(restApiId=api.id, body=json.dumps(broken))
    assert "Unable to put integration on 'GET' for resource at path '/b'" in (
        caught.value.response["Error"]["Message"])
    warns = document(**{"/w": {"get": {"x-amazon-apigateway-integration": {
        "type": "aws_proxy", "httpMethod": "POST", "uri": integration_uri(FUNCTION),
        "requestParameters": {"integration.request.header.nothing": True}}}}})
    with refused("BadRequestException"):
        gateway.put_rest_api(restApiId=api.id, failOnWarnings=True, body=json.dumps(warns))
    assert paths_of(gateway, api.id) == []
    put = gateway.put_rest_api(restApiId=api.id, body=json.dumps(warns))
    assert put["warnings"] == [
        "Invalid format for 'requestParameters'. Expected type string for property "
        "'integration.request.header.nothing' of resource '/w' and method 'GET' but got 'true'"]


@pytest.mark.parametrize("kind", ["oas30", "swagger"])
def test_a_stage_is_exported(gateway, api, kind):
    gateway.put_rest_api(restApiId=api.id, body=json.dumps(document()))
    api.deploy()
    plain = gateway.get_export(restApiId=api.id, stageName="dev", exportType=kind)
    assert plain["contentType"] == "application/octet-stream"
    assert plain["contentDisposition"] == f'attachment; filename="{kind}_7.json"'
    exported = json.loads(plain["body"].read())
    assert exported["info"] == {"title": "shop", "description": "d", "version": "7"}
    if kind == "oas30":
        assert exported["openapi"] == "3.0.1"
        assert exported["servers"] == [{"url": f"https://{api_host(api)}/{{basePath}}",
                                        "variables": {"basePath": {"default": "dev"}}}]
    else:
        assert (exported["swagger"], exported["host"], exported["basePath"]) == (
            "2.0", api_host(api), "/dev")
    assert "x-amazon-apigateway-integration" not in exported["paths"]["/items/{id}"]["post"]
    whole = gateway.get_export(restApiId=api.id, stageName="dev", exportType=kind,
                               parameters={"extensions": "apigateway"}, accepts="application/json")
    method = json.loads(whole["body"].read())["paths"]["/items/{id}"]["post"]
    assert method["x-amazon-apigateway-integration"]["uri"] == integration_uri(FUNCTION)
    as_yaml = gateway.get_export(restApiId=api.id, stageName="dev", exportType=kind,
                                 accepts="application/yaml")
    assert as_yaml["contentDisposition"] == f'attachment; filename="{kind}_7.yaml"'
    with refused("BadRequestException"):
        gateway.get_export(restApiId=api.id, stageName="dev", exportType="raml")
