"""A region's folder that is another region's, or another world's, is not served: one message names both and
the way out. One from before stores said whose they are is taken as it is."""
import shutil

import pytest

from tests.support.global_table import copy_of, make_global_table
from tests.support.waiting import wait_for
from tests.support.world import REGIONS, World

HOME, OTHER = REGIONS
FAILED = 1


@pytest.fixture(scope="module")
def world():
    world = World()
    try:
        world.start()
        make_global_table(world)
        for region in REGIONS:
            world.client("dynamodb", region).put_item(TableName="items", Item={"id": {"S": region}})
        for region in REGIONS:
            wait_for(lambda region=region: copy_of(world, region).keys() == set(REGIONS), what="replication")
        yield world
    finally:
        world.close()


def store_of(world, region):
    return world.folder / ".tandem" / region / "store"


def replace(world, region, by):
    """Returns what was there."""
    kept = world.folder / "kept"
    store_of(world, region).rename(kept)
    shutil.copytree(by, store_of(world, region))
    return kept


def refusal(world, region):
    done = world.tandem("region", "start", region, check=False)
    assert done.returncode == FAILED, done.stderr
    assert str(store_of(world, region)) in done.stderr and "'tandem up'" in done.stderr
    return done.stderr


def test_another_regions_folder_is_refused_and_its_own_put_back_serves(world):
    world.tandem("down")
    kept = replace(world, HOME, store_of(world, OTHER))
    assert f"is the store of {OTHER}, not of {HOME}" in refusal(world, HOME)
    shutil.rmtree(store_of(world, HOME))
    kept.rename(store_of(world, HOME))
    world.start()
    assert copy_of(world, HOME).keys() == set(REGIONS)


def test_the_way_out_that_is_named_leads_out(world):
    """Here without a deployment, so that nothing is filled again: test_repair.py shows that."""
    world.tandem("down")
    kept = replace(world, HOME, store_of(world, OTHER))
    refusal(world, HOME)
    shutil.rmtree(store_of(world, HOME))
    world.start()
    assert world.client("dynamodb", HOME).list_tables()["TableNames"] == []
    world.tandem("down")
    shutil.rmtree(store_of(world, HOME))
    kept.rename(store_of(world, HOME))
    world.start()


def test_a_folder_of_another_world_is_refused(world):
    stranger = World()
    try:
        stranger.start().tandem("down")
        world.tandem("down")
        for process in (HOME, "global"):
            kept = replace(world, process, store_of(stranger, process))
            said = refusal(world, process)
            assert f"of another world ({(stranger.folder / '.tandem/world').read_text().strip()})" in said
            assert f"of this one ({(world.folder / '.tandem/world').read_text().strip()})" in said
            shutil.rmtree(store_of(world, process))
            kept.rename(store_of(world, process))
        world.start()
    finally:
        stranger.close()


@pytest.mark.parametrize("damage", ["lost", "garbage"])
def test_a_world_id_that_is_lost_is_found_again(world, damage):
    world.tandem("down")
    file = world.folder / ".tandem/world"
    before = file.read_text()
    file.unlink()
    if damage == "garbage":
        file.write_text("\x1b[2J garbage")
    world.start()
    assert file.read_text() == before
