"""Models and request validators. Expectations: AWS's API Gateway REST API reference, the developer guide's "Data
models for REST APIs" and "Request validation for REST APIs", and what aws/aws-cdk#27433 and
amazon-archives/aws-apigateway-importer#213 were answered."""
import json

import pytest

from tests.sdk.apigateway_helpers import (api_host, echo_function, integration_uri, refused, rest_api,
                                          send, until)

TODO = json.dumps({"$schema": "http://json-schema.org/draft-04/schema#", "title": "Todo",
                   "type": "object", "required": ["text"],
                   "properties": {"text": {"type": "string", "minLength": 1},
                                  "count": {"type": "integer"}}})


@pytest.fixture(scope="module")
def gateway(aws):
    return aws.client("apigateway")


@pytest.fixture
def api(gateway):
    with rest_api(gateway, endpointConfiguration={"types": ["REGIONAL"]}) as made:
        yield made


def make_model(gateway, api, name="Todo", schema=TODO):
    return gateway.create_model(restApiId=api.id, name=name, contentType="application/json",
                                schema=schema, description="d")


def test_models_live(gateway, api):
    names = [each["name"] for each in gateway.get_models(restApiId=api.id)["items"]]
    assert sorted(names) == ["Empty", "Error"]
    made = make_model(gateway, api)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["name"], made["contentType"], made["schema"]) == ("Todo", "application/json", TODO)
    assert len(made["id"]) == 6
    with refused("ConflictException", 409, "Model name already exists for this REST API"):
        make_model(gateway, api)
    changed = gateway.update_model(restApiId=api.id, modelName="Todo", patchOperations=[
        {"op": "replace", "path": "/description", "value": "other"}])
    assert changed["description"] == "other"
    assert gateway.get_model(restApiId=api.id, modelName="Todo")["schema"] == TODO
    assert gateway.delete_model(restApiId=api.id,
                                modelName="Todo")["ResponseMetadata"]["HTTPStatusCode"] == 202
    with refused("NotFoundException", 404):
        gateway.get_model(restApiId=api.id, modelName="Todo")


def test_model_templates(gateway, api):
    """The command line's documentation shows this one."""
    assert gateway.get_model_template(restApiId=api.id, modelName="Empty")["value"] == (
        "#set($inputRoot = $input.path('$'))\n{ }")


def test_flattened_models(gateway, api):
    make_model(gateway, api)
    url = f"https://apigateway.amazonaws.com/restapis/{api.id}/models/Todo"
    make_model(gateway, api, "Todos", json.dumps({"type": "array", "items": {"$ref": url}}))
    flat = json.loads(gateway.get_model(restApiId=api.id, modelName="Todos", flatten=True)["schema"])
    assert flat["definitions"]["Todo"]["required"] == ["text"]


def test_schemas_are_checked(gateway, api):
    with refused("BadRequestException", 400,
                 "Model schema must have at least 1 property or array items defined"):
        gateway.create_model(restApiId=api.id, name="a", contentType="application/json")
    invalid = ("Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema "
               "specified")
    with refused("BadRequestException", 400, invalid + "]"):
        make_model(gateway, api, "a", json.dumps({"type": "object", "required": []}))
    with refused("BadRequestException") as caught:
        make_model(gateway, api, "a", json.dumps({"type": "string", "example": "x"}))
    assert caught.value.response["Error"]["Message"].startswith(invalid)
    with refused("BadRequestException", 400, "Model name must be alphanumeric: a_b"):
        make_model(gateway, api, "a_b")


def test_request_validators_live(gateway, api):
    made = gateway.create_request_validator(restApiId=api.id, name="v", validateRequestBody=True)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["validateRequestBody"], made["validateRequestParameters"]) == (True, False)
    at = {"restApiId": api.id, "requestValidatorId": made["id"]}
    changed = gateway.update_request_validator(**at, patchOperations=[
        {"op": "replace", "path": "/validateRequestParameters", "value": "true"}])
    assert changed["validateRequestParameters"] is True
    assert gateway.get_request_validator(**at)["name"] == "v"
    assert [each["id"] for each in
            gateway.get_request_validators(restApiId=api.id)["items"]] == [made["id"]]
    assert gateway.delete_request_validator(**at)["ResponseMetadata"]["HTTPStatusCode"] == 202
    with refused("NotFoundException", 404):
        gateway.get_request_validator(**at)


def test_methods_name_what_exists(gateway, api):
    at = {"restApiId": api.id, "resourceId": api.root, "httpMethod": "POST", "authorizationType": "NONE"}
    with refused("BadRequestException", 400, "Invalid model identifier specified: Missing"):
        gateway.put_method(**at, requestModels={"application/json": "Missing"})
    with refused("BadRequestException", 400, "Invalid Request Validator identifier specified"):
        gateway.put_method(**at, requestValidatorId="abc123")
    with refused("BadRequestException", 400,
                 "Parameter names must be unique across querystring, header and path"):
        gateway.put_method(**at, requestParameters={"method.request.header.a": True,
                                                    "method.request.querystring.a": True})
    make_model(gateway, api)
    gateway.put_method(**at, requestModels={"application/json": "Todo"})
    with refused("ConflictException", 409,
                 "Cannot delete model 'Todo', is referenced in method request: //POST"):
        gateway.delete_model(restApiId=api.id, modelName="Todo")


def test_requests_are_validated(aws, gateway, api):
    """Parameters first, then the body: "Request validation for REST APIs"."""
    with echo_function(aws) as function:
        make_model(gateway, api)
        both = gateway.create_request_validator(restApiId=api.id, name="both", validateRequestBody=True,
                                                validateRequestParameters=True)["id"]
        at = {"restApiId": api.id, "resourceId": api.root, "httpMethod": "POST"}
        gateway.put_method(**at, authorizationType="NONE", requestValidatorId=both,
                           requestModels={"application/json": "Todo"},
                           requestParameters={"method.request.querystring.q": True,
                                              "method.request.header.X-Who": True})
        gateway.put_integration(**at, type="AWS_PROXY", integrationHttpMethod="POST",
                                uri=integration_uri(function))
        api.deploy()

        def post(path, body, headers=None):
            status, _, text = send(aws, api_host(api), "POST", path, headers, body)
            return status, text

        def served():
            return post("/dev/?q=1", '{"text": "a"}', {"X-Who": "me"})[0] == 200

        until(served)
        assert post("/dev/", "{}") == (
            400, '{"message": "Missing required request parameters: [X-Who, q]"}')
        for body in ("", "{}", '{"text": ""}', '{"text": "a", "count": 1.5}', "text"):
            assert post("/dev/?q=1", body, {"X-Who": "me"}) == (
                400, '{"message": "Invalid request body"}')
        assert post("/dev/?q=1", "text", {"X-Who": "me", "Content-Type": "text/plain"})[0] == 200
