"""Regions whose tables are no copies of each other, and regions that are started on nothing: said, refused, mended by up."""
import json
import shutil

import pytest

from tests.e2e.conftest import ROOT
from tests.support.world import REGIONS, World

HOME, OTHER = REGIONS
TABLE = "todos"
FAILED, USAGE, NOT_RUNNING = 1, 2, 3


@pytest.fixture
def world():
    world = World(template=ROOT / "sample-app/template.yaml", artifact=ROOT / "build/release/todo-app.zip")
    try:
        world.up()
        yield world
    finally:
        world.close()


def client(world, region):
    return world.client("dynamodb", region, endpoint=world.region_endpoint(region))


def put(world, region, name):
    client(world, region).put_item(TableName=TABLE, Item={"id": {"S": name}, "text": {"S": name}})


def items(world, region):
    return {item["id"]["S"] for item in client(world, region).scan(TableName=TABLE)["Items"]}


def replicas(world, region):
    table = client(world, region).describe_table(TableName=TABLE)["Table"]
    return {one["RegionName"] for one in table.get("Replicas", [])}


def test_a_region_without_its_disk_is_not_started_alone(world):
    put(world, HOME, "kept")
    world.tandem("region", "kill", OTHER)
    shutil.rmtree(world.folder / ".tandem" / OTHER)
    for words in (["region", "start", OTHER], ["up", "--no-deploy"]):
        refused = world.tandem(*words, check=False)
        assert refused.returncode == USAGE, refused.stdout + refused.stderr
        assert f"{OTHER} has lost its disk" in refused.stderr and "tandem up" in refused.stderr
    state = world.tandem("status", check=False)
    assert state.returncode == NOT_RUNNING and "its disk is lost; 'tandem up'" in state.stdout, state.stdout
    # The survivor goes on as a member of the global table.
    assert OTHER in replicas(world, HOME)
    mended = json.loads(world.tandem("up", "--output", "json").stdout)
    assert mended["changed"], mended
    assert items(world, OTHER) == {"kept"}


def test_a_replica_that_somebody_removed_is_missed_and_made_again(world):
    put(world, HOME, "kept")
    # DynamoDB developer guide, "Delete a global table replica": the other replicas stay as they are.
    client(world, HOME).update_table(TableName=TABLE, ReplicaUpdates=[{"Delete": {"RegionName": OTHER}}])
    state = world.tandem("status", check=False)
    assert state.returncode == FAILED, state.stdout + state.stderr
    assert f"table {TABLE} of {HOME} is not replicated to {OTHER}" in state.stderr
    mended = world.tandem("up")
    assert "Nothing to change" not in mended.stdout
    assert "has lost its disk" not in mended.stderr, mended.stderr
    assert items(world, OTHER) == {"kept"} and OTHER in replicas(world, HOME)
    assert world.tandem("up").stdout.count("Nothing to change") == 1


def test_tables_that_have_gone_their_own_ways_are_not_called_copies(world):
    put(world, HOME, "of both")
    folder, backup = world.folder / ".tandem" / OTHER, world.folder / "backup"
    world.tandem("down")
    shutil.move(folder, backup)
    world.tandem("up")
    put(world, HOME, "of home")
    # The replica is removed, and then a table that was one is put back.
    client(world, HOME).update_table(TableName=TABLE, ReplicaUpdates=[{"Delete": {"RegionName": OTHER}}])
    world.tandem("down")
    shutil.rmtree(folder)
    shutil.move(backup, folder)
    refused = world.tandem("up", check=False)
    assert refused.returncode == USAGE, refused.stdout + refused.stderr
    assert f"{OTHER}'s table {TABLE} (1 item) is no copy of {HOME}'s" in refused.stderr
    state = json.loads(world.tandem("status", "--output", "json", check=False).stdout)
    assert {(row["region"], row["without"]) for row in state["notReplicated"]} == {(HOME, OTHER), (OTHER, HOME)}
    world.tandem("up", "--delete-data")
    assert items(world, OTHER) == items(world, HOME) == {"of both", "of home"}
    assert world.tandem("status", check=False).returncode == 0
