"""kill -9 of a region while events come in, at random moments: each that was acknowledged reaches its target."""
import json
import os
import random
import threading

from botocore.exceptions import BotoCoreError, ClientError

from tests.support.waiting import wait_for

ROUNDS = int(os.environ.get("EVENT_KILLS", "8"))
REGION = "us-east-1"


def put_until_killed(world, name, acknowledged):
    events = world.client("events", REGION)
    for index in range(1_000_000):
        entries = [{"Source": "kills", "DetailType": "d", "Detail": json.dumps({"is": f"{name}-{index}-{part}"})}
                   for part in range(3)]
        try:
            answer = events.put_events(Entries=entries)
        except (BotoCoreError, ClientError):
            return  # the crash
        acknowledged += [json.loads(entry["Detail"])["is"] for entry, result in zip(entries, answer["Entries"])
                         if "EventId" in result]


def arrived(logs):
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/kills")
    return {each["message"].strip('"') for page in pages for each in page["events"]}


def test_every_acknowledged_event_arrives(world):
    seed = int(os.environ.get("CRASH_SEED", random.randrange(2**32)))
    print(f"seed {seed}")
    moments = random.Random(seed)
    logs, events = world.client("logs", REGION), world.client("events", REGION)
    logs.create_log_group(logGroupName="/kills")
    arn = logs.describe_log_groups(logGroupNamePrefix="/kills")["logGroups"][0]["arn"].removesuffix(":*")
    events.put_rule(Name="kills", EventPattern='{"source": ["kills"]}')
    events.put_targets(Rule="kills", Targets=[{"Id": "log", "Arn": arn, "InputPath": "$.detail.is"}])
    acknowledged = []
    for number in range(ROUNDS):
        goal = len(acknowledged) + moments.randint(1, 60)
        threads = [threading.Thread(target=put_until_killed, args=(world, f"{number}-{n}", acknowledged))
                   for n in range(2)]
        for thread in threads:
            thread.start()
        wait_for(lambda goal=goal: len(acknowledged) >= goal, what="events under way")
        world.tandem("region", "kill", REGION)
        for thread in threads:
            thread.join()
        world.tandem("region", "start", REGION)
    wait_for(lambda: set(acknowledged) <= arrived(logs), what="all that was acknowledged")
    print(f"{ROUNDS} kills, {len(acknowledged)} acknowledged events")
