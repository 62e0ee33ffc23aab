"""EventBridge as its API reference and user guide describe it. What AWS was seen to answer beyond that is
in localstack/localstack's recordings (tests/aws/services/events/*.snapshot.json), named where it is used."""
import json
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.sdk.test_lambda import function, package  # noqa: F401
from tests.support.coverage import not_called
from tests.support.waiting import wait_for


@pytest.fixture
def events(aws):
    return aws.client("events")


@pytest.fixture
def client(aws):  # what the function's fixture asks for
    return aws.client("lambda")


@pytest.fixture
def rule(events):
    name = f"test-{uuid.uuid4()}"
    yield name
    try:
        ids = [each["Id"] for each in events.list_targets_by_rule(Rule=name)["Targets"]]
    except ClientError:
        return
    if ids:
        events.remove_targets(Rule=name, Ids=ids)
    events.delete_rule(Name=name)


@pytest.fixture
def group(aws):
    logs = aws.client("logs")
    name = f"/aws/events/{uuid.uuid4()}"
    logs.create_log_group(logGroupName=name)
    try:  # without it AWS delivers nothing (user guide, "CloudWatch Logs permissions")
        logs.put_resource_policy(policyName="tandem-test-events", policyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Resource": "*",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"]}]}))
    except ClientError as error:
        assert "PutResourcePolicy" in str(error)
    yield name
    logs.delete_log_group(logGroupName=name)


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def arn_of(aws, group):
    found = aws.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    return found[0]["arn"].removesuffix(":*")


def messages(aws, group):
    found = aws.client("logs").filter_log_events(logGroupName=group)["events"]
    return [each["message"] for each in found]


def put(events, source, detail, **more):
    answer = events.put_events(Entries=[{"Source": source, "DetailType": "test", "Detail": json.dumps(detail),
                                         **more}])
    assert answer["FailedEntryCount"] == 0
    return answer["Entries"][0]["EventId"]


def pattern(source, **detail):
    return json.dumps({"source": [source], **({"detail": detail} if detail else {})})


def test_a_matching_event_is_logged_whole(aws, events, rule, group):
    # User guide, "Amazon EventBridge events": the members of every event.
    events.put_rule(Name=rule, EventPattern=pattern(rule, state=[{"anything-but": "off"}]))
    answer = events.put_targets(Rule=rule, Targets=[{"Id": "log", "Arn": arn_of(aws, group)}])
    assert (answer["FailedEntryCount"], answer["FailedEntries"]) == (0, [])
    put(events, rule, {"state": "off"})
    put(events, rule + "x", {"state": "on"})
    event_id = put(events, rule, {"state": "on", "n": [1, None]}, Resources=["arn:x"],
                   Time="2026-01-02T03:04:05Z")
    wait_for(lambda: messages(aws, group), what="the event in the log")
    [message] = messages(aws, group)
    event = json.loads(message)
    assert list(event) == ["version", "id", "detail-type", "source", "account", "time", "region",
                           "resources", "detail"]
    assert (event["version"], event["id"], event["detail-type"]) == ("0", event_id, "test")
    assert (event["time"], event["resources"]) == ("2026-01-02T03:04:05Z", ["arn:x"])
    assert event["detail"] == {"state": "on", "n": [1, None]}


def test_inputs_are_made_of_the_event(aws, events, rule, group):
    # API reference, Target and InputTransformer; user guide, "Amazon EventBridge input transformation".
    events.put_rule(Name=rule, EventPattern=pattern(rule))
    arn = arn_of(aws, group)
    events.put_targets(Rule=rule, Targets=[
        {"Id": "constant", "Arn": arn, "Input": '{"is": "constant"}'},
        {"Id": "path", "Arn": arn, "InputPath": "$.detail.inner"},
        {"Id": "template", "Arn": arn, "InputTransformer": {
            "InputPathsMap": {"kind": "$.detail-type", "none": "$.detail.none"},
            "InputTemplate": '"<kind> of <aws.events.rule-name>:<none>"'}}])
    put(events, rule, {"inner": {"a": 1}})
    wait_for(lambda: len(messages(aws, group)) == 3, what="three inputs in the log")
    assert sorted(messages(aws, group)) == sorted(
        ['{"is": "constant"}', '{"a":1}', f'"test of {rule}:"'])


def test_a_function_is_invoked_when_its_policy_lets_the_rule_in(aws, client, events, rule, function):  # noqa: F811
    # User guide, "Using resource-based policies": principal events.amazonaws.com, the rule's ARN as source.
    rule_arn = events.put_rule(Name=rule, EventPattern=pattern(rule))["RuleArn"]
    arn = client.get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    events.put_targets(Rule=rule, Targets=[{"Id": "f", "Arn": arn, "InputPath": "$.detail"}])
    client.add_permission(FunctionName=function, StatementId="other", Action="lambda:InvokeFunction",
                          Principal="events.amazonaws.com", SourceArn=rule_arn + "x")
    put(events, rule, {"mode": "print", "is": "refused"})
    client.add_permission(FunctionName=function, StatementId="rule", Action="lambda:InvokeFunction",
                          Principal="events.amazonaws.com", SourceArn=rule_arn)
    put(events, rule, {"mode": "print"})

    def printed():
        try:
            return [each for each in messages(aws, f"/aws/lambda/{function}") if "to standard error" in each]
        except ClientError:
            return []

    wait_for(printed, what="what the function printed")
    assert len(printed()) == 1


def test_rules_are_described_listed_and_replaced(events, rule):
    # API reference, PutRule: what is left out is not kept, targets and tags are.
    rule_arn = events.put_rule(Name=rule, EventPattern=pattern(rule), Description="one",
                               Tags=[{"Key": "a", "Value": "1"}])["RuleArn"]
    assert rule_arn.endswith(f":rule/{rule}")
    described = events.describe_rule(Name=rule)
    account = rule_arn.split(":")[4]
    del described["ResponseMetadata"]
    assert described == {"Name": rule, "Arn": rule_arn, "EventPattern": pattern(rule), "State": "ENABLED",
                         "Description": "one", "EventBusName": "default", "CreatedBy": account}
    events.put_rule(Name=rule, EventPattern=pattern("z"), State="DISABLED", EventBusName="default")
    [listed] = events.list_rules(NamePrefix=rule)["Rules"]
    assert listed == {"Name": rule, "Arn": rule_arn, "EventPattern": pattern("z"), "State": "DISABLED",
                      "EventBusName": "default"}
    events.enable_rule(Name=rule)
    assert events.describe_rule(Name=rule)["State"] == "ENABLED"
    events.disable_rule(Name=rule)
    assert events.describe_rule(Name=rule)["State"] == "DISABLED"
    events.tag_resource(ResourceARN=rule_arn, Tags=[{"Key": "b", "Value": "2"}])
    events.untag_resource(ResourceARN=rule_arn, TagKeys=["a"])
    assert events.list_tags_for_resource(ResourceARN=rule_arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_lists_are_paged(events):
    prefix = f"pages-{uuid.uuid4().hex}"
    names = [f"{prefix}-{i}" for i in range(3)]
    for name in names:
        events.put_rule(Name=name, EventPattern=pattern("s"))
    pages = list(events.get_paginator("list_rules").paginate(NamePrefix=prefix, PaginationConfig={"PageSize": 2}))
    assert [len(page["Rules"]) for page in pages] == [2, 1]
    assert [each["Name"] for page in pages for each in page["Rules"]] == names
    for name in names:
        events.delete_rule(Name=name)
    assert events.list_rules(NamePrefix=prefix)["Rules"] == []


def test_targets_are_put_listed_and_removed(aws, events, rule, group):
    events.put_rule(Name=rule, EventPattern=pattern(rule))
    arn = arn_of(aws, group)
    targets = [{"Id": "a", "Arn": arn, "RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 60}},
               {"Id": "b", "Arn": arn, "InputPath": "$.detail"}]
    events.put_targets(Rule=rule, Targets=targets)
    assert events.list_targets_by_rule(Rule=rule)["Targets"] == targets
    assert events.list_rule_names_by_target(TargetArn=arn)["RuleNames"] == [rule]
    # "Rule can't be deleted since it has targets." (terraform-provider-aws waits for it to pass)
    assert refusal(events.delete_rule, Name=rule) == (
        "ValidationException", "Rule can't be deleted since it has targets.")
    # "Targets: 5 per rule" (EventBridge quotas); cdk-preflight's measurements of September 2026
    more = [{"Id": str(i), "Arn": arn} for i in range(4)]
    assert refusal(events.put_targets, Rule=rule, Targets=more)[0] == "LimitExceededException"
    assert refusal(events.put_targets, Rule=rule, Targets=[{"Id": "x", "Arn": "arn:aws:s3:::bucket"}]) == (
        "ValidationException", "s3 is not a supported service for a target.")
    assert refusal(events.put_targets, Rule=rule, Targets=[
        {"Id": "x", "Arn": arn, "Input": "1", "InputPath": "$"}]) == (
        "ValidationException",
        "Only one of Input, InputPath, or InputTransformer must be provided for target x.")
    pipeline = arn.split(":log-group:")[0].replace(":logs:", ":codepipeline:") + ":p"
    assert refusal(events.put_targets, Rule=rule, Targets=[{"Id": "x", "Arn": pipeline}]) == (
        "ValidationException", f"RoleArn is required for target {pipeline}.")
    assert events.remove_targets(Rule=rule, Ids=["a", "b"])["FailedEntryCount"] == 0
    assert events.list_targets_by_rule(Rule=rule)["Targets"] == []


def test_what_is_not_there(events):
    # terraform-provider-aws, aws/aws-cli and others report these texts.
    text = "Rule no-such-rule does not exist on EventBus default."
    for call in (events.describe_rule, events.enable_rule, events.disable_rule):
        assert refusal(call, Name="no-such-rule") == ("ResourceNotFoundException", text)
    assert refusal(events.list_targets_by_rule, Rule="no-such-rule") == ("ResourceNotFoundException", text)
    # localstack's recordings, test_put_events_nonexistent_event_bus
    assert refusal(events.list_rules, EventBusName="no-such-bus") == (
        "ResourceNotFoundException", "Event bus no-such-bus does not exist.")
    events.delete_rule(Name="no-such-rule")


def test_entries_fail_each_for_itself(events):
    # localstack's recordings: test_put_events_without_source and its neighbours
    answer = events.put_events(Entries=[
        {"DetailType": "t", "Detail": "{}"},
        {"Source": "s", "DetailType": "t", "Detail": "[]"},
        {"Source": "aws.s3", "DetailType": "t", "Detail": "{}"},
        {"Source": "s", "DetailType": "t", "Detail": "{}", "EventBusName": "no-such-bus"}])
    assert answer["FailedEntryCount"] == 3
    assert answer["Entries"][:3] == [
        {"ErrorCode": "InvalidArgument",
         "ErrorMessage": "Parameter Source is not valid. Reason: Source is a required argument."},
        {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."},
        {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized for the source."}]
    assert "EventId" in answer["Entries"][3]
    large = {"Source": "s", "DetailType": "t", "Detail": json.dumps({"x": "y" * 700_000})}
    assert refusal(events.put_events, Entries=[large, large]) == (
        "ValidationException", "Total size of the entries in the request is over the limit.")
    code, message = refusal(events.put_events, Entries=[{"Source": "s", "DetailType": "t", "Detail": "{}"}] * 11)
    assert code == "ValidationException"
    assert message.endswith("failed to satisfy constraint: Member must have length less than or equal to 10")


def test_patterns_are_tried(events):
    # API reference, TestEventPattern; user guide, "Comparison operators"; localstack's recordings of refusals
    event = json.dumps({"id": "1", "source": "s", "detail-type": "t", "account": "123456789012", "region": "us-east-1",
                        "time": "2022-07-13T13:48:01Z", "detail": {"n": 5, "ip": "10.0.0.33"}})

    def matches(wanted):
        return events.test_event_pattern(EventPattern=json.dumps(wanted), Event=event)["Result"]

    assert matches({"detail": {"n": [{"numeric": [">", 0, "<=", 5]}], "ip": [{"cidr": "10.0.0.0/24"}]}})
    assert not matches({"detail": {"n": [{"numeric": [">", 5]}]}})
    assert matches({"time": [{"prefix": "2022-"}], "detail": {"$or": [{"n": [6]}, {"x": [{"exists": False}]}]}})
    assert refusal(events.test_event_pattern, EventPattern='{"int": 42}', Event=event) == (
        "InvalidEventPatternException",
        'Event pattern is not valid. Reason: "int" must be an object or an array\n'
        ' at [Source: (String)"{"int": 42}"; line: 1, column: 11]')
    assert refusal(events.test_event_pattern, EventPattern='{"a": [1]}', Event="plain") == (
        "ValidationException", "Parameter Event is not valid.")


def test_the_default_bus_is_there(events):
    bus = events.describe_event_bus()
    assert bus["Name"] == "default"
    assert bus["Arn"].endswith(":event-bus/default")
    found = events.list_event_buses(NamePrefix="defau")["EventBuses"]
    assert [(each["Name"], each["Arn"]) for each in found] == [("default", bus["Arn"])]


def test_every_operation_was_called(aws, called):
    assert not_called(called, "events", aws.region_endpoint("us-east-1")) == []
