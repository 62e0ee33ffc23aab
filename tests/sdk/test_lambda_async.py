"""Lambda's asynchronous configuration and destinations. Sources: [API] Lambda API reference, each operation's page;
[DG] Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations"."""
import json

from tests.sdk.apigateway_helpers import unique
from tests.sdk.lambda_helpers import client, function, invoke, refusal  # noqa: F401 (fixtures)
from tests.support.waiting import wait_for


def test_configuration(client, function):  # [API] PutFunctionEventInvokeConfig and its like
    arn = client.get_function_configuration(FunctionName=function)["FunctionArn"]
    made = client.put_function_event_invoke_config(FunctionName=function, MaximumRetryAttempts=1)
    assert made["FunctionArn"] == f"{arn}:$LATEST" and made["MaximumRetryAttempts"] == 1
    assert made["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}
    changed = client.update_function_event_invoke_config(FunctionName=function, MaximumEventAgeInSeconds=60)
    assert (changed["MaximumRetryAttempts"], changed["MaximumEventAgeInSeconds"]) == (1, 60)
    client.publish_version(FunctionName=function)
    client.put_function_event_invoke_config(FunctionName=function, Qualifier="1", MaximumRetryAttempts=0)
    listed = client.list_function_event_invoke_configs(FunctionName=function)["FunctionEventInvokeConfigs"]
    assert [each["FunctionArn"] for each in listed] == [f"{arn}:$LATEST", f"{arn}:1"]
    assert client.get_function_event_invoke_config(FunctionName=function, Qualifier="1")["MaximumRetryAttempts"] == 0
    client.delete_function_event_invoke_config(FunctionName=function)
    assert refusal(client.get_function_event_invoke_config, FunctionName=function) == (
        "ResourceNotFoundException", f"The function {arn}:$LATEST doesn't have an EventInvokeConfig")
    assert refusal(client.put_function_event_invoke_config, FunctionName=function) == (
        "InvalidParameterValueException",
        "You must specify at least one of error handling or destination setting.")


def test_the_event_bus_is_told(aws, client, function):  # [DG] destinations: EventBridge
    arn = client.get_function_configuration(FunctionName=function)["FunctionArn"]
    events, logs = aws.client("events"), aws.client("logs")
    bus = events.describe_event_bus()["Arn"]
    group, rule = f"/aws/events/{unique()}", unique("rule")
    logs.create_log_group(logGroupName=group)
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": ["lambda"], "resources": [f"{arn}:$LATEST"]}))
    group_arn = bus.replace(":events:", ":logs:").replace("event-bus/default", f"log-group:{group}")
    events.put_targets(Rule=rule, Targets=[{"Id": "log", "Arn": group_arn}])
    try:
        client.put_function_event_invoke_config(
            FunctionName=function, MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": bus}, "OnSuccess": {"Destination": bus}})
        invoke(client, function, "fine", InvocationType="Event")
        invoke(client, function, "fail", InvocationType="Event")

        def told():
            found = [json.loads(each["message"]) for each in logs.filter_log_events(logGroupName=group)["events"]]
            return found if len(found) == 2 else None

        by_payload = {each["detail"]["requestPayload"]: each for each in wait_for(told, timeout=30)}
        fine, fail = by_payload["fine"], by_payload["fail"]
        assert fine["detail-type"] == "Lambda Function Invocation Result - Success"
        assert fine["detail"]["requestContext"]["condition"] == "Success"
        assert fine["detail"]["responsePayload"]["event"] == "fine"
        assert fail["detail-type"] == "Lambda Function Invocation Result - Failure"
        assert fail["detail"]["requestContext"]["condition"] == "RetriesExhausted"
        assert fail["detail"]["requestContext"]["approximateInvokeCount"] == 1
        assert fail["detail"]["responseContext"] == {
            "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
        assert fail["detail"]["responsePayload"] == {"errorMessage": "as told", "errorType": "Told"}
    finally:
        events.remove_targets(Rule=rule, Ids=["log"])
        events.delete_rule(Name=rule)
        logs.delete_log_group(logGroupName=group)
