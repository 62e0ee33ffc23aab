"""A region dies while a client that honours TTLs writes 200 todos a second through the name."""
import json
import os
import random
import time

import pytest

from tests.e2e.conftest import sample_world
from tests.support.client import Writer, call
from tests.support.dns import query_a
from tests.support.waiting import wait_for

LOST, KEPT = "us-east-1", "us-west-2"
ROUNDS = int(os.environ.get("FAILOVER_ROUNDS", "8"))
SPEED = 20
TTL_S = 20


@pytest.fixture(scope="module")
def world():
    # Records with a TTL of their own, so that a round is short; the clock sped up as documented.
    world = sample_world(clock=f"{SPEED}x", extra=f"ttl: {TTL_S}\n")
    try:
        world.key = world.up()["apiKey"]
        yield world
    finally:
        world.close()


def all_items(world, region):
    table = world.client("dynamodb", region, endpoint=world.region_endpoint(region))
    items = {}
    for page in table.get_paginator("scan").paginate(TableName="todos"):
        for item in page["Items"]:
            items[item["id"]["S"]] = item
    return items


def wait_until_equal(world):
    def equal():
        one, other = all_items(world, LOST), all_items(world, KEPT)
        return one if one == other else None
    return wait_for(equal, timeout=30, what="equal tables")


def seen_in_dns(world):
    return {query_a("todos.tandem.test", world.addresses["global"], world.ports["dns"])[0][0]
            for _ in range(40)}


def fail_over_once(world, moments):
    window = (10 * 3 + TTL_S) / SPEED + 1.0
    both = {world.addresses[LOST], world.addresses[KEPT]}
    wait_for(lambda: seen_in_dns(world) == both, what="both regions in DNS")
    writer = Writer(world, world.key)
    try:
        wait_for(lambda: len(writer.snapshot()) > moments.randint(100, 400), what="some writes")
        killed = time.monotonic()
        assert world.tandem("region", "kill", LOST).returncode == 0

        def late_answers():
            """Of requests sent when the region must be out of DNS, once there are many."""
            late = [a for a in writer.snapshot() if a.sent > killed + window]
            return late if len(late) > 50 else None
        late = wait_for(late_answers, timeout=window + 60, what="answers after the window")
        world.tandem("region", "start", LOST)
        wait_for(lambda: seen_in_dns(world) == both, what="weighted answers again")
        back = time.monotonic()
        wait_for(lambda: any(a.region == LOST and a.sent > back for a in writer.snapshot()),
                 # Half of the answers name the other region, and each holds for a whole TTL.
                 timeout=12 * TTL_S / SPEED + 30, what="an answer of the returned region")
    finally:
        answers = writer.stop()
    assert {(a.status, a.region) for a in late} == {(201, KEPT)}
    items = wait_until_equal(world)
    acknowledged = [a.item for a in answers if a.status == 201]
    missing = [item["id"] for item in acknowledged if item["id"] not in items]
    assert not missing, f"{len(missing)} of {len(acknowledged)} acknowledged writes are missing"
    failed = [a for a in answers if a.status != 201]
    longest = max((a.received for a in failed), default=killed) - killed
    return len(acknowledged), len(failed), longest


def test_losing_a_region_loses_no_acknowledged_write(world):
    seed = int(os.environ.get("FAILOVER_SEED", random.randrange(2**32)))
    print(f"seed {seed}")
    moments = random.Random(seed)
    for number in range(ROUNDS):
        acknowledged, failed, longest = fail_over_once(world, moments)
        print(f"round {number}: {acknowledged} acknowledged, {failed} failed, "
              f"last failure {longest:.2f} s after the kill")
    assert call(world, LOST, "GET", "/todos/health")[0] == 200
    assert json.loads(world.tandem("status", "--output", "json", check=False).stdout)["clock"] == SPEED
