"""legacy_global_tables: true in tandem.yaml: two tables with items become one, and both serve (docs/tandem-yaml.md,
"Global tables of 2017")."""
import json

import pytest

from tests.support.global_table import TABLE, Writers, caught_up, copy_of, set_link
from tests.support.waiting import wait_for
from tests.support.world import REGIONS, World

HOME, OTHER = REGIONS
GROUP = {"GlobalTableName": TABLE, "ReplicationGroup": [{"RegionName": region} for region in REGIONS]}


def make_tables(world):
    for region in REGIONS:
        world.client("dynamodb", region).create_table(
            TableName=TABLE, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})


def described(world, region):
    return world.client("dynamodb", region).describe_global_table(
        GlobalTableName=TABLE)["GlobalTableDescription"]


def joined(world):
    return all([one["ReplicaStatus"] for one in described(world, region)["ReplicationGroup"]] == ["ACTIVE"] * 2
               for region in REGIONS)


@pytest.fixture
def legacy():
    world = World(extra="legacy_global_tables: true\n")
    try:
        yield world.start()
    finally:
        world.close()


def put(world, region, key, text):
    world.client("dynamodb", region).put_item(TableName=TABLE, Item={"id": {"S": key}, "text": {"S": text}})


def test_two_tables_with_items_become_one(legacy):
    make_tables(legacy)
    put(legacy, HOME, "home", "home")
    put(legacy, HOME, "both", "older")
    put(legacy, OTHER, "both", "newer")
    put(legacy, OTHER, "other", "other")
    made = legacy.client("dynamodb").create_global_table(**GROUP)["GlobalTableDescription"]
    assert made["GlobalTableArn"] == f"arn:aws:dynamodb::123456789012:global-table/{TABLE}"
    wait_for(lambda: joined(legacy) and caught_up(legacy), what="one table")
    for region in REGIONS:
        copy = copy_of(legacy, region)
        assert {key: item["text"]["S"] for key, item in copy.items()} == {
            "home": "home", "both": "newer", "other": "other"}
    found = json.loads(legacy.tandem("conflicts", "--output", "json").stdout)
    assert [(one["Key"], one["Lost"]["Region"], one["Winner"]["Region"]) for one in found["conflicts"]] == [
        ({"id": {"S": "both"}}, HOME, OTHER)]
    # Both serve, and what is written now bears the attributes of 2017.
    for region, there in ((HOME, OTHER), (OTHER, HOME)):
        put(legacy, region, f"from {region}", "new")
        wait_for(lambda region=region, there=there: f"from {region}" in copy_of(legacy, there), what="replication")
        item = copy_of(legacy, there)[f"from {region}"]
        assert item["aws:rep:updateregion"] == {"S": region}
        assert item["aws:rep:deleting"] == {"BOOL": False}
        assert float(item["aws:rep:updatetime"]["N"]) > 1.7e9
    assert legacy.client("dynamodb", OTHER).list_global_tables()["GlobalTables"] == [GROUP]


def test_nothing_is_lost_when_regions_die_while_tables_are_joined(legacy):
    make_tables(legacy)
    with Writers(legacy, "early") as early:
        early.wait_for_more(200)
        set_link(legacy, HOME, Partitioned=True)
        legacy.client("dynamodb").create_global_table(**GROUP)
        early.wait_for_more(50)
        legacy.tandem("region", "kill", OTHER)
        set_link(legacy, HOME)
        legacy.tandem("region", "start", OTHER)
        early.wait_for_more(50)
        legacy.tandem("region", "kill", HOME)
        legacy.tandem("region", "start", HOME)
        early.wait_for_more(50)
    wait_for(lambda: joined(legacy) and caught_up(legacy), what="one table")
    for region in REGIONS:
        assert early.acknowledged() - set(copy_of(legacy, region)) == set(), region
    assert copy_of(legacy, HOME) == copy_of(legacy, OTHER)


def test_without_the_switch_the_log_names_it():
    world = World()
    try:
        world.start()
        client = world.client("dynamodb")
        for _ in range(3):
            with pytest.raises(client.exceptions.ClientError, match="version 2017.11.29 is not supported"):
                client.create_global_table(**GROUP)
        log = (world.folder / f".tandem/{HOME}/log").read_text()
        assert log.count("legacy_global_tables: true") == 1
    finally:
        world.close()
