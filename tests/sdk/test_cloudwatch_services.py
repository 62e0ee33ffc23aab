"""What services tell CloudWatch of themselves. Sources: [LAMBDA] Lambda Developer Guide, "Types of metrics for Lambda
functions"; [GATEWAY] API Gateway Developer Guide, "Amazon API Gateway dimensions and metrics"."""
import json
import uuid

import pytest

from tests.sdk.apigateway_helpers import api_host, rest_api, send
from tests.sdk.cloudwatch_helpers import arrives, total
from tests.sdk.lambda_helpers import client, function  # noqa: F401

@pytest.fixture
def cloudwatch(aws):
    return aws.client("cloudwatch")


def test_invocations_of_a_function(cloudwatch, client, function):  # noqa: F811
    for event in ({}, {"a": 1}, {"do": "fail"}):
        client.invoke(FunctionName=function, Payload=json.dumps(event))
    named = {"FunctionName": function}
    arrives(cloudwatch, "AWS/Lambda", "Invocations", named, 3.0)
    # [LAMBDA] Errors and Throttles are 0 where there were none; Resource is the function without a qualifier.
    assert total(cloudwatch, "AWS/Lambda", "Errors", named) == 1.0
    assert total(cloudwatch, "AWS/Lambda", "Errors", named, "SampleCount") == 3.0
    assert total(cloudwatch, "AWS/Lambda", "Throttles", named) == 0.0
    assert total(cloudwatch, "AWS/Lambda", "Duration", {**named, "Resource": function}, "SampleCount") == 3.0
    assert total(cloudwatch, "AWS/Lambda", "ConcurrentExecutions", named, "Maximum") == 1.0
    assert total(cloudwatch, "AWS/Lambda", "Invocations", {}) >= 3.0
    listed = cloudwatch.list_metrics(Namespace="AWS/Lambda", MetricName="Duration", Dimensions=[
        {"Name": "FunctionName", "Value": function}])["Metrics"]
    assert sorted(tuple(each["Name"] for each in metric["Dimensions"]) for metric in listed) == [
        ("FunctionName",), ("FunctionName", "Resource")]


def test_an_alias_has_its_own(cloudwatch, client, function):  # noqa: F811
    version = client.publish_version(FunctionName=function)["Version"]
    client.create_alias(FunctionName=function, Name="live", FunctionVersion=version)
    client.invoke(FunctionName=function, Qualifier="live", Payload="{}")
    of_alias = {"FunctionName": function, "Resource": f"{function}:live"}
    arrives(cloudwatch, "AWS/Lambda", "Invocations", of_alias, 1.0)
    assert total(cloudwatch, "AWS/Lambda", "Invocations", {**of_alias, "ExecutedVersion": version}) == 1.0


def test_calls_that_are_throttled(cloudwatch, client, function):  # noqa: F811
    # [LAMBDA] "Throttled requests … don't count as either Invocations or Errors".
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.invoke(FunctionName=function)
    arrives(cloudwatch, "AWS/Lambda", "Throttles", {"FunctionName": function}, 1.0)
    assert total(cloudwatch, "AWS/Lambda", "Invocations", {"FunctionName": function}) is None


def test_asynchronous_events(cloudwatch, client, function):  # noqa: F811
    client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps({"id": str(uuid.uuid4())}))
    arrives(cloudwatch, "AWS/Lambda", "AsyncEventsReceived", {"FunctionName": function}, 1.0)
    arrives(cloudwatch, "AWS/Lambda", "AsyncEventAge", {"FunctionName": function}, 1.0, "SampleCount")
    assert total(cloudwatch, "AWS/Lambda", "AsyncEventsDropped", {"FunctionName": function}) is None


def test_requests_of_an_api(cloudwatch, aws):
    with rest_api(aws.client("apigateway"), endpointConfiguration={"types": ["REGIONAL"]}) as api:
        target = {"restApiId": api.id, "resourceId": api.root, "httpMethod": "GET"}
        api.gateway.put_method(**target, authorizationType="NONE")
        api.gateway.put_integration(**target, type="MOCK",
                                    requestTemplates={"application/json": '{"statusCode": 200}'})
        api.gateway.put_method_response(**target, statusCode="200")
        api.gateway.put_integration_response(**target, statusCode="200")
        api.deploy("live")
        name = api.gateway.get_rest_api(restApiId=api.id)["name"]
        asked = [send(aws, api_host(api), "GET", path)[0] for path in ("/live/", "/live/absent")]
        assert asked == [200, 403]
    arrives(cloudwatch, "AWS/ApiGateway", "Count", {"ApiName": name}, 2.0)
    staged = {"ApiName": name, "Stage": "live"}
    # [GATEWAY] "The Sum statistic represents this metric … the Average statistic represents the 4XXError error rate".
    assert total(cloudwatch, "AWS/ApiGateway", "4XXError", staged) == 1.0
    assert total(cloudwatch, "AWS/ApiGateway", "4XXError", staged, "Average") == 0.5
    assert total(cloudwatch, "AWS/ApiGateway", "5XXError", staged) == 0.0
    assert total(cloudwatch, "AWS/ApiGateway", "Latency", staged, "SampleCount") == 2.0
    assert total(cloudwatch, "AWS/ApiGateway", "IntegrationLatency", staged, "SampleCount") == 1.0
