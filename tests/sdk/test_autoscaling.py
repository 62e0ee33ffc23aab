"""Application Auto Scaling of DynamoDB's tables. Sources: [API] Application Auto Scaling API Reference, each
operation's page; [UG] Application Auto Scaling User Guide, the page named; [measured: Application Auto Scaling]."""
import contextlib
import datetime
import json
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.support.coverage import not_called
from tests.support.waiting import wait_for
from tests.support.younger import more

WRITES = "dynamodb:table:WriteCapacityUnits"
READS = "dynamodb:table:ReadCapacityUnits"


@pytest.fixture
def dynamodb(aws):
    return aws.client("dynamodb")


@pytest.fixture
def scaling(aws):
    return aws.client("application-autoscaling")


@pytest.fixture
def table(dynamodb):
    """Its name; five units of each kind."""
    name = f"scaled-{uuid.uuid4().hex}"
    dynamodb.create_table(TableName=name, KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}],
                          ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5})
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    yield name
    dynamodb.delete_table(TableName=name)


@pytest.fixture
def target(scaling, table):
    """The three words that name the table's writes; registered with any capacity."""
    words = named(table)
    scaling.register_scalable_target(**words, MinCapacity=1, MaxCapacity=100)
    yield words
    try:
        scaling.deregister_scalable_target(**words)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ObjectNotFoundException"


def named(table, dimension=WRITES):
    return {"ServiceNamespace": "dynamodb", "ResourceId": f"table/{table}", "ScalableDimension": dimension}


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def units(dynamodb, table):
    throughput = dynamodb.describe_table(TableName=table)["Table"]["ProvisionedThroughput"]
    return throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]


def activities(scaling, words):
    return scaling.describe_scaling_activities(**words)["ScalingActivities"]


def ended(scaling, words, count=1):
    """The activities, once so many have ended."""
    wait_for(lambda: len([each for each in activities(scaling, words) if "EndTime" in each]) >= count,
             what="the activities' end")
    return activities(scaling, words)


def test_registering_corrects_the_capacity(scaling, dynamodb, table):
    # [measured: Application Auto Scaling]; [UG] "Scaling activities for Application Auto Scaling"
    words = named(table)
    scaling.register_scalable_target(**words, MinCapacity=8, MaxCapacity=10)
    wait_for(lambda: units(dynamodb, table) == (5, 8), what="the capacity")
    [activity] = ended(scaling, words)
    assert activity["Description"] == "Setting write capacity units to 8."
    assert activity["Cause"] == "minimum capacity was set to 8"
    assert activity["StatusCode"] == "Successful"
    assert activity["StatusMessage"] == ("Successfully set write capacity units to 8. Change successfully fulfilled "
                                         "by dynamodb.")
    # Of reads and writes each has a target of its own, and of bounds those that are given are changed.
    reads = named(table, READS)
    scaling.register_scalable_target(**reads, MinCapacity=1, MaxCapacity=3)
    wait_for(lambda: units(dynamodb, table) == (3, 8), what="the capacity of reads")
    assert ended(scaling, reads)[0]["Cause"] == "maximum capacity was set to 3"
    scaling.register_scalable_target(**words, MaxCapacity=20)
    [shown] = scaling.describe_scalable_targets(ServiceNamespace="dynamodb", ResourceIds=[f"table/{table}"],
                                                ScalableDimension=WRITES)["ScalableTargets"]
    assert (shown["MinCapacity"], shown["MaxCapacity"]) == (8, 20)
    for each in (words, reads):
        scaling.deregister_scalable_target(**each)


def test_a_target_as_described(scaling, table, target):  # [API] ScalableTarget, SuspendedState; [UG] "…roles"
    scaling.register_scalable_target(**target, SuspendedState={"ScheduledScalingSuspended": True})
    scaling.register_scalable_target(**target, SuspendedState={"DynamicScalingInSuspended": True})
    [shown] = scaling.describe_scalable_targets(ServiceNamespace="dynamodb",
                                                ResourceIds=[f"table/{table}"])["ScalableTargets"]
    assert {key: shown[key] for key in target} == target
    assert shown["RoleARN"].endswith(
        ":role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
        "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable")
    assert shown["SuspendedState"] == {"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": False,
                                       "ScheduledScalingSuspended": True}
    age = datetime.datetime.now(datetime.timezone.utc) - shown["CreationTime"]
    assert abs(age) < datetime.timedelta(minutes=5)


def test_the_role_is_made(aws, target):  # [UG] "Service-linked roles for Application Auto Scaling"
    role = aws.client("iam").get_role(RoleName="AWSServiceRoleForApplicationAutoScaling_DynamoDBTable")["Role"]
    assert role["Path"] == "/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"


def test_targets_that_cannot_be(scaling, table):  # [measured: Application Auto Scaling]
    words = named(table)
    register = scaling.register_scalable_target
    assert refusal(register, **words, MinCapacity=2, MaxCapacity=1) == (
        "ValidationException", "Maximum capacity cannot be less than minimum capacity")
    assert refusal(register, **words, MinCapacity=0, MaxCapacity=1) == (
        "ValidationException", "Minimum capacity cannot be less than 1")
    assert refusal(register, **{**words, "ResourceId": "table/MyTable"}, MinCapacity=1, MaxCapacity=1) == (
        "ValidationException", "DynamoDB table does not exist: table/MyTable")
    unsupported = ("ValidationException", "Unsupported service namespace, resource type or scalable dimension")
    for wrong in ({"ServiceNamespace": "ecs"}, {"ResourceId": table},
                  {"ScalableDimension": "dynamodb:index:ReadCapacityUnits"},
                  {"ScalableDimension": "lambda:function:ProvisionedConcurrency"}):
        assert refusal(register, **{**words, **wrong}, MinCapacity=1, MaxCapacity=1) == unsupported
    code, message = refusal(scaling.deregister_scalable_target, **words)
    assert code == "ObjectNotFoundException"
    assert message == (f"No scalable target found for service namespace: dynamodb, resource ID: table/{table}, "
                       f"scalable dimension: {WRITES}")
    code, message = refusal(register, **words, MinCapacity=1)
    assert code == "ValidationException"


def test_targets_are_listed_in_pages(scaling, table):  # [API] DescribeScalableTargets
    both = [named(table, dimension) for dimension in (READS, WRITES)]
    for words in both:
        scaling.register_scalable_target(**words, MinCapacity=1, MaxCapacity=100)
    pages = scaling.get_paginator("describe_scalable_targets").paginate(
        ServiceNamespace="dynamodb", ResourceIds=[f"table/{table}"], PaginationConfig={"PageSize": 1})
    found = [[each["ScalableDimension"] for each in page["ScalableTargets"]] for page in pages]
    assert sorted(sum(found, [])) == [READS, WRITES]
    assert max(map(len, found)) == 1
    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []
    assert refusal(scaling.describe_scalable_targets, ServiceNamespace="dynamodb", NextToken="none")[0] == (
        "InvalidNextTokenException")
    for words in both:
        scaling.deregister_scalable_target(**words)


def test_an_action_comes_due(scaling, dynamodb, table, target):
    # [UG] "Scheduled scaling", "Scaling activities for Application Auto Scaling"
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    scaling.put_scheduled_action(**target, ScheduledActionName="soon", Schedule=soon.strftime("at(%Y-%m-%dT%H:%M:%S)"),
                                 ScalableTargetAction={"MinCapacity": 6, "MaxCapacity": 10})
    wait_for(lambda: units(dynamodb, table) == (5, 6), what="the capacity", timeout=90)
    texts = {each["Cause"]: each["Description"] for each in ended(scaling, target, 2)}
    assert texts == {"scheduled action name soon was triggered": "Setting min capacity to 6 and max capacity to 10",
                     "minimum capacity was set to 6": "Setting write capacity units to 6."}
    [shown] = scaling.describe_scalable_targets(ServiceNamespace="dynamodb",
                                                ResourceIds=[f"table/{table}"])["ScalableTargets"]
    assert (shown["MinCapacity"], shown["MaxCapacity"]) == (6, 10)


def test_actions_as_described(scaling, table, target):  # [API] PutScheduledAction, DescribeScheduledActions
    at = {"ScheduledActionName": "night", "Schedule": "cron(0 22 ? * MON-FRI *)"}
    scaling.put_scheduled_action(**target, **at, Timezone="America/New_York", ScalableTargetAction={"MaxCapacity": 5},
                                 StartTime=datetime.datetime(2030, 1, 1), EndTime=datetime.datetime(2031, 1, 1))
    scaling.put_scheduled_action(**target, **{**at, "ScheduledActionName": "day", "Schedule": "rate(1 day)"},
                                 ScalableTargetAction={"MinCapacity": 1})
    [shown] = scaling.describe_scheduled_actions(ServiceNamespace="dynamodb", ScheduledActionNames=["night"],
                                                 ResourceId=f"table/{table}")["ScheduledActions"]
    assert shown["ScalableTargetAction"] == {"MaxCapacity": 5}
    assert shown["Timezone"] == "America/New_York"
    assert shown["StartTime"].year == 2030 and shown["EndTime"].year == 2031
    assert shown["ScheduledActionARN"].endswith(f":resource/dynamodb/table/{table}:scheduledActionName/night")
    # Times that are not given are cleared, everything else stays.
    scaling.put_scheduled_action(**target, ScheduledActionName="night")
    both = scaling.describe_scheduled_actions(**target)["ScheduledActions"]
    assert sorted(each["ScheduledActionName"] for each in both) == ["day", "night"]
    [shown] = [each for each in both if each["ScheduledActionName"] == "night"]
    assert "StartTime" not in shown and "EndTime" not in shown and shown["Schedule"] == at["Schedule"]
    scaling.delete_scheduled_action(**target, ScheduledActionName="night")
    code, message = refusal(scaling.delete_scheduled_action, **target, ScheduledActionName="night")
    assert code == "ObjectNotFoundException"
    # What belongs to a target goes with it.
    scaling.deregister_scalable_target(**target)
    assert scaling.describe_scheduled_actions(**target)["ScheduledActions"] == []


def test_actions_that_cannot_be(scaling, table, target):  # [measured: Application Auto Scaling]
    def refused(**arguments):
        return refusal(scaling.put_scheduled_action, **{
            **target, "ScheduledActionName": "a", "Schedule": "rate(1 day)",
            "ScalableTargetAction": {"MinCapacity": 1}, **arguments})

    code, message = refused(Schedule="rate(1 week)")
    assert code == "ValidationException" and message.startswith("Invalid schedule expression")
    assert message.endswith("Schedule expressions must have the following syntax: rate(<number>\\s?(minutes?|hours?|"
                            "days?)), cron(<cron_expression>) or at(yyyy-MM-dd'T'HH:mm:ss)")
    code, message = refused(Schedule="at(tomorrow)")
    assert code == "ValidationException" and message.startswith("Invalid schedule at DateTime expression")
    assert refused(ScalableTargetAction={}) == (
        "ValidationException", "At least one of minimum capacity and maximum capacity should be provided")
    assert refused(StartTime=20, EndTime=10) == ("ValidationException", "StartTime must be before EndTime")
    assert refused(ScalableTargetAction={"MinCapacity": 2, "MaxCapacity": 1}) == (
        "ValidationException", "Maximum capacity cannot be less than minimum capacity")
    assert refused(ResourceId="table/MyTable") == (
        "ObjectNotFoundException", "No scalable target registered for service namespace: dynamodb, resource ID: "
        f"table/MyTable, scalable dimension: {WRITES}")


def tracking(units="Write", **configuration):
    return {"TargetValue": 70.0, "PredefinedMetricSpecification": {
        "PredefinedMetricType": f"DynamoDB{units}CapacityUtilization"}, **configuration}


def test_policies_that_cannot_be(scaling, target):  # [measured: Application Auto Scaling]
    def refused(configuration, **words):
        return refusal(scaling.put_scaling_policy, **{
            **target, "PolicyName": "p", "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": configuration, **words})

    for target_value, shown in ((90.1, "90.1"), (9, "9.0")):
        assert refused(tracking(TargetValue=target_value)) == (
            "ValidationException", "For predefined metric type DynamoDBWriteCapacityUtilization, target value must be "
            f"between '10.0' and '90.0', but was '{shown}'.")
    custom = {"TargetValue": 70.0, "CustomizedMetricSpecification": {
        "MetricName": "m", "Namespace": "n", "Statistic": "Average"}}
    assert refused(custom) == ("ValidationException", f"Scalable dimension {WRITES} does not support "
                               "CustomizedMetricSpecification.")
    assert refused({"TargetValue": 70.0}) == (
        "ValidationException", "PredefinedMetricSpecification or CustomizedMetricSpecification must be set for target "
        "tracking scaling.")
    assert refusal(scaling.put_scaling_policy, **target, PolicyName="p", PolicyType="TargetTrackingScaling") == (
        "ValidationException", "TargetTrackingScaling policy configuration must be specified")
    assert refusal(scaling.put_scaling_policy, **target, PolicyName="p", PolicyType="StepScaling",
                   StepScalingPolicyConfiguration={}) == ("ValidationException", "Adjustment type must be specified")
    assert refused(tracking(), ResourceId="table/MyTable") == (
        "ObjectNotFoundException", "No scalable target registered for service namespace: dynamodb, resource ID: "
        f"table/MyTable, scalable dimension: {WRITES}")
    code, message = refusal(scaling.delete_scaling_policy, **target, PolicyName="p")
    assert code == "ObjectNotFoundException" and message.startswith("No scaling policy found for service namespace: ")
    assert scaling.describe_scaling_policies(**target)["ScalingPolicies"] == []


def put_policy(scaling, target, **configuration):
    return scaling.put_scaling_policy(**target, PolicyName="p", PolicyType="TargetTrackingScaling",
                                      TargetTrackingScalingPolicyConfiguration=tracking(**configuration))


def alarms_of(aws, policy):
    """By the kind that their names say: AlarmHigh, AlarmLow …"""
    names = [each["AlarmName"] for each in policy["Alarms"]]
    found = aws.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    return {each["AlarmName"].split("-")[-6]: each for each in found}


def shown_policy(scaling, target):
    [policy] = scaling.describe_scaling_policies(**target)["ScalingPolicies"]
    return policy


def test_a_policy_has_four_alarms(aws, scaling, target):  # [measured: Application Auto Scaling]
    made = put_policy(scaling, target)
    assert f":resource/dynamodb/{target['ResourceId']}:policyName/p" in made["PolicyARN"]
    alarms = alarms_of(aws, made)
    assert {kind: (each["MetricName"], each["Threshold"], each["EvaluationPeriods"], each["Period"])
            for kind, each in alarms.items()} == {
        "AlarmHigh": ("ConsumedWriteCapacityUnits", 210, 2, 60),
        "AlarmLow": ("ConsumedWriteCapacityUnits", 150, 15, 60),
        "ProvisionedCapacityHigh": ("ProvisionedWriteCapacityUnits", 5, 3, 300),
        "ProvisionedCapacityLow": ("ProvisionedWriteCapacityUnits", 5, 3, 300)}
    high = alarms["AlarmHigh"]
    assert high["AlarmDescription"].startswith(
        f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {made['PolicyARN']}:createdBy/")
    assert high["AlarmActions"][0].startswith(f"{made['PolicyARN']}:createdBy/")
    policy = shown_policy(scaling, target)
    assert policy["PolicyARN"] == made["PolicyARN"] and policy["Alarms"] == made["Alarms"]
    assert policy["TargetTrackingScalingPolicyConfiguration"] == tracking()
    # They go with their policy, and a policy with its target.
    scaling.delete_scaling_policy(**target, PolicyName="p")
    assert alarms_of(aws, made) == {}
    made = put_policy(scaling, target)
    scaling.deregister_scalable_target(**target)
    assert alarms_of(aws, made) == {}
    assert scaling.describe_scaling_policies(**target)["ScalingPolicies"] == []


def test_an_alarm_scales_out(aws, scaling, dynamodb, table, target):
    # [UG] "Target tracking scaling policies"; [measured: Application Auto Scaling]
    made = put_policy(scaling, target)
    high = alarms_of(aws, made)["AlarmHigh"]["AlarmName"]
    # What CloudWatch says of two minutes with seven units a second.
    aws.client("cloudwatch").set_alarm_state(
        AlarmName=high, StateValue="ALARM", StateReason="test",
        StateReasonData=json.dumps({"version": "1.0", "recentDatapoints": [420.0, 420.0]}))
    wait_for(lambda: units(dynamodb, table) == (5, 10), what="the capacity")
    [activity] = ended(scaling, target)
    assert activity["Description"] == "Setting write capacity units to 10."
    assert activity["Cause"] == f"monitor alarm {high} in state ALARM triggered policy p"
    assert activity["StatusCode"] == "Successful"
    # The thresholds follow.
    wait_for(lambda: alarms_of(aws, shown_policy(scaling, target))["AlarmHigh"]["Threshold"] == 420,
             what="the alarms")


@contextlib.contextmanager
def answers(client):
    """The bodies of what is answered, as Debian's botocore does not know all members."""
    bodies = []

    def remember(response_dict, **_):
        bodies.append(json.loads(response_dict["body"] or b"{}"))

    client.meta.events.register("response-received", remember)
    try:
        yield bodies
    finally:
        client.meta.events.unregister("response-received", remember)


def test_tags(scaling, called, table):  # [API] TagResource, UntagResource, ListTagsForResource
    words = named(table)

    def ask(operation, **members):
        """Which botocore does not know: in the place of one that it does."""
        called.add(f"application-autoscaling.{operation}")
        with answers(scaling) as bodies, more(
                scaling, "DescribeScalableTargets", members={"ServiceNamespace": None, **members},
                headers={"X-Amz-Target": f"AnyScaleFrontendService.{operation}"}):
            scaling.describe_scalable_targets(ServiceNamespace="dynamodb")
        return bodies[0]

    with answers(scaling) as bodies, more(scaling, "RegisterScalableTarget", members={"Tags": {"a": "1", "b": "2"}}):
        scaling.register_scalable_target(**words, MinCapacity=1, MaxCapacity=9)
        scaling.describe_scalable_targets(ServiceNamespace="dynamodb", ResourceIds=[f"table/{table}"])
    arn = bodies[0]["ScalableTargetARN"]
    assert ":scalable-target/" in arn and bodies[1]["ScalableTargets"][0]["ScalableTargetARN"] == arn
    assert ask("TagResource", ResourceARN=arn, Tags={"b": "3", "c": ""}) == {}
    assert ask("UntagResource", ResourceARN=arn, TagKeys=["a"]) == {}
    assert ask("ListTagsForResource", ResourceARN=arn) == {"Tags": {"b": "3", "c": ""}}
    with pytest.raises(ClientError) as caught:
        ask("TagResource", Tags={"b": "3"}, ResourceARN=f"{arn}0")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    with more(scaling, "RegisterScalableTarget", members={"Tags": {"a": "1"}}):  # [measured: Application Auto Scaling]
        assert refusal(scaling.register_scalable_target, **words) == (
            "ValidationException", "The scalable target that you tried to tag already exists. To update tags on an "
            "existing scalable target, use the TagResource API.")
    scaling.deregister_scalable_target(**words)


def test_every_operation_was_called(aws, called):
    assert not_called(called, "application-autoscaling", aws.region_endpoint("us-east-1")) == []
