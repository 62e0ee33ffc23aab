"""CloudWatch's alarms. Sources: [API] CloudWatch API Reference, each operation's page; [UG] CloudWatch User Guide, the
page named; [measured: CloudWatch alarms]."""
import datetime
import json
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.support.coverage import not_called
from tests.support.waiting import wait_for

UTC = datetime.timezone.utc


@pytest.fixture
def cloudwatch(aws):
    return aws.client("cloudwatch")


@pytest.fixture
def alarms(cloudwatch):
    """Names that are unique, deleted at the end: composite alarms first, one at a time."""
    names = []

    def name(prefix="a"):
        names.append(f"{prefix}-{uuid.uuid4()}")
        return names[-1]

    yield name
    for each in reversed(names):
        try:
            cloudwatch.delete_alarms(AlarmNames=[each])
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ResourceNotFound", error


def minutes_ago(number):
    now = datetime.datetime.now(UTC).replace(second=0, microsecond=0)
    return now - datetime.timedelta(minutes=number)


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error.get("Message")


def metric_alarm(name, **more):
    given = {"AlarmName": name, "Namespace": f"Test/{name}", "MetricName": "Orders", "Statistic": "Sum", "Period": 60,
             "EvaluationPeriods": 1, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold", **more}
    return {key: value for key, value in given.items() if value is not None}


def kept_alarm(name, **more):
    """Without values it stays in the state that was set by hand."""
    return metric_alarm(name, TreatMissingData="ignore", **more)


def described(cloudwatch, name, kind="MetricAlarm"):
    found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=[kind])[f"{kind}s"]
    assert len(found) == 1
    return found[0]


def in_state(cloudwatch, name, state, kind="MetricAlarm"):
    def there():
        alarm = described(cloudwatch, name, kind)
        return alarm if alarm["StateValue"] == state else None
    wait_for(there, what=f"{name} in {state}")
    return described(cloudwatch, name, kind)


def put(cloudwatch, name, value, at):
    cloudwatch.put_metric_data(Namespace=f"Test/{name}",
                               MetricData=[{"MetricName": "Orders", "Value": value, "Timestamp": at}])


def test_an_alarm_is_what_was_put(cloudwatch, alarms):
    # [API] DescribeAlarms, MetricAlarm. [measured: CloudWatch alarms]: what was not given is absent, actions and Dimensions
    # are empty lists.
    name = alarms()
    cloudwatch.put_metric_alarm(**metric_alarm(name, AlarmDescription="too many"))
    alarm = described(cloudwatch, name)
    assert alarm["AlarmArn"].endswith(f":alarm:{name}")
    assert alarm["AlarmDescription"] == "too many"
    assert alarm["ActionsEnabled"] is True
    for member in ("OKActions", "AlarmActions", "InsufficientDataActions", "Dimensions"):
        assert alarm[member] == []
    for member in ("TreatMissingData", "DatapointsToAlarm", "Unit", "ExtendedStatistic"):
        assert member not in alarm
    assert (alarm["Threshold"], alarm["Period"], alarm["Statistic"]) == (5.0, 60, "Sum")
    # An update replaces everything but the state.
    cloudwatch.put_metric_alarm(**kept_alarm(name))
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="by hand")
    cloudwatch.put_metric_alarm(**kept_alarm(name, Threshold=7))
    alarm = described(cloudwatch, name)
    assert (alarm["Threshold"], alarm["TreatMissingData"], alarm["StateValue"]) == (7.0, "ignore", "OK")
    assert "AlarmDescription" not in alarm


def test_a_new_alarm_is_evaluated_at_once_over_what_was(cloudwatch, alarms):
    # [UG] "Alarm evaluation": "Whenever you create an alarm … CloudWatch … evaluates". [measured: CloudWatch alarms] the texts.
    name = alarms()
    put(cloudwatch, name, 21.5, minutes_ago(1))
    cloudwatch.put_metric_alarm(**metric_alarm(name, Threshold=21))
    alarm = in_state(cloudwatch, name, "ALARM")
    assert alarm["StateReason"].startswith("Threshold Crossed: 1 datapoint [21.5 (")
    assert alarm["StateReason"].endswith(")] was greater than the threshold (21.0).")
    data = json.loads(alarm["StateReasonData"])
    assert data["recentDatapoints"] == [21.5]
    assert (data["version"], data["statistic"], data["period"], data["threshold"]) == ("1.0", "Sum", 60, 21.0)
    assert data["evaluatedDatapoints"][0]["value"] == 21.5
    # What happened to it.
    items = cloudwatch.describe_alarm_history(AlarmName=name, ScanBy="TimestampAscending")["AlarmHistoryItems"]
    assert [(item["HistoryItemType"], item["HistorySummary"]) for item in items] == [
        ("ConfigurationUpdate", f'Alarm "{name}" created'),
        ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM")]
    made = json.loads(items[0]["HistoryData"])
    assert (made["type"], made["createdAlarm"]["alarmName"], made["createdAlarm"]["okactions"]) == ("Create", name, [])
    went = json.loads(items[1]["HistoryData"])
    assert went["oldState"] == {"stateValue": "INSUFFICIENT_DATA", "stateReason": "Unchecked: Initial alarm creation"}
    assert went["newState"]["stateReasonData"]["recentDatapoints"] == [21.5]


@pytest.mark.parametrize("missing, state, reason", [
    ("breaching", "ALARM",
     "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching]."),
    ("notBreaching", "OK", "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were "
     "treated as [NonBreaching].")])
def test_missing_data(cloudwatch, alarms, missing, state, reason):
    # [UG] "Configuring how CloudWatch alarms treat missing data". [measured: CloudWatch alarms] the texts.
    name = alarms()
    cloudwatch.put_metric_alarm(**metric_alarm(name, EvaluationPeriods=2, TreatMissingData=missing))
    assert in_state(cloudwatch, name, state)["StateReason"] == reason


def test_what_cannot_be_put(cloudwatch, alarms):
    # [measured: CloudWatch alarms]
    def refused(**more):
        code, message = refusal(cloudwatch.put_metric_alarm, **metric_alarm(alarms(), **more))
        assert code in ("ValidationError", "ValidationException")
        return message

    assert refused(Period=45) == "Period must be 10, 20, 30 or a multiple of 60"
    assert refused(EvaluationPeriods=1441) == "EvaluationPeriods * Period must be <= 86400"
    assert refused(EvaluationPeriods=200, Period=3600) == "EvaluationPeriods * Period must be <= 604800"
    assert refused(DatapointsToAlarm=2) == "DatapointsToAlarm must be less than or equal to EvaluationPeriods"
    assert refused(Threshold=None) == "PutMetricAlarm request should have valid Threshold parameter"
    assert refused(ComparisonOperator="GreaterThanUpperThreshold") == (
        "ComparisonOperators for ranges require ThresholdMetricId to be set")
    assert refused(MetricName=None) == "MetricName must not be null"
    assert refused(Period=None) == "Period must not be null"
    assert refused(Statistic=None, ExtendedStatistic="p101") == (
        "The value p101 for parameter ExtendedStatistic is not supported.")
    assert refused(EvaluateLowSampleCountPercentile="unknown") == (
        "Option unknown is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are "
        "evaluate and ignore.")
    assert refused(TreatMissingData="x") == (
        "The value x is not supported for TreatMissingData parameter. Supported values are "
        "[breaching, notBreaching, ignore, missing].")
    stat = {"Metric": {"Namespace": "n", "MetricName": "m"}, "Period": 60, "Stat": "Sum"}
    assert refused(Metrics=[{"Id": "a", "MetricStat": stat}]).endswith("should not be set if list of Metrics is set.")
    alone = {"Namespace": None, "MetricName": None, "Statistic": None, "Period": None}
    assert refused(**alone, Metrics=[{"Id": "a", "MetricStat": stat, "ReturnData": False}]) == (
        "Exactly one element of the metrics list should return data.")
    far = "arn:aws:lambda:eu-central-1:123456789012:function:f"
    assert refused(AlarmActions=[far]).startswith("Invalid region eu-central-1 specified. Only ")
    assert refusal(cloudwatch.set_alarm_state, AlarmName="absent", StateValue="OK", StateReason="")[0] == (
        "ResourceNotFound")


def test_a_metric_in_the_list_of_metrics(cloudwatch, alarms):
    # [API] PutMetricAlarm, Metrics.
    name = alarms()
    put(cloudwatch, name, 9, minutes_ago(1))
    stat = {"Metric": {"Namespace": f"Test/{name}", "MetricName": "Orders"}, "Period": 60, "Stat": "Maximum"}
    cloudwatch.put_metric_alarm(AlarmName=name, EvaluationPeriods=1, Threshold=5, ComparisonOperator="GreaterThanThreshold",
                                Metrics=[{"Id": "m1", "MetricStat": stat, "ReturnData": True}])
    alarm = in_state(cloudwatch, name, "ALARM")
    assert [query["Id"] for query in alarm["Metrics"]] == ["m1"]
    assert "MetricName" not in alarm


def test_states_set_by_hand(cloudwatch, alarms):
    # [API] SetAlarmState.
    name = alarms()
    cloudwatch.put_metric_alarm(**kept_alarm(name))
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test", StateReasonData='{"a":1}')
    alarm = described(cloudwatch, name)
    assert (alarm["StateValue"], alarm["StateReason"], alarm["StateReasonData"]) == ("ALARM", "test", '{"a":1}')
    code, _ = refusal(cloudwatch.set_alarm_state, AlarmName=name, StateValue="OK", StateReason="", StateReasonData="{")
    assert code in ("InvalidFormat", "InvalidFormatFault")
    assert described(cloudwatch, name)["StateValue"] == "ALARM"


def test_actions_are_enabled_and_disabled(cloudwatch, alarms):
    # [API] EnableAlarmActions, DisableAlarmActions.
    name = alarms()
    cloudwatch.put_metric_alarm(**metric_alarm(name))
    cloudwatch.disable_alarm_actions(AlarmNames=[name])
    assert described(cloudwatch, name)["ActionsEnabled"] is False
    cloudwatch.enable_alarm_actions(AlarmNames=[name, "absent"])
    assert described(cloudwatch, name)["ActionsEnabled"] is True


def test_alarms_are_found(cloudwatch, alarms):
    # [API] DescribeAlarms: filters, pages; DescribeAlarmsForMetric: exact dimensions.
    prefix = alarms("many")
    names = sorted(alarms(prefix) for _ in range(3))
    pair = [{"Name": "b", "Value": "2"}, {"Name": "a", "Value": "1"}]
    for name in names:
        cloudwatch.put_metric_alarm(**kept_alarm(name, Namespace=f"Test/{prefix}", Dimensions=pair))
    cloudwatch.set_alarm_state(AlarmName=names[1], StateValue="ALARM", StateReason="")

    def listed(**filters):
        pages = cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmNamePrefix=prefix, PaginationConfig={"PageSize": 2}, **filters)
        return [alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]]

    assert listed() == names
    assert listed(StateValue="ALARM") == [names[1]]
    assert listed(ActionPrefix="arn:") == []
    assert listed(AlarmTypes=["CompositeAlarm"]) == []
    asked = {"Namespace": f"Test/{prefix}", "MetricName": "Orders"}
    found = cloudwatch.describe_alarms_for_metric(**asked, Dimensions=pair[::-1])["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == names
    assert cloudwatch.describe_alarms_for_metric(**asked)["MetricAlarms"] == []
    assert cloudwatch.describe_alarms_for_metric(**asked, Dimensions=pair, Period=300)["MetricAlarms"] == []
    assert refusal(cloudwatch.describe_alarms, NextToken="x")[0] == "InvalidNextToken"


def test_tags(cloudwatch, alarms):
    # [API] TagResource, UntagResource, ListTagsForResource. [measured: CloudWatch alarms]: none of a deleted alarm.
    name = alarms()
    cloudwatch.put_metric_alarm(**metric_alarm(name, Tags=[{"Key": "a", "Value": "1"}]))
    arn = described(cloudwatch, name)["AlarmArn"]
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    cloudwatch.put_metric_alarm(**metric_alarm(name, Tags=[{"Key": "c", "Value": "3"}]))
    tags = cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
    assert sorted((tag["Key"], tag["Value"]) for tag in tags) == [("a", "1"), ("b", "2")]
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["a", "absent"])
    assert [tag["Key"] for tag in cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]] == ["b"]
    cloudwatch.delete_alarms(AlarmNames=[name])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == []
    assert refusal(cloudwatch.tag_resource, ResourceARN=arn, Tags=[])[0] in ("ResourceNotFoundException",
                                                                            "ResourceNotFound")


def test_deleting(cloudwatch, alarms):
    # [API] DeleteAlarms. cloud-custodian#7763, aws-nuke#462 report the text. History outlives the alarm.
    first, second, both = alarms(), alarms(), alarms("composite")
    for name in (first, second):
        cloudwatch.put_metric_alarm(**metric_alarm(name))
    cloudwatch.put_composite_alarm(AlarmName=both, AlarmRule=f"ALARM({first}) OR ALARM({second})")
    held = ",".join(sorted([first, second]))
    assert refusal(cloudwatch.delete_alarms, AlarmNames=[first])[1] == (
        f"Cannot delete {first} as there are composite alarm(s) depending on it.")
    assert refusal(cloudwatch.delete_alarms, AlarmNames=[first, second])[1] == (
        f"Cannot delete {held} as there are composite alarm(s) depending on them.")
    cloudwatch.delete_alarms(AlarmNames=[both])
    cloudwatch.delete_alarms(AlarmNames=[first, second, "absent"])
    assert refusal(cloudwatch.delete_alarms, AlarmNames=[first])[0] == "ResourceNotFound"
    items = cloudwatch.describe_alarm_history(AlarmName=first, MaxRecords=1)["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in items] == [f'Alarm "{first}" deleted']


def test_composite_alarms_follow_their_children(cloudwatch, alarms):
    # [UG] "Composite alarms". [measured: CloudWatch alarms] the reasons.
    child, middle, top = alarms(), alarms("middle"), alarms("top")
    cloudwatch.put_metric_alarm(**kept_alarm(child))
    arn = described(cloudwatch, child)["AlarmArn"]
    cloudwatch.put_composite_alarm(AlarmName=middle, AlarmRule=f'ALARM("{arn}")')
    cloudwatch.put_composite_alarm(AlarmName=top, AlarmRule=f"NOT OK({middle}) AND TRUE")
    alarm = described(cloudwatch, top, "CompositeAlarm")
    assert (alarm["StateValue"], alarm["StateReason"]) == (
        "OK", f"{alarm['AlarmArn']} was created and its alarm rule evaluates to OK")
    cloudwatch.set_alarm_state(AlarmName=child, StateValue="ALARM", StateReason="test")
    alarm = described(cloudwatch, middle, "CompositeAlarm")
    assert alarm["StateValue"] == "ALARM"
    assert alarm["StateReason"].startswith(f"{arn} transitioned to ALARM at ")
    triggers = json.loads(alarm["StateReasonData"])["triggeringAlarms"]
    assert [(each["arn"], each["state"]["value"]) for each in triggers] == [(arn, "ALARM")]
    assert described(cloudwatch, top, "CompositeAlarm")["StateValue"] == "ALARM"
    # [API] DescribeAlarms: without AlarmTypes metric alarms only; relatives give few members.
    assert cloudwatch.describe_alarms(AlarmNames=[top])["CompositeAlarms"] == []
    found = cloudwatch.describe_alarms(ParentsOfAlarmName=child)
    assert [alarm["AlarmName"] for alarm in found["CompositeAlarms"]] == [middle]
    found = cloudwatch.describe_alarms(ChildrenOfAlarmName=middle)
    assert [(alarm["AlarmName"], alarm["StateValue"]) for alarm in found["MetricAlarms"]] == [(child, "ALARM")]
    items = cloudwatch.describe_alarm_history(AlarmName=top, AlarmTypes=["CompositeAlarm"],
                                              HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in items] == [
        "Alarm updated from OK to ALARM", "Alarm updated from INSUFFICIENT_DATA to OK"]


def test_rules_that_are_none(cloudwatch, alarms):
    # Texts that users report (AlarmRule). [measured: CloudWatch alarms]
    name, other = alarms("composite"), alarms()
    cloudwatch.put_metric_alarm(**metric_alarm(other))

    def refused(rule, **more):
        return refusal(cloudwatch.put_composite_alarm, AlarmName=name, AlarmRule=rule, **more)[1]

    assert refused("ALARM(absent)") == (
        "Could not save the composite alarm as alarms [absent] in the alarm rule do not exist")
    assert refused(")").startswith("Error in AlarmRule [Unsupported token ')' at char 0")
    assert refused("ALARM(two words)") == "Error in AlarmRule [Unsupported token 'words' at char 10, must be: ')']"
    assert refused(f"ALARM({name})") == (
        "A composite alarm cannot have a child relation with itself via its AlarmRule")
    assert refused("TRUE", ActionsSuppressor=other) == "ActionsSuppressorWaitPeriod must not be null"
    assert refused("TRUE", ActionsSuppressorWaitPeriod=1) == "ActionsSuppressorWaitPeriod requires an ActionSuppressor"


def test_a_suppressor(cloudwatch, alarms):
    # [UG] "Composite alarm action suppression".
    child, quiet, name = alarms(), alarms("quiet"), alarms("composite")
    for each in (child, quiet):
        cloudwatch.put_metric_alarm(**kept_alarm(each))
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=f"ALARM({child})", ActionsSuppressor=quiet,
                                   ActionsSuppressorWaitPeriod=600, ActionsSuppressorExtensionPeriod=600)
    cloudwatch.set_alarm_state(AlarmName=child, StateValue="ALARM", StateReason="test")
    alarm = described(cloudwatch, name, "CompositeAlarm")
    assert (alarm["StateValue"], alarm["ActionsSuppressedBy"], alarm["ActionsSuppressedReason"]) == (
        "ALARM", "WaitPeriod", "Actions suppressed by WaitPeriod")
    cloudwatch.set_alarm_state(AlarmName=quiet, StateValue="ALARM", StateReason="test")
    assert described(cloudwatch, name, "CompositeAlarm")["ActionsSuppressedBy"] == "Alarm"
    cloudwatch.set_alarm_state(AlarmName=quiet, StateValue="OK", StateReason="test")
    assert described(cloudwatch, name, "CompositeAlarm")["ActionsSuppressedBy"] == "ExtensionPeriod"


def test_math(cloudwatch, alarms):
    # [UG] "Create a CloudWatch alarm based on a metric math expression".
    name = alarms()
    put(cloudwatch, name, 3, minutes_ago(1))
    stat = {"Metric": {"Namespace": f"Test/{name}", "MetricName": "Orders"}, "Period": 60, "Stat": "Sum"}
    arguments = {"AlarmName": name, "EvaluationPeriods": 1, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold"}
    orders = {"Id": "orders", "MetricStat": stat, "ReturnData": False}
    cloudwatch.put_metric_alarm(**arguments, Metrics=[
        {"Id": "twice", "Expression": "orders * 2", "Label": "Twice", "ReturnData": True}, orders])
    alarm = in_state(cloudwatch, name, "ALARM")
    data = json.loads(alarm["StateReasonData"])
    assert data["recentDatapoints"] == [6.0]
    assert "statistic" not in data
    assert refusal(cloudwatch.put_metric_alarm, **arguments, Metrics=[
        {"Id": "all", "Expression": "SEARCH('{Test} x', 'Sum')"}])[1] == "SEARCH is not supported on Metric Alarms"


def test_every_operation_on_alarms_was_called(aws, called):
    left = not_called(called, "cloudwatch", aws.region_endpoint("us-east-1"))
    assert [each for each in left if "Alarm" in each or "Resource" in each] == []
