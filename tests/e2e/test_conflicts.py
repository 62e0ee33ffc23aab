"""`tandem conflicts`: what last writer wins threw away unseen, in the region that lost it (docs/cli.md)."""
import json
import urllib.request

import pytest

from tests.e2e.conftest import sample_world
from tests.support.waiting import wait_for
from tests.support.world import REGIONS

HOME, OTHER = REGIONS


@pytest.fixture(scope="module")
def world():
    world = sample_world()
    try:
        world.up()
        yield world
    finally:
        world.close()


def set_links(world, settings):
    for region, peer in ((HOME, OTHER), (OTHER, HOME)):
        request = urllib.request.Request(f"{world.region_endpoint(region)}/_tandem/links/{peer}", method="PUT",
                                         data=json.dumps(settings).encode())
        with urllib.request.urlopen(request, timeout=5) as answer:
            assert answer.status == 200


def conflicts(world, *words):
    return json.loads(world.tandem("conflicts", "--output", "json", *words).stdout)


def put(world, region, key, text):
    world.client("dynamodb", region).put_item(TableName="todos", Item={"id": {"S": key}, "text": {"S": text}})


def text_in(world, region, key):
    item = world.client("dynamodb", region).get_item(TableName="todos", Key={"id": {"S": key}}).get("Item")
    return item and item["text"]["S"]


@pytest.fixture(scope="module")
def lost(world):
    """A put that loses to a put, and one that loses to a delete, while the regions are cut off."""
    put(world, HOME, "deleted", "before")
    wait_for(lambda: text_in(world, OTHER, "deleted") == "before", what="the copy")
    set_links(world, {"Partitioned": True})
    put(world, HOME, "both", "east")
    put(world, HOME, "deleted", "east")
    put(world, OTHER, "both", "west")
    world.client("dynamodb", OTHER).delete_item(TableName="todos", Key={"id": {"S": "deleted"}})
    assert conflicts(world)["conflicts"] == []
    set_links(world, {})
    wait_for(lambda: text_in(world, HOME, "both") == "west" and text_in(world, HOME, "deleted") is None,
             what="equal copies")


def test_the_losers_region_lists_what_was_lost_once(world, lost):
    found = conflicts(world)
    assert found["total"] == {HOME: 2, OTHER: 0}
    assert found["unknown"] == {}
    seen = {entry["Key"]["id"]["S"]: (entry["Lost"]["Region"], entry["Lost"]["Operation"],
                                      entry["Winner"]["Region"], entry["Winner"]["Operation"])
            for entry in found["conflicts"]}
    assert len(found["conflicts"]) == 2
    assert seen == {"both": (HOME, "Put", OTHER, "Put"), "deleted": (HOME, "Put", OTHER, "Delete")}
    assert conflicts(world, "--region", OTHER)["conflicts"] == []
    assert conflicts(world, "--table", "todos")["conflicts"] == found["conflicts"]
    text = world.tandem("conflicts").stdout
    assert "id=S:both" in text and "id=S:deleted" in text


def test_a_typing_error_is_no_good_news(world, lost):
    for words in (["--table", "toods"], ["--region", "us-east-9"], ["--region", "global"]):
        assert world.tandem("conflicts", *words, check=False).returncode == 2, words


def test_of_a_region_that_does_not_answer_nothing_is_said(world, lost):
    world.tandem("region", "kill", HOME)
    done = world.tandem("conflicts", "--region", HOME, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    done = world.tandem("conflicts", "--output", "json", check=False)
    found = json.loads(done.stdout)
    assert done.returncode == 3
    assert list(found["unknown"]) == [HOME] and list(found["total"]) == [OTHER]
    world.tandem("region", "start", HOME)
    wait_for(lambda: conflicts(world)["total"] == {HOME: 2, OTHER: 0}, what="the list after a kill")
