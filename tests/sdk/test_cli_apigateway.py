"""API Gateway through the AWS CLI. Sources: [CLI] AWS CLI Command Reference, apigateway, and the User
Guide's pages on return codes, pagination and shorthand; [API] Amazon API Gateway V1 API Reference, each
operation's page, and "Patch operations"; [DG] API Gateway Developer Guide, "Usage plans and API keys"."""
import json
import re

import pytest

from tests.sdk.apigateway_helpers import (api_host, echo_function, event_of, integration_uri, send,
                                          unique, until)
from tests.support.aws_cli import SERVICE_ERROR, USAGE_ERROR, error_in

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:none"


class Api:
    """A REST API made by commands; calling it runs an apigateway command about it."""

    def __init__(self, cli):
        self._cli = cli
        self.id = cli("apigateway", "create-rest-api", "--name", unique("api"),
                      "--endpoint-configuration", "types=REGIONAL")["id"]
        self.root = self("get-resources")["items"][0]["id"]

    def __call__(self, command, *words):
        return self._cli("apigateway", command, "--rest-api-id", self.id, *words)

    def refused(self, command, *words):
        return self._cli.refused("apigateway", command, "--rest-api-id", self.id, *words)

    def resource(self, part, parent=None):
        return self("create-resource", "--parent-id", parent or self.root, "--path-part", part)["id"]

    def method(self, resource, method, function=FUNCTION, *more):
        at = ("--resource-id", resource, "--http-method", method)
        self("put-method", *at, "--authorization-type", "NONE", *more)
        self("put-integration", *at, "--type", "AWS_PROXY", "--integration-http-method", "POST",
             "--uri", integration_uri(function))
        return at

    def deploy(self, stage="dev"):
        return self("create-deployment", "--stage-name", stage)["id"]


@pytest.fixture
def api(cli):
    made = Api(cli)
    yield made
    assert made("delete-rest-api") == {}


@pytest.fixture
def key(cli):
    made = cli("apigateway", "create-api-key", "--name", unique("key"), "--enabled")
    yield made
    cli("apigateway", "delete-api-key", "--api-key", made["id"])


def test_rest_apis(cli):  # [API] CreateRestApi, GetRestApi, GetRestApis, UpdateRestApi, DeleteRestApi
    name = unique("api")
    made = cli("apigateway", "create-rest-api", "--name", name, "--description", "d", "--api-version",
               "1", "--endpoint-configuration", "types=REGIONAL", "--tags", "team=a",
               "--binary-media-types", "image/png")
    assert re.fullmatch("[a-z0-9]{10}", made["id"])
    assert (made["name"], made["description"], made["version"]) == (name, "d", "1")
    assert made["endpointConfiguration"]["types"] == ["REGIONAL"]
    assert (made["apiKeySource"], made["tags"]) == ("HEADER", {"team": "a"})
    words = ("--rest-api-id", made["id"])
    assert cli("apigateway", "get-rest-api", *words) == made
    assert made["id"] in cli("apigateway", "get-rest-apis", "--page-size", "1", "--query",
                             "items[].id")
    assert cli("apigateway", "get-rest-apis", "--query", f"items[?name=='{name}'].id", "--output",
               "text").strip() == made["id"]
    changed = cli("apigateway", "update-rest-api", *words, "--patch-operations",
                  "op=replace,path=/name,value=other", "op=remove,path=/binaryMediaTypes/image~1png")
    assert changed["name"] == "other" and not changed.get("binaryMediaTypes")
    code, operation, message = cli.refused("apigateway", "update-rest-api", *words,
                                           "--patch-operations", "op=replace,path=/x,value=1")
    assert (code, operation) == ("BadRequestException", "UpdateRestApi")
    assert message.startswith("Invalid patch path  '/x' specified for op 'replace'. Must be one of:")
    assert cli("apigateway", "delete-rest-api", *words) == {}
    code, operation, message = cli.refused("apigateway", "get-rest-api", *words)
    assert (code, operation) == ("NotFoundException", "GetRestApi")
    assert re.fullmatch(rf"Invalid API identifier specified \d{{12}}:{made['id']}", message)


def test_resources(api):  # [API] CreateResource, GetResource, GetResources, UpdateResource, DeleteResource
    todos = api.resource("todos")
    one = api("create-resource", "--parent-id", todos, "--path-part", "{id}")
    assert one == {"id": one["id"], "parentId": todos, "pathPart": "{id}", "path": "/todos/{id}"}
    assert api("get-resource", "--resource-id", one["id"]) == one
    renamed = api("update-resource", "--resource-id", todos, "--patch-operations",
                  "op=replace,path=/pathPart,value=tasks")
    assert renamed["path"] == "/tasks"
    paged = api("get-resources", "--page-size", "1")["items"]
    assert sorted(each["path"] for each in paged) == ["/", "/tasks", "/tasks/{id}"]
    assert api.refused("create-resource", "--parent-id", api.root, "--path-part", "tasks") == (
        "ConflictException", "CreateResource",
        "Another resource with the same parent already has this name: tasks")
    assert api.refused("delete-resource", "--resource-id", api.root)[:2] == (
        "BadRequestException", "DeleteResource")
    assert api("delete-resource", "--resource-id", todos) == {}
    assert api.refused("get-resource", "--resource-id", one["id"]) == (
        "NotFoundException", "GetResource", "Invalid Resource identifier specified")


def test_methods(api):
    # [API] PutMethod, GetMethod, UpdateMethod, DeleteMethod and those of method responses
    at = ("--resource-id", api.root, "--http-method", "GET")
    put = ("put-method", *at, "--authorization-type", "NONE")
    made = api(*put, "--api-key-required", "--request-parameters",
               "method.request.querystring.q=true")
    assert made == {"httpMethod": "GET", "authorizationType": "NONE", "apiKeyRequired": True,
                    "requestParameters": {"method.request.querystring.q": True}}
    assert api("get-method", *at) == made
    assert api.refused(*put) == ("ConflictException", "PutMethod",
                                 "Method already exists for this resource")
    changed = api("update-method", *at, "--patch-operations",
                  "op=replace,path=/apiKeyRequired,value=false")
    assert changed["apiKeyRequired"] is False
    answer = ("--status-code", "200")
    put_answer = ("put-method-response", *at, *answer, "--response-models",
                  "application/json=Empty")
    response = {"statusCode": "200", "responseModels": {"application/json": "Empty"}}
    assert api(*put_answer) == response
    assert api("get-method-response", *at, *answer) == response
    assert api.refused(*put_answer)[:2] == ("ConflictException", "PutMethodResponse")
    assert api("delete-method-response", *at, *answer) == {}
    assert api.refused("get-method-response", *at, *answer) == (
        "NotFoundException", "GetMethodResponse", "Invalid Response status code specified")
    assert api("delete-method", *at) == {}
    assert api.refused("get-method", *at) == (
        "NotFoundException", "GetMethod", "Invalid Method identifier specified")


def test_gateway_responses(api):
    # [API] PutGatewayResponse, GetGatewayResponse, GetGatewayResponses, DeleteGatewayResponse
    at = ("--response-type", "DEFAULT_5XX")
    header = {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}
    made = api("put-gateway-response", *at, "--response-parameters", json.dumps(header))
    assert made == {"responseType": "DEFAULT_5XX", "responseParameters": header,
                    "responseTemplates": {
                        "application/json": '{"message":$context.error.messageString}'},
                    "defaultResponse": False}
    assert api("get-gateway-response", *at) == made
    assert made in api("get-gateway-responses")["items"]
    assert api.refused("put-gateway-response", *at, "--response-parameters",
                       '{"gatewayresponse.header.X": "context.requestId"}')[:2] == (
        "BadRequestException", "PutGatewayResponse")
    assert api("delete-gateway-response", *at) == {}
    assert api.refused("delete-gateway-response", *at) == (
        "NotFoundException", "DeleteGatewayResponse", "Gateway response type not defined on api")


def test_integrations(api):
    # [API] PutIntegration, GetIntegration, UpdateIntegration, DeleteIntegration
    at = api.method(api.root, "POST")
    shown = api("get-integration", *at)
    assert {key: shown[key] for key in ("type", "httpMethod", "uri", "timeoutInMillis",
                                        "passthroughBehavior")} == {
        "type": "AWS_PROXY", "httpMethod": "POST", "uri": integration_uri(FUNCTION),
        "timeoutInMillis": 29000, "passthroughBehavior": "WHEN_NO_MATCH"}
    embedded = api("get-resources", "--embed", "methods")["items"][0]["resourceMethods"]["POST"]
    assert embedded["methodIntegration"] == shown
    changed = api("update-integration", *at, "--patch-operations",
                  "op=replace,path=/timeoutInMillis,value=5000")
    assert changed["timeoutInMillis"] == 5000
    put = ("put-integration", *at, "--type", "AWS_PROXY", "--uri", integration_uri(FUNCTION))
    assert api.refused(*put) == ("BadRequestException", "PutIntegration",
                                 "Enumeration value for HttpMethod must be non-empty")
    code, _, message = api.refused(*put, "--integration-http-method", "POST", "--timeout-in-millis",
                                   "10")
    assert code == "BadRequestException" and "Timeout should be between 50 ms and" in message
    assert api("delete-integration", *at) == {}
    assert api.refused("get-integration", *at) == (
        "NotFoundException", "GetIntegration", "Invalid Integration identifier specified")


def test_deployments(api):
    # [API] CreateDeployment, GetDeployment, GetDeployments, UpdateDeployment, DeleteDeployment
    assert api.refused("create-deployment", "--stage-name", "dev") == (
        "BadRequestException", "CreateDeployment", "The REST API doesn't contain any methods")
    api.method(api.root, "GET")
    first = api("create-deployment", "--description", "first")
    assert first["description"] == "first" and first["createdDate"]
    second = api.deploy()
    assert {each["id"] for each in api("get-deployments")["items"]} == {first["id"], second}
    assert len(api("get-deployments", "--max-items", "1")["items"]) == 1
    changed = api("update-deployment", "--deployment-id", first["id"], "--patch-operations",
                  "op=replace,path=/description,value=changed")
    assert changed["description"] == "changed"
    summary = api("get-deployment", "--deployment-id", first["id"], "--embed", "apisummary")
    assert summary["apiSummary"] == {"/": {"GET": {"authorizationType": "NONE",
                                                   "apiKeyRequired": False}}}
    assert api("delete-deployment", "--deployment-id", first["id"]) == {}
    assert api.refused("get-deployment", "--deployment-id", first["id"])[:2] == (
        "NotFoundException", "GetDeployment")
    assert api.refused("delete-deployment", "--deployment-id", second) == (
        "BadRequestException", "DeleteDeployment",
        "Active stages pointing to this deployment must be moved or deleted")


def test_stages(api):  # [API] CreateStage, GetStage, GetStages, UpdateStage, DeleteStage
    api.method(api.root, "GET")
    deployment = api.deploy()
    create = ("create-stage", "--deployment-id", deployment, "--stage-name")
    made = api(*create, "live", "--variables", "colour=blue", "--tags", "team=a")
    assert (made["stageName"], made["deploymentId"]) == ("live", deployment)
    assert (made["variables"], made["tags"]) == ({"colour": "blue"}, {"team": "a"})
    assert (made["cacheClusterEnabled"], made["tracingEnabled"]) == (False, False)
    assert api.refused(*create, "live") == ("ConflictException", "CreateStage",
                                            "Stage already exists")
    assert api("get-stage", "--stage-name", "live") == made
    assert {each["stageName"] for each in api("get-stages", "--deployment-id", deployment)["item"]} \
        == {"dev", "live"}
    changed = api("update-stage", "--stage-name", "live", "--patch-operations",
                  "op=replace,path=/variables/colour,value=green",
                  "op=replace,path=/*/*/throttling/rateLimit,value=7.5")
    assert changed["variables"] == {"colour": "green"}
    assert changed["methodSettings"]["*/*"]["throttlingRateLimit"] == 7.5
    assert api("delete-stage", "--stage-name", "live") == {}
    assert api.refused("get-stage", "--stage-name", "live") == (
        "NotFoundException", "GetStage", "Invalid stage identifier specified")


def test_api_keys(cli, key):  # [API] CreateApiKey, GetApiKey, GetApiKeys, UpdateApiKey, DeleteApiKey
    assert re.fullmatch("[A-Za-z0-9]{40}", key["value"]) and key["enabled"] is True
    one = ("apigateway", "get-api-key", "--api-key", key["id"])
    assert "value" not in cli(*one)
    assert cli(*one, "--include-value")["value"] == key["value"]
    listed = cli("apigateway", "get-api-keys", "--name-query", key["name"], "--include-values")
    assert [each["value"] for each in listed["items"]] == [key["value"]]
    assert cli.refused("apigateway", "create-api-key", "--name", "other", "--value",
                       key["value"])[:2] == ("ConflictException", "CreateApiKey")
    assert cli.refused("apigateway", "create-api-key", "--name", "other", "--value", "short") == (
        "BadRequestException", "CreateApiKey", "API Key value should be at least 20 characters")
    changed = cli("apigateway", "update-api-key", "--api-key", key["id"], "--patch-operations",
                  "op=replace,path=/description,value=changed", "op=replace,path=/enabled,value=false")
    assert (changed["description"], changed["enabled"]) == ("changed", False)
    assert cli.refused("apigateway", "get-api-key", "--api-key", "absent") == (
        "NotFoundException", "GetApiKey", "Invalid API Key identifier specified")


def test_usage_plans(cli, api, key):
    # [API] CreateUsagePlan, CreateUsagePlanKey and their like
    api.method(api.root, "GET")
    api.deploy()
    made = cli("apigateway", "create-usage-plan", "--name", unique("plan"), "--throttle",
               "rateLimit=10,burstLimit=5", "--quota", "limit=100,period=WEEK,offset=1",
               "--api-stages", f"apiId={api.id},stage=dev")
    assert made["throttle"] == {"rateLimit": 10.0, "burstLimit": 5}
    assert made["quota"] == {"limit": 100, "offset": 1, "period": "WEEK"}
    assert made["apiStages"] == [{"apiId": api.id, "stage": "dev"}]
    plan = ("--usage-plan-id", made["id"])
    assert cli("apigateway", "get-usage-plan", *plan) == made
    add = ("apigateway", "create-usage-plan-key", *plan, "--key-id", key["id"], "--key-type",
           "API_KEY")
    member = {"id": key["id"], "type": "API_KEY", "name": key["name"], "value": key["value"]}
    assert cli(*add) == member
    assert cli.refused(*add)[:2] == ("ConflictException", "CreateUsagePlanKey")
    one = (*plan, "--key-id", key["id"])
    assert cli("apigateway", "get-usage-plan-key", *one)["name"] == key["name"]
    assert [each["id"] for each in cli("apigateway", "get-usage-plan-keys", *plan)["items"]] == [
        key["id"]]
    plans = cli("apigateway", "get-usage-plans", "--key-id", key["id"])["items"]
    assert [each["id"] for each in plans] == [made["id"]]
    changed = cli("apigateway", "update-usage-plan", *plan, "--patch-operations",
                  "op=replace,path=/throttle/rateLimit,value=20",
                  f"op=remove,path=/apiStages,value={api.id}:dev")
    assert changed["throttle"]["rateLimit"] == 20.0 and not changed.get("apiStages")
    assert cli("apigateway", "delete-usage-plan-key", *one) == {}
    assert cli.refused("apigateway", "get-usage-plan-key", *one) == (
        "NotFoundException", "GetUsagePlanKey", "Invalid Usage Plan Key identifier specified")
    assert cli("apigateway", "delete-usage-plan", *plan) == {}
    assert cli.refused("apigateway", "get-usage-plan", *plan) == (
        "NotFoundException", "GetUsagePlan", "Invalid Usage Plan ID specified")


@pytest.fixture
def domain(cli):
    """A regional custom domain name and its certificate."""
    name = f"{unique('d')}.tandem.test"
    certificate = cli("acm", "request-certificate", "--domain-name", name, "--validation-method",
                      "DNS")["CertificateArn"]
    cli("acm", "wait", "certificate-validated", "--certificate-arn", certificate)
    made = cli("apigateway", "create-domain-name", "--domain-name", name,
               "--regional-certificate-arn", certificate, "--endpoint-configuration",
               "types=REGIONAL", "--security-policy", "TLS_1_2")
    yield made
    assert cli("apigateway", "delete-domain-name", "--domain-name", name) == {}
    cli("acm", "delete-certificate", "--certificate-arn", certificate)


def test_domain_names(cli, domain):
    # [API] CreateDomainName, GetDomainName, GetDomainNames, UpdateDomainName, DeleteDomainName
    name = domain["domainName"]
    assert re.fullmatch(r"d-[a-z0-9]{10}\.execute-api\.us-east-1\.amazonaws\.com",
                        domain["regionalDomainName"])
    # AWS General Reference, "API Gateway endpoints": the zone of us-east-1's regional endpoints.
    assert domain["regionalHostedZoneId"] == "Z1UJRXOUMOOFQ8"
    assert (domain["domainNameStatus"], domain["securityPolicy"]) == ("AVAILABLE", "TLS_1_2")
    shown = cli("apigateway", "get-domain-name", "--domain-name", name)
    assert shown["regionalCertificateArn"] == domain["regionalCertificateArn"]
    listed = cli("apigateway", "get-domain-names", "--query", "items[].domainName")
    assert name in listed
    changed = cli("apigateway", "update-domain-name", "--domain-name", name, "--patch-operations",
                  "op=replace,path=/regionalCertificateArn,value=" + domain["regionalCertificateArn"])
    assert changed["regionalDomainName"] == domain["regionalDomainName"]
    assert cli.refused("apigateway", "get-domain-name", "--domain-name", "absent.test") == (
        "NotFoundException", "GetDomainName", "Invalid domain name identifier specified")


def test_base_path_mappings(cli, api, domain):
    # [API] CreateBasePathMapping, GetBasePathMapping(s), UpdateBasePathMapping, DeleteBasePathMapping
    api.method(api.root, "GET")
    api.deploy()
    name = ("--domain-name", domain["domainName"])
    create = ("apigateway", "create-base-path-mapping", *name, "--rest-api-id", api.id, "--stage",
              "dev")
    assert cli(*create) == {"basePath": "(none)", "restApiId": api.id, "stage": "dev"}
    assert cli.refused(*create) == ("ConflictException", "CreateBasePathMapping",
                                    "Base path already exists for this domain name")
    cli(*create, "--base-path", "v1")
    listed = cli("apigateway", "get-base-path-mappings", *name)["items"]
    assert sorted(each["basePath"] for each in listed) == ["(none)", "v1"]
    moved = cli("apigateway", "update-base-path-mapping", *name, "--base-path", "v1",
                "--patch-operations", "op=replace,path=/basePath,value=v2")
    assert moved["basePath"] == "v2"
    one = ("--base-path", "v2")
    assert cli("apigateway", "get-base-path-mapping", *name, *one) == moved
    for path in ("v2", "(none)"):
        assert cli("apigateway", "delete-base-path-mapping", *name, "--base-path", path) == {}
    assert cli.refused("apigateway", "get-base-path-mapping", *name, *one) == (
        "NotFoundException", "GetBasePathMapping", "Invalid base path mapping identifier specified")


def test_tags(cli, api):  # [API] TagResource, UntagResource, GetTags
    arn = ("--resource-arn", f"arn:aws:apigateway:us-east-1::/restapis/{api.id}")
    assert cli("apigateway", "tag-resource", *arn, "--tags", "a=1,b=2") == {}
    assert cli("apigateway", "untag-resource", *arn, "--tag-keys", "a") == {}
    assert cli("apigateway", "get-tags", *arn) == {"tags": {"b": "2"}}
    assert api("get-rest-api")["tags"] == {"b": "2"}
    assert cli.refused("apigateway", "get-tags", "--resource-arn",
                       "arn:aws:apigateway:us-east-1::/restapis/absent")[:2] == (
        "NotFoundException", "GetTags")


def test_models_and_validators(cli, api):  # [API] CreateModel … DeleteModel, CreateRequestValidator … Delete…
    schema = json.dumps({"type": "object", "properties": {"text": {"type": "string"}}})
    made = api("create-model", "--name", "Todo", "--content-type", "application/json", "--schema", schema)
    assert (made["name"], made["contentType"]) == ("Todo", "application/json")
    assert [each["name"] for each in api("get-models")["items"]] == ["Empty", "Error", "Todo"]
    assert api("get-model", "--model-name", "Todo")["id"] == made["id"]
    changed = api("update-model", "--model-name", "Todo", "--patch-operations",
                  "op=replace,path=/description,value=what-is-to-be-done")
    assert changed["description"] == "what-is-to-be-done"
    assert "value" in api("get-model-template", "--model-name", "Todo")
    assert api("delete-model", "--model-name", "Todo") == {}
    assert api.refused("get-model", "--model-name", "Todo")[:2] == ("NotFoundException", "GetModel")
    validator = api("create-request-validator", "--name", "body", "--validate-request-body")
    assert (validator["validateRequestBody"], validator["validateRequestParameters"]) == (True, False)
    at = ("--request-validator-id", validator["id"])
    assert api("get-request-validators")["items"] == [validator] == [api("get-request-validator", *at)]
    assert api("update-request-validator", *at, "--patch-operations",
               "op=replace,path=/validateRequestParameters,value=true")["validateRequestParameters"]
    assert api("delete-request-validator", *at) == {}


def test_authorizers(cli, api):  # [API] CreateAuthorizer … DeleteAuthorizer, TestInvokeAuthorizer, Flush…
    made = api("create-authorizer", "--name", "gate", "--type", "TOKEN", "--authorizer-uri", integration_uri(FUNCTION),
               "--identity-source", "method.request.header.Authorization",
               "--identity-validation-expression", "Bearer .+")
    at = ("--authorizer-id", made["id"])
    assert api("get-authorizers")["items"] == [api("get-authorizer", *at)]
    changed = api("update-authorizer", *at, "--patch-operations",
                  "op=replace,path=/authorizerResultTtlInSeconds,value=60")
    assert changed["authorizerResultTtlInSeconds"] == 60
    tried = api("test-invoke-authorizer", *at, "--headers", "Authorization=none")
    assert tried["clientStatus"] == 401
    assert api("delete-authorizer", *at) == {}
    api.method(api.resource("things"), "GET")
    api.deploy()
    assert api("flush-stage-authorizers-cache", "--stage-name", "dev") == {}


def test_openapi_documents(cli, api, tmp_path):  # [API] ImportRestApi, PutRestApi, GetExport
    document = {"openapi": "3.0.1", "info": {"title": unique("imported"), "version": "1"}, "paths": {"/things": {"get": {
        "responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": {
            "type": "aws_proxy", "httpMethod": "POST", "uri": integration_uri(FUNCTION)}}}}}
    file = tmp_path / "api.json"
    file.write_text(json.dumps(document))
    made = cli("apigateway", "import-rest-api", "--body", f"fileb://{file}", "--parameters",
               "endpointConfigurationTypes=REGIONAL")
    assert (made["name"], made["version"]) == (document["info"]["title"], "1")
    at = ("--rest-api-id", made["id"])
    paths = [each["path"] for each in cli("apigateway", "get-resources", *at)["items"]]
    assert sorted(paths) == ["/", "/things"]
    document["paths"]["/more"] = document["paths"]["/things"]
    file.write_text(json.dumps(document))
    cli("apigateway", "put-rest-api", *at, "--mode", "merge", "--body", f"fileb://{file}")
    cli("apigateway", "create-deployment", *at, "--stage-name", "dev")
    out = tmp_path / "export.json"
    told = cli("apigateway", "get-export", *at, "--stage-name", "dev", "--export-type", "oas30", str(out))
    assert told["contentType"] == "application/octet-stream"
    assert sorted(json.loads(out.read_text())["paths"]) == ["/more", "/things"]
    assert cli("apigateway", "delete-rest-api", *at) == {}


def test_account(cli):  # [API] GetAccount, UpdateAccount; the quotas an account starts with
    account = cli("apigateway", "get-account")
    assert account["throttleSettings"] == {"burstLimit": 5000, "rateLimit": 10000.0}
    role = "op=replace,path=/cloudwatchRoleArn,value="
    assert cli("apigateway", "update-account", "--patch-operations", role) == account
    assert cli.refused("apigateway", "update-account", "--patch-operations",
                       role + "arn:aws:iam::123456789012:role/none")[:2] == ("BadRequestException", "UpdateAccount")


def test_an_api_made_by_commands_answers(aws, cli, api, key):  # [DG] "Usage plans and API keys"
    with echo_function(aws) as function:
        api.method(api.resource("things"), "GET", function, "--api-key-required")
        api.deploy()
        plan = cli("apigateway", "create-usage-plan", "--name", unique("plan"), "--api-stages",
                   f"apiId={api.id},stage=dev")["id"]
        cli("apigateway", "create-usage-plan-key", "--usage-plan-id", plan, "--key-id", key["id"],
            "--key-type", "API_KEY")
        status, headers, body = send(aws, api_host(api), "GET", "/dev/things?q=1")
        assert (status, json.loads(body)) == (403, {"message": "Forbidden"})
        assert headers["x-amzn-ErrorType"] == "ForbiddenException"

        def answered():
            got = send(aws, api_host(api), "GET", "/dev/things?q=1", {"x-api-key": key["value"]})
            return got if got[0] != 403 else None

        status, _, body = until(answered)
        assert status == 200
        event = event_of(body)
        assert event["path"] == "/things" and event["queryStringParameters"] == {"q": "1"}
        assert event["requestContext"]["identity"]["apiKeyId"] == key["id"]
        cli("apigateway", "update-usage-plan", "--usage-plan-id", plan, "--patch-operations",
            f"op=remove,path=/apiStages,value={api.id}:dev")
        cli("apigateway", "delete-usage-plan", "--usage-plan-id", plan)


def test_the_spawned_command(aws, cli, api):  # [CLI] User Guide, "Return codes"
    assert aws.cli("apigateway", "get-rest-api", "--rest-api-id", api.id)["id"] == api.id
    done = aws.cli("apigateway", "get-stage", "--rest-api-id", api.id, "--stage-name", "none",
                   check=False)
    assert (done.returncode, done.stdout) == (SERVICE_ERROR, "")
    assert error_in(done.stderr) == ("NotFoundException", "GetStage",
                                     "Invalid stage identifier specified")
    assert cli.run("apigateway", "get-stage", "--rest-api-id", api.id).code == USAGE_ERROR


def test_responses_of_an_integration(api):
    # [API] PutIntegrationResponse, GetIntegrationResponse, UpdateIntegrationResponse, DeleteIntegrationResponse,
    # UpdateMethodResponse
    at = ("--resource-id", api.root, "--http-method", "GET")
    api("put-method", *at, "--authorization-type", "NONE")
    mock = api("put-integration", *at, "--type", "MOCK", "--request-templates",
               json.dumps({"application/json": '{"statusCode": 200}'}))
    assert (mock["type"], mock["passthroughBehavior"]) == ("MOCK", "WHEN_NO_MATCH")
    ok = (*at, "--status-code", "200")
    api("put-method-response", *ok)
    declared = api("update-method-response", *ok, "--patch-operations",
                   "op=add,path=/responseParameters/method.response.header.X-A,value=true")
    assert declared == {"statusCode": "200", "responseParameters": {"method.response.header.X-A": True}}
    made = api("put-integration-response", *ok, "--selection-pattern", "2..", "--response-parameters",
               json.dumps({"method.response.header.X-A": "'a'"}))
    assert made == {"statusCode": "200", "selectionPattern": "2..",
                    "responseParameters": {"method.response.header.X-A": "'a'"}}
    assert api("get-integration-response", *ok) == made
    changed = api("update-integration-response", *ok, "--patch-operations",
                  "op=replace,path=/selectionPattern,value=3..")
    assert changed["selectionPattern"] == "3.."
    assert api("delete-integration-response", *ok) == {}
    assert api.refused("get-integration-response", *ok) == (
        "NotFoundException", "GetIntegrationResponse", "Invalid Response status code specified")


def test_every_operation_was_called(aws, cli):
    assert cli.not_called("apigateway", aws.region_endpoint("us-east-1")) == []
