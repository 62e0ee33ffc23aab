"""CloudWatch's alarms through the AWS CLI. Sources: [CLI] AWS CLI Command Reference, cloudwatch; [API] CloudWatch API
Reference, each operation's page; [measured: CloudWatch alarms]."""
import uuid

import pytest


@pytest.fixture
def alarm(cli):
    name = f"cli-{uuid.uuid4().hex}"
    cli("cloudwatch", "put-metric-alarm", "--alarm-name", name, "--namespace", "Cli", "--metric-name", name,
        "--statistic", "Sum", "--period", "60", "--evaluation-periods", "1", "--threshold", "5",
        "--comparison-operator", "GreaterThanThreshold", "--treat-missing-data", "ignore", "--tags", "Key=a,Value=1")
    yield name
    cli("cloudwatch", "delete-alarms", "--alarm-names", name)


def state(cli, name, kind="MetricAlarm"):
    return cli("cloudwatch", "describe-alarms", "--alarm-names", name, "--alarm-types", kind, "--query",
               f"{kind}s[0].StateValue")


def test_an_alarm(cli, alarm):  # [CLI] put-metric-alarm, describe-alarms, set-alarm-state, describe-alarm-history
    shown = cli("cloudwatch", "describe-alarms", "--alarm-name-prefix", alarm)["MetricAlarms"][0]
    assert (shown["Threshold"], shown["ActionsEnabled"], shown["Dimensions"]) == (5.0, True, [])
    found = cli("cloudwatch", "describe-alarms-for-metric", "--namespace", "Cli", "--metric-name", alarm, "--query",
                "MetricAlarms[].AlarmName")
    assert found == [alarm]
    cli("cloudwatch", "set-alarm-state", "--alarm-name", alarm, "--state-value", "ALARM", "--state-reason", "by hand")
    assert state(cli, alarm) == "ALARM"
    cli("cloudwatch", "disable-alarm-actions", "--alarm-names", alarm)
    cli("cloudwatch", "enable-alarm-actions", "--alarm-names", alarm)
    items = cli("cloudwatch", "describe-alarm-history", "--alarm-name", alarm, "--history-item-type", "StateUpdate",
                "--query", "AlarmHistoryItems[].HistorySummary")
    assert items == ["Alarm updated from INSUFFICIENT_DATA to ALARM"]
    # [measured: CloudWatch alarms]
    assert cli.refused("cloudwatch", "set-alarm-state", "--alarm-name", alarm, "--state-value", "INVALID",
                       "--state-reason", "x")[2].startswith(
        "1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint: Member must "
        "satisfy enum value set: [")


def test_tags(cli, alarm):  # [CLI] tag-resource, untag-resource, list-tags-for-resource
    arn = cli("cloudwatch", "describe-alarms", "--alarm-names", alarm, "--query", "MetricAlarms[0].AlarmArn")
    cli("cloudwatch", "tag-resource", "--resource-arn", arn, "--tags", "Key=b,Value=2")
    cli("cloudwatch", "untag-resource", "--resource-arn", arn, "--tag-keys", "a")
    assert cli("cloudwatch", "list-tags-for-resource", "--resource-arn", arn) == {"Tags": [{"Key": "b", "Value": "2"}]}


def test_a_composite_alarm(cli, alarm):  # [CLI] put-composite-alarm
    name = f"composite-{alarm}"
    cli("cloudwatch", "put-composite-alarm", "--alarm-name", name, "--alarm-rule", f"ALARM({alarm})")
    try:
        cli("cloudwatch", "set-alarm-state", "--alarm-name", alarm, "--state-value", "ALARM", "--state-reason", "x")
        assert state(cli, name, "CompositeAlarm") == "ALARM"
    finally:
        cli("cloudwatch", "delete-alarms", "--alarm-names", name)


def test_every_operation_on_alarms_was_called(aws, cli):
    left = cli.not_called("cloudwatch", aws.region_endpoint("us-east-1"))
    assert [each for each in left if "Alarm" in each or "Resource" in each] == []
