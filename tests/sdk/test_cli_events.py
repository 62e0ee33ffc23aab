"""EventBridge through the AWS CLI. Sources: [CLI] AWS CLI Command Reference, events; [API] EventBridge API
Reference, each operation's page; [UG] EventBridge User Guide, the page named."""
import json
import uuid

import pytest

from tests.support.waiting import wait_for


@pytest.fixture
def rule(cli):
    """Of a source with its own name."""
    name = f"cli-{uuid.uuid4().hex}"
    cli("events", "put-rule", "--name", name, "--event-pattern", json.dumps({"source": [name]}), "--tags",
        "Key=a,Value=1")
    yield name
    cli("events", "delete-rule", "--name", name)


@pytest.fixture
def group(cli):
    name = f"/aws/events/{uuid.uuid4()}"
    cli("logs", "create-log-group", "--log-group-name", name)
    # Without it AWS delivers nothing ([UG] "CloudWatch Logs permissions"); where it is not served none is needed.
    cli.run("logs", "put-resource-policy", "--policy-name", "tandem-test-events", "--policy-document", json.dumps(
        {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Resource": "*",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"]}]}))
    yield name
    cli("logs", "delete-log-group", "--log-group-name", name)


def test_a_rule(cli, rule):  # [API] PutRule, DescribeRule, ListRules, EnableRule, DisableRule, tags
    shown = cli("events", "describe-rule", "--name", rule)
    assert (shown["State"], shown["EventBusName"]) == ("ENABLED", "default")
    arn = shown["Arn"]
    cli("events", "disable-rule", "--name", rule)
    assert cli("events", "list-rules", "--name-prefix", rule, "--query", "Rules[].State") == ["DISABLED"]
    cli("events", "enable-rule", "--name", rule)
    assert cli("events", "describe-rule", "--name", rule, "--query", "State") == "ENABLED"
    cli("events", "tag-resource", "--resource-arn", arn, "--tags", "Key=b,Value=2")
    cli("events", "untag-resource", "--resource-arn", arn, "--tag-keys", "a")
    assert cli("events", "list-tags-for-resource", "--resource-arn", arn) == {"Tags": [{"Key": "b", "Value": "2"}]}
    # terraform-provider-aws, aws/aws-cli and others report this text.
    assert cli.refused("events", "describe-rule", "--name", f"{rule}-absent") == (
        "ResourceNotFoundException", "DescribeRule", f"Rule {rule}-absent does not exist on EventBus default.")


def test_an_event_reaches_its_target(cli, rule, group):
    # [CLI] put-targets, put-events; [UG] "Amazon EventBridge events"
    arn = cli("logs", "describe-log-groups", "--log-group-name-prefix", group, "--query", "logGroups[0].arn")
    arn = arn.removesuffix(":*")
    put = cli("events", "put-targets", "--rule", rule, "--targets", f"Id=log,Arn={arn}")
    assert put == {"FailedEntryCount": 0, "FailedEntries": []}
    assert cli("events", "list-targets-by-rule", "--rule", rule) == {"Targets": [{"Id": "log", "Arn": arn}]}
    assert cli("events", "list-rule-names-by-target", "--target-arn", arn) == {"RuleNames": [rule]}
    entries = [{"Source": rule, "DetailType": "test", "Detail": json.dumps({"is": "there"})},
               {"Source": f"{rule}-other", "DetailType": "test", "Detail": "{}"}]
    sent = cli("events", "put-events", "--entries", json.dumps(entries))
    assert sent["FailedEntryCount"] == 0
    words = ("logs", "filter-log-events", "--log-group-name", group, "--query", "events[].message")
    wait_for(lambda: cli(*words), what="the event in the log")
    [event] = map(json.loads, cli(*words))
    assert (event["id"], event["detail"]) == (sent["Entries"][0]["EventId"], {"is": "there"})
    removed = cli("events", "remove-targets", "--rule", rule, "--ids", "log")
    assert removed == {"FailedEntryCount": 0, "FailedEntries": []}


def test_lists_are_paged(cli):  # [UG of the CLI] "Using AWS CLI pagination options"
    prefix = f"pages-{uuid.uuid4().hex}"
    names = [f"{prefix}-{i}" for i in range(3)]
    for name in names:
        cli("events", "put-rule", "--name", name, "--event-pattern", '{"source": ["s"]}')
    assert cli("events", "list-rules", "--name-prefix", prefix, "--page-size", "2", "--query", "Rules[].Name") == names
    for name in names:
        cli("events", "delete-rule", "--name", name)


def test_a_pattern(cli):  # [CLI] test-event-pattern, its examples
    event = json.dumps({"id": "1", "source": "com.mycompany.myapp", "detail-type": "myDetailType", "resources": [],
                        "account": "123456789012", "region": "us-east-1", "time": "2017-04-11T20:11:04Z", "detail": {}})
    for wanted, result in (("com.mycompany.myapp", True), ("com.mycompany.myapp2", False)):
        pattern = json.dumps({"source": [wanted]})
        assert cli("events", "test-event-pattern", "--event-pattern", pattern, "--event", event) == {"Result": result}


def test_buses(cli):  # [API] DescribeEventBus, ListEventBuses
    bus = cli("events", "describe-event-bus")
    assert bus["Name"] == "default" and bus["Arn"].endswith(":event-bus/default")
    assert cli("events", "list-event-buses", "--name-prefix", "defau", "--query", "EventBuses[].Arn") == [bus["Arn"]]


def test_every_operation_was_called(aws, cli):
    assert cli.not_called("events", aws.region_endpoint("us-east-1")) == []
