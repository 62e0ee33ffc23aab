"""kill -9 of a region under write load, at random moments, many times: nothing acknowledged is lost."""
import http.client
import json
import os
import random
import threading

import pytest

from tests.support.waiting import wait_for
from tests.support.world import World

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "100"))
REGION = "us-east-1"
# A key the region does not know: such a signature is not verified, which keeps the client quick.
AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=AKIDUNKNOWN/20260101/us-east-1/dynamodb/aws4_request, "
                 "SignedHeaders=host, Signature=" + "0" * 64)


@pytest.fixture
def world():
    world = World()
    try:
        yield world.start()
    finally:
        world.close()


def dynamodb(world, connection, operation, document):
    connection.request("POST", "/", body=json.dumps(document), headers={
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Content-Type": "application/x-amz-json-1.0", "Authorization": AUTHORIZATION,
        "X-Amz-Date": "20260101T000000Z"})
    answer = connection.getresponse()
    body = json.loads(answer.read())
    assert answer.status == 200, body
    return body


def write_until_killed(world, thread, round_number, acknowledged):
    connection = http.client.HTTPConnection(world.addresses[REGION], world.ports["http"], timeout=5)
    try:
        for index in range(1_000_000):
            identity = f"{round_number}-{thread}-{index}"
            dynamodb(world, connection, "PutItem", {
                "TableName": "crash", "Item": {"id": {"S": identity}, "n": {"N": str(index)}}})
            acknowledged.append(identity)
    except (OSError, http.client.HTTPException, ValueError):
        return  # the crash
    finally:
        connection.close()


def all_ids(world):
    table = world.client("dynamodb", REGION, endpoint=world.region_endpoint(REGION))
    return {item["id"]["S"] for page in table.get_paginator("scan").paginate(TableName="crash")
            for item in page["Items"]}


def test_no_acknowledged_write_is_lost(world):
    seed = int(os.environ.get("CRASH_SEED", random.randrange(2**32)))
    print(f"seed {seed}")
    moments = random.Random(seed)
    world.client("dynamodb").create_table(
        TableName="crash", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    acknowledged = []
    for number in range(ROUNDS):
        goal = len(acknowledged) + moments.randint(1, 150)
        threads = [threading.Thread(target=write_until_killed, args=(world, n, number, acknowledged))
                   for n in range(4)]
        for thread in threads:
            thread.start()
        wait_for(lambda goal=goal: len(acknowledged) >= goal, what="writes under way")
        world.tandem("region", "kill", REGION)
        for thread in threads:
            thread.join()
        world.tandem("region", "start", REGION)
    missing = set(acknowledged) - all_ids(world)
    print(f"{ROUNDS} kills, {len(acknowledged)} acknowledged writes, {len(missing)} missing")
    assert not missing
