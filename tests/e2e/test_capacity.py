"""capacity: enforce in two regions (docs/capacity.md): the write load of both doubles what one of them has. There a
client is throttled, and what the other region writes waits, is not lost and comes when there is capacity again."""
import json

import pytest

from tests.support.global_table import TABLE, ask, connect, copy_of, link
from tests.support.waiting import wait_for
from tests.support.world import REGIONS, World

HOME, OTHER = REGIONS
ITEMS, BYTES = 60, 9_000  # nine units each, and a little


@pytest.fixture
def world():
    made = World(extra="capacity: enforce\nlegacy_global_tables: true\n", application=False)
    try:
        yield made.start()
    finally:
        made.close()


def make_joined_tables(world, units):
    """A global table of 2017, whose regions have capacity of their own."""
    for region in REGIONS:
        world.client("dynamodb", region).create_table(
            TableName=TABLE, AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            ProvisionedThroughput={"ReadCapacityUnits": 1000, "WriteCapacityUnits": units[region]},
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    home = world.client("dynamodb", HOME)
    home.create_global_table(GlobalTableName=TABLE,
                             ReplicationGroup=[{"RegionName": region} for region in REGIONS])
    for region in REGIONS:
        client = world.client("dynamodb", region)
        wait_for(lambda client=client: {one["ReplicaStatus"] for one in client.describe_global_table(
            GlobalTableName=TABLE)["GlobalTableDescription"]["ReplicationGroup"]} == {"ACTIVE"}, what="the table")


def metric(world, region, name, **labels):
    connection = connect(world, region)
    try:
        connection.request("GET", "/_tandem/metrics")
        lines = connection.getresponse().read().decode().splitlines()
    finally:
        connection.close()
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines
               if line.startswith(name + "{") and all(one in line for one in wanted))


def test_a_throttled_replica_lags_and_catches_up(world):
    # The other region takes an item of nine units in about two seconds: sixty of them, longer than this test.
    make_joined_tables(world, {HOME: 1000, OTHER: 5})
    connection = connect(world, HOME)
    written = {}
    for number in range(ITEMS):
        key, text = f"home-{number}", "x" * BYTES
        status, body = ask(connection, "PutItem", Item={"id": {"S": key}, "text": {"S": text}})
        assert status == 200, body
        written[key] = text
    connection.close()
    behind = wait_for(lambda: metric(world, OTHER, "tandem_dynamodb_replicated_write_units_total", table=TABLE),
                      what="the first of them")
    assert behind < ITEMS * 9
    # It lags: the home region has what has not been taken, and the link stands.
    there = link(world, HOME)
    assert there["PendingEntries"] > 0 and there["Connected"]
    assert set(copy_of(world, OTHER)) < set(written)
    # Who writes there is throttled by what comes from the other region.
    connection = connect(world, OTHER)

    def refused():
        status, body = ask(connection, "PutItem", Item={"id": {"S": "other"}, "text": {"S": "x" * BYTES}})
        return status != 200 and json.loads(body)
    error = wait_for(refused, what="a throttled write")
    assert error["__type"].endswith("#ProvisionedThroughputExceededException")
    assert error["ThrottlingReasons"] == [{
        "reason": "TableWriteProvisionedThroughputExceeded",
        "resource": f"arn:aws:dynamodb:{OTHER}:123456789012:table/{TABLE}"}]
    connection.close()
    assert metric(world, OTHER, "tandem_dynamodb_throttled_requests_total", table=TABLE, operation="PutItem") >= 1
    assert metric(world, OTHER, "tandem_dynamodb_write_throttle_events_total", table=TABLE,
                  cause="ProvisionedThroughput") >= 1
    # Neither a restart nor the wait loses anything; with capacity it comes.
    world.tandem("region", "kill", OTHER)
    world.tandem("region", "start", OTHER)
    world.client("dynamodb", OTHER).update_table(
        TableName=TABLE, ProvisionedThroughput={"ReadCapacityUnits": 1000, "WriteCapacityUnits": 2000})
    wait_for(lambda: written.keys() <= copy_of(world, OTHER).keys() and link(world, HOME)["PendingEntries"] == 0,
             what="the rest")
    copy = copy_of(world, OTHER)
    assert all(copy[key]["text"]["S"] == text for key, text in written.items())
