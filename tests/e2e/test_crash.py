"""kill -9 of a region under write load, at random moments, many times: nothing acknowledged is lost."""
import http.client
import os
import random
import threading

from tests.support.global_table import TABLE, ask, connect, copy_of
from tests.support.waiting import wait_for

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "100"))
REGION = "us-east-1"


def write_until_killed(world, thread, round_number, acknowledged):
    connection = connect(world, REGION, timeout=5)
    try:
        for index in range(1_000_000):
            identity = f"{round_number}-{thread}-{index}"
            status, body = ask(connection, "PutItem", Item={"id": {"S": identity}, "n": {"N": str(index)}})
            assert status == 200, body
            acknowledged.append(identity)
    except (OSError, http.client.HTTPException, ValueError):
        return  # the crash
    finally:
        connection.close()


def test_no_acknowledged_write_is_lost(world):
    seed = int(os.environ.get("CRASH_SEED", random.randrange(2**32)))
    print(f"seed {seed}")
    moments = random.Random(seed)
    world.client("dynamodb").create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
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
    missing = set(acknowledged) - copy_of(world, REGION).keys()
    print(f"{ROUNDS} kills, {len(acknowledged)} acknowledged writes, {len(missing)} missing")
    assert not missing
