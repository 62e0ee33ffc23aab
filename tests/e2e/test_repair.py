"""Disks lost and mended by `up`: no item held anywhere is lost, and the application serves again."""
import json
import shutil

import pytest

from tests.e2e.conftest import sample_world
from tests.support.client import call
from tests.support.dns import query_a
from tests.support.waiting import wait_for

HOME, OTHER, GLOBAL = "us-east-1", "us-west-2", "global"
USAGE = 2
TODOS = 12


@pytest.fixture
def world():
    """Up, with todos that were written in both regions and are in both."""
    world = sample_world(clock="20x")
    try:
        world.key = world.up()["apiKey"]
        world.ids = set()
        for number in range(TODOS):
            region = (HOME, OTHER)[number % 2]
            status, _, body = call(world, region, "POST", "/todos", world.key, {"text": str(number)})
            assert status == 201
            world.ids.add(json.loads(body)["id"])
        for region in (HOME, OTHER):
            wait_for(lambda: ids_in(world, region) == world.ids, what=f"all todos in {region}")
        yield world
    finally:
        world.close()


def ids_in(world, region):
    found = world.client("dynamodb", region).scan(TableName="todos")["Items"]
    return {item["id"]["S"] for item in found}


def check_serves(world, summary):
    assert summary["apiKey"] == world.key
    assert {one["region"]: one["status"] for one in summary["application"]} == {HOME: 200, OTHER: 200}
    for region in (HOME, OTHER):
        assert ids_in(world, region) == world.ids
        assert call(world, region, "GET", "/todos", world.key)[0] == 200
    # It is one table again: what is written in one region arrives in the other.
    for region, other in ((HOME, OTHER), (OTHER, HOME)):
        status, _, body = call(world, region, "POST", "/todos", world.key, {"text": "after"})
        assert status == 201
        path = f"/todos/{json.loads(body)['id']}"
        wait_for(lambda: call(world, other, "GET", path, world.key)[0] == 200, what="replication")
        world.ids.add(json.loads(body)["id"])
    addresses = query_a("todos.tandem.test", world.addresses[GLOBAL], world.ports["dns"])[0]
    assert addresses[0] in (world.addresses[HOME], world.addresses[OTHER])
    roles = world.client("iam").list_roles()["Roles"]
    assert sorted(role["RoleName"].rsplit("-", 1)[0] for role in roles) == (
        ["todo-app-Role"] * 2 + ["todo-front-SwitchRole"] * 2)
    assert len(world.client("route53").list_hosted_zones()["HostedZones"]) == 1
    assert len(world.client("route53").list_health_checks()["HealthChecks"]) == 6
    table = world.client("dynamodb", HOME).describe_table(TableName="todos")["Table"]
    assert [(one["RegionName"], one["ReplicaStatus"]) for one in table["Replicas"]] == [(OTHER, "ACTIVE")]


def lose(world, *names):
    world.tandem("down")
    for name in names:
        shutil.rmtree(world.folder / ".tandem" / name)


@pytest.mark.parametrize("lost", [(OTHER,), (GLOBAL,), (HOME,), (OTHER, GLOBAL), (HOME, GLOBAL)],
                         ids="+".join)
def test_a_lost_disk_is_mended(world, lost):
    lose(world, *lost)
    summary = world.up()
    check_serves(world, summary)
    assert summary["changed"] is True
    said = " ".join(summary["notRestored"])
    for name in lost:
        assert f"{name}: " in said
    again = world.up()
    assert (again["changed"], again["notRestored"]) == (False, [])


def test_a_store_emptied_while_its_region_runs_is_mended_with_its_last_writes(world):
    for one in (world.folder / ".tandem" / OTHER / "store").iterdir():
        one.unlink()
    status, _, body = call(world, OTHER, "POST", "/todos", world.key, {"text": "the last"})
    assert status == 201
    world.ids.add(json.loads(body)["id"])
    check_serves(world, world.up())


def test_the_source_of_a_repair_stays_for_a_day_and_destroy_says_what_is_true(world):
    lose(world, HOME)
    world.up()
    stacks = {region: world.client("cloudformation", region).describe_stacks()["Stacks"] for region in (HOME, OTHER)}
    kept = dict(world.weights)
    world.weights = {HOME: 50, "eu-west-1": 50}
    world.addresses["eu-west-1"] = f"{world.base}.12"
    address = world.addresses.pop(OTHER)
    world.write()
    failed = world.tandem("up", "--delete-data", "--output", "json", check=False)
    assert failed.returncode == USAGE
    # Amazon DynamoDB Developer Guide, "Global tables: how it works": 24 hours.
    said, = json.loads(failed.stdout)["obstacles"]
    assert said.startswith(f"{OTHER}: table todos was copied from there to another region within 24 hours")
    assert {region: world.client("cloudformation", region).describe_stacks()["Stacks"]
            for region in (HOME, OTHER)} == stacks
    assert ids_in(world, OTHER) == world.ids
    world.weights, world.addresses[OTHER] = kept, address
    del world.addresses["eu-west-1"]
    world.write()
    assert world.up()["changed"] is False
    destroyed = world.tandem("destroy", "--yes")
    assert "FAILED" not in destroyed.stderr
    assert f"DynamoDB keeps the copy in {OTHER} until" in destroyed.stderr
    assert "all stacks but todo-data deleted, which went with its data" in destroyed.stdout
    assert not (world.folder / ".tandem").exists()


def test_records_made_by_hand_outlive_the_home_region(world):
    route53 = world.client("route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    by_hand = {"Name": "mail.tandem.test.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.7"}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={
        "Changes": [{"Action": "CREATE", "ResourceRecordSet": by_hand}]})
    lose(world, HOME)
    check_serves(world, world.up())
    assert query_a("mail.tandem.test", world.addresses[GLOBAL], world.ports["dns"])[0][0] == "192.0.2.7"


def test_the_loss_of_every_copy_is_said_and_not_papered_over(world):
    lose(world, HOME, OTHER)
    failed = world.tandem("up", "--output", "json", check=False)
    assert failed.returncode == USAGE
    assert f"no copy of table todos is left: it is gone from {HOME}, {OTHER}" in failed.stderr
    assert "--delete-data" in failed.stderr
    assert json.loads(failed.stdout)["lost"] == [HOME, OTHER]
    world.ids = set()
    check_serves(world, world.up("--delete-data"))


def test_a_copy_of_a_lost_folder_put_back_is_taken(world):
    world.tandem("down")
    state = world.folder / ".tandem"
    shutil.copytree(state / OTHER, world.folder / "copy")
    for name in (HOME, OTHER):
        shutil.rmtree(state / name)
    assert world.tandem("up", check=False).returncode == USAGE
    world.tandem("down")
    shutil.rmtree(state / OTHER)
    shutil.copytree(world.folder / "copy", state / OTHER)
    check_serves(world, world.up())
