"""A region's folder is replaced by an older copy of itself: what any region still holds is in both in the
end, whatever either has written meanwhile, and the log says what may be lost.

    TANDEM_FOLDER_ROUNDS=20 TANDEM_FOLDER_SEED=…   more rounds, and those of another run
"""
import os
import random
import shutil

from tests.support.global_table import (REGIONS, Writers, caught_up, copy_of, make_global_table, other_than,
                                        set_link)
from tests.support.processes import freeze, kill, thaw
from tests.support.waiting import wait_for

ROUNDS = int(os.environ.get("TANDEM_FOLDER_ROUNDS", "3"))
FELL_BACK = "has fallen back to an older state. What no region holds any more is lost"


def folder_of(world, region):
    return world.folder / ".tandem" / region


def copy_folder(world, region, to, how):
    if how == "frozen":
        pid = freeze(world, region)
    else:
        kill(world, region)
    shutil.copytree(folder_of(world, region), to)
    if how == "frozen":
        thaw(pid)
    else:
        world.tandem("region", "start", region)


def put_back(world, region, copy):
    shutil.rmtree(folder_of(world, region))
    shutil.copytree(copy, folder_of(world, region))


def said(world):
    return sum((folder_of(world, region) / "log").read_text().count(FELL_BACK) for region in REGIONS)


def one_round(world, moments, writers, number):
    """Returns the items that must be everywhere in the end, and those that may be lost."""
    region = moments.choice(REGIONS)
    other = other_than(region)
    copy = world.folder / f"copy-{number}"
    how = moments.choice(["frozen", "killed"])
    writers.wait_for_more(moments.randint(1, 100))
    copy_folder(world, region, copy, how)
    # At least one write of each is in the other before the folder falls back, or nobody could know.
    writers.wait_for_more(moments.randint(20, 200))
    seen = writers.acknowledged()
    wait_for(lambda: seen <= copy_of(world, other).keys(), what="replication")
    alone = moments.choice([0, 0, 50])
    if alone:  # writes that are nowhere else
        set_link(world, region, Paused=True)
        writers.wait_for_more(alone, region)
    kill(world, region)
    writers.wait_until_none_answers(region)
    before = writers.acknowledged(region)
    put_back(world, region, copy)
    lines = said(world)
    writers.wait_for_more(moments.randint(0, 100), other)
    apart = moments.choice([True, True, False])
    if apart:
        set_link(world, other, Partitioned=True)
    world.tandem("region", "start", region)
    if apart:
        # Less, about as much or more than what was lost.
        writers.wait_for_more(moments.randint(1, 300), region)
    held = {one: copy_of(world, one).keys() for one in REGIONS}
    after = writers.acknowledged(region) - before
    if apart:
        set_link(world, other)
    writers.wait_for_more(10)
    print(f"{number}: a copy of {region}, {how}; {len(before - held[region])} writes are not in it"
          f"{', ' + str(len(after)) + ' written before its link was up' if apart else ''}")
    wait_for(lambda: said(world) > lines, what="a line about what may be lost")
    shutil.rmtree(copy)
    return held[region] | held[other] | after | writers.acknowledged(other), before - held[region] - held[other]


def check(world, expected):
    copies = {}

    def equal():
        copies.update((region, copy_of(world, region)) for region in REGIONS)
        return caught_up(world) and copies[REGIONS[0]] == copies[REGIONS[1]]
    wait_for(equal, timeout=60, what="equal copies and links that have caught up")
    for region in REGIONS:
        missing = expected - copies[region].keys()
        assert not missing, f"{len(missing)} missing in {region}: {sorted(missing)[:5]}\n{world.process_logs()}"
    return copies[REGIONS[0]].keys()


def test_what_any_region_holds_is_in_both_in_the_end(world):
    seed = int(os.environ.get("TANDEM_FOLDER_SEED", random.randrange(2**32)))
    print(f"seed {seed}")
    moments = random.Random(seed)
    make_global_table(world)
    lost, expected = 0, set()
    for number in range(ROUNDS):
        with Writers(world, number) as writers:
            must, may_be_lost = one_round(world, moments, writers, number)
        final = check(world, (expected | must | writers.acknowledged()) - may_be_lost)
        # What was lost once is not asked for in the next round.
        lost += len(may_be_lost - final)
        expected = set(final)
    print(f"{ROUNDS} folders put back, {len(expected)} items, {lost} lost that no region held any more")
