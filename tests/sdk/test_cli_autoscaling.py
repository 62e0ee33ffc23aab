"""Application Auto Scaling through the AWS CLI. Sources: [CLI] AWS CLI Command Reference, application-autoscaling;
[UG] Application Auto Scaling User Guide, the page named."""
import datetime
import json
import uuid

import pytest

from tests.support.waiting import wait_for

SERVICE = "application-autoscaling"


@pytest.fixture
def table(cli):
    name = f"scaled-{uuid.uuid4().hex}"
    cli("dynamodb", "create-table", "--table-name", name, "--key-schema", "AttributeName=p,KeyType=HASH",
        "--attribute-definitions", "AttributeName=p,AttributeType=S",
        "--provisioned-throughput", "ReadCapacityUnits=5,WriteCapacityUnits=5")
    cli("dynamodb", "wait", "table-exists", "--table-name", name)
    yield name
    cli("dynamodb", "delete-table", "--table-name", name)


def words(table):
    return ["--service-namespace", "dynamodb", "--resource-id", f"table/{table}", "--scalable-dimension",
            "dynamodb:table:WriteCapacityUnits"]


def test_a_target(cli, table):  # [CLI] register-scalable-target, describe-…, deregister-…; [UG] "Scaling activities"
    cli(SERVICE, "register-scalable-target", *words(table), "--min-capacity", 8, "--max-capacity", 10)
    bounds = cli(SERVICE, "describe-scalable-targets", "--service-namespace", "dynamodb", "--resource-ids",
                 f"table/{table}", "--query", "ScalableTargets[].[MinCapacity,MaxCapacity]")
    assert bounds == [[8, 10]]
    shown = ["describe-scaling-activities", *words(table), "--query", "ScalingActivities[].[Description,StatusCode]"]
    wait_for(lambda: cli(SERVICE, *shown) == [["Setting write capacity units to 8.", "Successful"]],
             what="the activity")
    cli(SERVICE, "register-scalable-target", *words(table), "--suspended-state", "DynamicScalingInSuspended=true")
    cli(SERVICE, "deregister-scalable-target", *words(table))
    assert cli.refused(SERVICE, "deregister-scalable-target", *words(table))[:2] == (
        "ObjectNotFoundException", "DeregisterScalableTarget")


def test_a_scheduled_action(cli, table):  # [CLI] put-scheduled-action, describe-…, delete-…
    cli(SERVICE, "register-scalable-target", *words(table), "--min-capacity", 1, "--max-capacity", 10)
    tomorrow = datetime.date.today() + datetime.timedelta(days=1)
    cli(SERVICE, "put-scheduled-action", *words(table), "--scheduled-action-name", "once", "--schedule",
        f"at({tomorrow}T12:00:00)", "--timezone", "Europe/Berlin", "--scalable-target-action",
        "MinCapacity=2,MaxCapacity=5")
    assert cli(SERVICE, "describe-scheduled-actions", *words(table), "--query",
               "ScheduledActions[].[ScheduledActionName,Timezone,ScalableTargetAction.MinCapacity]") == [
                   ["once", "Europe/Berlin", 2]]
    cli(SERVICE, "delete-scheduled-action", *words(table), "--scheduled-action-name", "once")
    assert cli.refused(SERVICE, "delete-scheduled-action", *words(table), "--scheduled-action-name", "once")[0] == (
        "ObjectNotFoundException")
    cli(SERVICE, "deregister-scalable-target", *words(table))


def test_policies_that_cannot_be(cli, table):  # [CLI] put-scaling-policy, delete-scaling-policy, describe-…
    named = [*words(table), "--policy-name", "p"]
    tracking = json.dumps({"TargetValue": 70.0, "PredefinedMetricSpecification": {
        "PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}})
    assert cli.refused(SERVICE, "put-scaling-policy", *named, "--policy-type", "TargetTrackingScaling",
                       "--target-tracking-scaling-policy-configuration", tracking)[0] == "ObjectNotFoundException"
    assert cli.refused(SERVICE, "delete-scaling-policy", *named)[0] == "ObjectNotFoundException"
    assert cli(SERVICE, "describe-scaling-policies", *words(table)) == {"ScalingPolicies": []}


def test_a_policy(cli, table):  # [CLI] put-scaling-policy, delete-scaling-policy, describe-scaling-policies
    cli(SERVICE, "register-scalable-target", *words(table), "--min-capacity", 1, "--max-capacity", 10)
    named = [*words(table), "--policy-name", "p"]
    tracking = json.dumps({"TargetValue": 70.0, "PredefinedMetricSpecification": {
        "PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}})
    made = cli(SERVICE, "put-scaling-policy", *named, "--policy-type", "TargetTrackingScaling",
               "--target-tracking-scaling-policy-configuration", tracking)
    assert len(made["Alarms"]) == 4
    assert cli(SERVICE, "describe-scaling-policies", *words(table), "--query", "ScalingPolicies[].PolicyARN") == [
        made["PolicyARN"]]
    cli(SERVICE, "delete-scaling-policy", *named)
    cli(SERVICE, "deregister-scalable-target", *words(table))


def test_every_operation_was_called(aws, cli):
    # Debian's CLI does not know those of tags.
    assert cli.not_called(SERVICE, aws.region_endpoint("us-east-1")) == [
        f"{SERVICE}.{operation}" for operation in ("ListTagsForResource", "TagResource", "UntagResource")]
