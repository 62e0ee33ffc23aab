"""Capacity follows load: throttles, alarms, more capacity, no throttles, by Application Auto Scaling as DynamoDB has it.
Sources: [DEV] DynamoDB Developer Guide, "Managing throughput capacity automatically with DynamoDB auto scaling";
[measured: Application Auto Scaling]."""
import threading
import time

import pytest
from botocore.exceptions import ClientError

from tests.sdk.cloudwatch_helpers import total
from tests.support.waiting import pace, wait_for
from tests.support.world import World

TABLE, RATE = "orders", 40


@pytest.fixture(scope="module")
def world():
    # A minute of AWS's takes a second; rates do not change.
    world = World(clock="60x", extra="capacity: enforce\n")
    try:
        yield world.start()
    finally:
        world.close()


class Load:
    """Writes at RATE a second until it is stopped, and counts what was throttled when."""

    def __init__(self, world):
        self._client = world.client("dynamodb")  # which tries once
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ended = threading.Event()
        self.throttled, self.written = [], []

    def _run(self):
        start, count = time.monotonic(), 0
        while not self._ended.is_set():
            pace(start, count, RATE)
            count += 1
            try:
                self._client.put_item(TableName=TABLE, Item={"id": {"S": str(count)}})
                self.written.append(time.monotonic())
            except ClientError as error:
                assert error.response["Error"]["Code"] == "ProvisionedThroughputExceededException"
                self.throttled.append(time.monotonic())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()


def provisioned(table):
    return table.describe_table(TableName=TABLE)["Table"]["ProvisionedThroughput"]["WriteCapacityUnits"]


def test_capacity_follows_the_load(world):
    tables, scaling = world.client("dynamodb"), world.client("application-autoscaling")
    cloudwatch = world.client("cloudwatch")
    tables.create_table(TableName=TABLE, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5})
    tables.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})
    target = {"ServiceNamespace": "dynamodb", "ResourceId": f"table/{TABLE}",
              "ScalableDimension": "dynamodb:table:WriteCapacityUnits"}
    scaling.register_scalable_target(**target, MinCapacity=5, MaxCapacity=500)
    policy = scaling.put_scaling_policy(
        **target, PolicyName="track", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 70.0, "PredefinedMetricSpecification": {
                "PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}})
    high = next(alarm["AlarmName"] for alarm in policy["Alarms"] if "-AlarmHigh-" in alarm["AlarmName"])
    with Load(world) as load:
        # [DEV] 40 a second at a target of 70 % want 58 units: "two consecutive minutes" above it, then an update.
        wait_for(lambda: provisioned(tables) >= 57, timeout=60, what="capacity for the load")
        reached = time.monotonic()
        wait_for(lambda: sum(at > reached + 1 for at in load.written) >= 2 * RATE, what="writes afterwards")
    assert load.throttled, "the table never had too little"
    assert not [at for at in load.throttled if at > reached + 1]
    # What CloudWatch has of it. A throttled request consumes nothing.
    named = {"TableName": TABLE}
    wait_for(lambda: total(cloudwatch, "AWS/DynamoDB", "WriteThrottleEvents", named) == len(load.throttled),
             what="every throttle")
    wait_for(lambda: total(cloudwatch, "AWS/DynamoDB", "ConsumedWriteCapacityUnits", named) == len(load.written),
             what="every unit")
    history = cloudwatch.describe_alarm_history(AlarmName=high, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert any(item["HistorySummary"].endswith("to ALARM") for item in history)
    activities = scaling.describe_scaling_activities(ServiceNamespace="dynamodb")["ScalingActivities"]
    assert any(activity["Cause"].startswith(f"monitor alarm {high} in state ALARM triggered policy track")
               and activity["StatusCode"] == "Successful" for activity in activities), activities
    # [DEV] Without load it scales in after fifteen minutes below the target.
    wait_for(lambda: provisioned(tables) < 57, timeout=90, what="less capacity without load")
