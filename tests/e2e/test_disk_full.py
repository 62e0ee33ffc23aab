"""A region's disk fills under writes and gets its room back: nothing acknowledged is missing anywhere, and no process died.

    DISK_FULL_ROUNDS=21 DISK_FULL_SEED=…   more rounds, and those of another run

A third of the rounds fills one region's disk, a third the other's, a third both.
"""
import http.client
import json
import os
import random
import shutil
import subprocess

import pytest

from tests.e2e.conftest import ROOT  # noqa: F401  (puts the repository on the path)
from tests.support.global_table import TABLE, Writer, copy_of, make_global_table
from tests.support.processes import alive, pid_of
from tests.support.waiting import wait_for
from tests.support.world import REGIONS, World

ROUNDS = int(os.environ.get("DISK_FULL_ROUNDS", "3"))
VICTIMS = [(REGIONS[0],), (REGIONS[1],), REGIONS]
DISK_MB = 64


def small_disk(folder):
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tandem-test", str(folder)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"a small disk needs root and mount(8): {done.stderr.strip()}")


@pytest.fixture
def world():
    world = World()
    folders = {name: world.folder / ".tandem" / name for name in REGIONS}
    try:
        for folder in folders.values():
            small_disk(folder)
        world.disks = folders
        yield world.start()
    finally:
        world.tandem("down", check=False)
        for folder in folders.values():
            subprocess.run(["umount", "-l", str(folder)], capture_output=True)
        shutil.rmtree(world.folder, ignore_errors=True)


def fill(folder):
    """Takes all room there is, as fast as the disk allows."""
    with open(folder / "ballast", "wb", buffering=0) as ballast:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    ballast.write(b"\xa5" * size)
            except OSError:
                continue


def spare(folder, size):
    """Gives size bytes of a full disk back."""
    ballast = folder / "ballast"
    os.truncate(ballast, ballast.stat().st_size - size)


def get(world, region, path):
    connection = http.client.HTTPConnection(world.addresses[region], world.ports["http"], timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return None, ""
    finally:
        connection.close()


def health(world, region):
    body = get(world, region, "/_tandem/health")[1]
    return json.loads(body) if body else {"status": "no answer"}


def refused(writers, region, since):
    return [refusal for writer in writers if writer.region == region
            for refusal in writer.refusals[since[writer]:]]


def one_round(world, moments, writers, victims):
    goal = sum(len(w.acknowledged) for w in writers) + moments.randint(20, 400)
    wait_for(lambda: sum(len(w.acknowledged) for w in writers) >= goal, what="writes under way")
    since = {writer: len(writer.refusals) for writer in writers}
    for region in victims:
        fill(world.disks[region])
    for region in victims:
        seen = wait_for(lambda region=region: refused(writers, region, since), what=f"a refusal in {region}")
        # DynamoDB developer guide, "Error handling": 503 is ServiceUnavailable, which SDKs try again.
        assert all(status == 503 and "ServiceUnavailable" in body for status, body in seen), seen
        assert region in seen[0][1] and "free" in seen[0][1], seen
        state = health(world, region)
        assert state["status"] in ("disk-low", "store-failed"), state
        assert region in state["reason"], state
        assert get(world, region, "/_tandem/metrics")[1].count('tandem_store_state{state="ok"} 0') == 1
        # Reads go on.
        table = world.client("dynamodb", region, endpoint=world.region_endpoint(region))
        assert table.scan(TableName=TABLE, Limit=1)["Count"] == 1
    held_for = moments.randint(0, 200)
    goal = sum(len(w.refusals) for w in writers) + held_for
    wait_for(lambda: sum(len(w.refusals) for w in writers) >= goal, what="more refusals")
    before = {writer: len(writer.acknowledged) for writer in writers}
    for region in victims:
        (world.disks[region] / "ballast").unlink()
    for region in victims:
        wait_for(lambda region=region: health(world, region)["status"] == "ok", what=f"{region} is well")
        wait_for(lambda region=region: all(len(w.acknowledged) > before[w] for w in writers
                                           if w.region == region), what=f"writes in {region}")


def test_a_region_starts_on_a_disk_without_a_byte_and_serves_once_there_is_room(world):
    make_global_table(world)
    region = REGIONS[0]
    table = world.client("dynamodb", region, endpoint=world.region_endpoint(region))
    table.put_item(TableName=TABLE, Item={"id": {"S": "before"}})
    world.tandem("region", "kill", region)
    fill(world.disks[region])
    assert shutil.disk_usage(world.disks[region]).free == 0
    world.tandem("region", "start", region)
    state = health(world, region)
    assert state["status"] in ("disk-low", "store-failed") and "free some space" in state["reason"], state
    rows = {row["name"]: row for row in json.loads(world.tandem("status", "--output", "json", check=False).stdout)["processes"]}
    assert rows[region]["running"] and "free some space" in json.dumps(rows[region]), rows[region]
    (world.disks[region] / "ballast").unlink()
    wait_for(lambda: health(world, region)["status"] == "ok", what=f"{region} is well")
    assert table.get_item(TableName=TABLE, Key={"id": {"S": "before"}})["Item"]
    table.put_item(TableName=TABLE, Item={"id": {"S": "after"}})
    world.tandem("region", "stop", region)


def test_a_full_disk_loses_nothing_and_goes_on_by_itself(world):
    seed = int(os.environ.get("DISK_FULL_SEED", random.randrange(2**32)))
    print(f"seed {seed}")
    moments = random.Random(seed)
    make_global_table(world)
    started = {name: pid_of(world, name) for name in REGIONS}
    writers = [Writer(world, region, number, pad=700) for region in REGIONS for number in range(2)]
    for writer in writers:
        writer.start()
    try:
        for number in range(ROUNDS):
            one_round(world, moments, writers, VICTIMS[number % len(VICTIMS)])
            print(f"{number}: {' and '.join(VICTIMS[number % len(VICTIMS)])}")
    finally:
        for writer in writers:
            writer.stopping.set()
        for writer in writers:
            writer.join()
    assert {name: pid_of(world, name) for name in REGIONS} == started
    assert all(alive(pid) for pid in started.values())
    acknowledged = {identity for writer in writers for identity in writer.acknowledged}
    print(f"{ROUNDS} rounds, {len(acknowledged)} acknowledged")

    def missing():
        try:
            return {region: len(acknowledged - copy_of(world, region).keys()) for region in REGIONS}
        except (OSError, http.client.HTTPException):
            return None  # a region that takes writes again reads everything anew, and closes connections
    wait_for(lambda: missing() == {region: 0 for region in REGIONS}, timeout=60,
             what="every acknowledged write everywhere")
    log = (world.disks[REGIONS[0]] / "log").read_text() + (world.disks[REGIONS[1]] / "log").read_text()
    refusals = sum(len(writer.refusals) for writer in writers)
    # A few lines for each change of state, not some for every request.
    assert len(log.splitlines()) < 40 * ROUNDS + 50, f"{refusals} refusals\n{log[-4000:]}"


@pytest.mark.parametrize("room", [64 << 10, 0], ids=["room for a pid and a few lines", "no room at all"])
def test_a_disk_that_is_full_at_the_start_is_read_and_waited_for(world, room):
    region = REGIONS[1]
    make_global_table(world)
    connection = world.client("dynamodb", region, endpoint=world.region_endpoint(region))
    connection.put_item(TableName=TABLE, Item={"id": {"S": "before"}})
    world.tandem("region", "kill", region)
    fill(world.disks[region])
    spare(world.disks[region], room)
    world.tandem("region", "start", region)
    state = health(world, region)
    assert state["status"] in ("disk-low", "store-failed") and region in state["reason"], state
    table = world.client("dynamodb", region, endpoint=world.region_endpoint(region))
    assert table.scan(TableName=TABLE)["Count"] == 1
    writer = Writer(world, region, 0, pad=700)
    writer.start()
    try:
        wait_for(lambda: writer.refusals, what="a refusal")
        assert writer.refusals[0][0] == 503 and "free" in writer.refusals[0][1], writer.refusals[0]
        (world.disks[region] / "ballast").unlink()
        wait_for(lambda: writer.acknowledged, what="writes")
    finally:
        writer.stopping.set()
        writer.join()
    # Having refused writes, it opens once more when it takes them again.
    wait_for(lambda: health(world, region)["status"] == "ok", what=f"{region} is well")
