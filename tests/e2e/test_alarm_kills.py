"""kill -9 of a region while alarms go over from state to state, at random moments: what was acknowledged is in the
history, composite alarms agree with what they look at, and each action was taken."""
import json
import os
import random
import threading

from botocore.exceptions import BotoCoreError, ClientError

from tests.support.processes import kill
from tests.support.waiting import wait_for

ROUNDS = int(os.environ.get("ALARM_KILLS", "5"))
REGION = "us-east-1"


def flip_until_killed(world, round_number, acknowledged):
    cloudwatch = world.client("cloudwatch", REGION)
    for index in range(1_000_000):
        reason = f"{round_number}-{index}"
        try:
            cloudwatch.set_alarm_state(AlarmName="flips", StateValue="ALARM" if index % 2 == 0 else "OK",
                                       StateReason=reason)
        except (BotoCoreError, ClientError):
            return  # the crash
        acknowledged.append(reason)


def items_of(cloudwatch, kind):
    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(
        AlarmName="flips", HistoryItemType=kind, AlarmTypes=["MetricAlarm"])
    return [item for page in pages for item in page["AlarmHistoryItems"]]


def state_of(cloudwatch, name):
    found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return (found["MetricAlarms"] + found["CompositeAlarms"])[0]["StateValue"]


def test_what_was_acknowledged_is_there_and_actions_are_taken(world):
    seed = int(os.environ.get("CRASH_SEED", random.randrange(2**32)))
    print(f"seed {seed}")
    moments = random.Random(seed)
    cloudwatch = world.client("cloudwatch", REGION)
    account = world.client("sts", REGION).get_caller_identity()["Account"]
    # What becomes of it does not matter: that it was taken is in the history.
    absent = f"arn:aws:lambda:{REGION}:{account}:function:absent"
    cloudwatch.put_metric_alarm(
        AlarmName="flips", Namespace="Kills", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore", AlarmActions=[absent])
    cloudwatch.put_composite_alarm(AlarmName="follows", AlarmRule="ALARM(flips)")
    acknowledged = []
    for number in range(ROUNDS):
        goal = len(acknowledged) + moments.randint(1, 40)
        thread = threading.Thread(target=flip_until_killed, args=(world, number, acknowledged))
        thread.start()
        wait_for(lambda goal=goal: len(acknowledged) >= goal, what="states under way")
        kill(world, REGION)
        thread.join()
        world.tandem("region", "start", REGION)
        assert state_of(cloudwatch, "follows") == state_of(cloudwatch, "flips").replace("INSUFFICIENT_DATA", "OK")
    updates = [json.loads(item["HistoryData"])["newState"] for item in items_of(cloudwatch, "StateUpdate")]
    # The first of a round may find the alarm in the state that it sets: nothing goes over then.
    missing = set(acknowledged) - {update["stateReason"] for update in updates}
    assert all(reason.endswith("-0") for reason in missing), missing
    alarms = sum(1 for update in updates if update["stateValue"] == "ALARM")
    wait_for(lambda: len(items_of(cloudwatch, "Action")) == alarms, what="each action")
    print(f"{ROUNDS} kills, {len(acknowledged)} acknowledged states, {alarms} actions")
