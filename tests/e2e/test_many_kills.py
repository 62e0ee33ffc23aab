"""kill -9 of everything at once under writes, and of a region while its link catches up or its copy is
filled: afterwards every acknowledged write is in both regions, and their copies are equal item by item.

    TANDEM_KILL_ROUNDS=100 TANDEM_KILL_SEED=…   more rounds, and those of another run
"""
import os
import random

from tests.support.global_table import (REGIONS, TABLE, Writers, caught_up, copy_of, link, make_global_table,
                                        other_than, replicas, set_link)
from tests.support.processes import kill
from tests.support.waiting import wait_for

ROUNDS = int(os.environ.get("TANDEM_KILL_ROUNDS", "3"))
EVERYTHING = ("global", *REGIONS)


def kill_everything(world, moments, writers):
    writers.wait_for_more(moments.randint(1, 100))
    kill(world, *EVERYTHING)
    world.start()
    return "all three"


def kill_behind_a_link(world, moments, writers):
    """A link is paused until a few hundred writes wait behind it. It is opened, and one end dies."""
    source = moments.choice(REGIONS)
    set_link(world, source, Paused=True)
    writers.wait_for_more(moments.randint(50, 300), source)
    waiting = link(world, source)["PendingEntries"]
    set_link(world, source, DelayMs=moments.choice([0, 20, 200]))
    for _ in range(moments.randint(1, 30)):  # a moment that is counted in requests
        left = link(world, source)["PendingEntries"]
    victims = moments.choice([(source,), (other_than(source),), REGIONS])
    kill(world, *victims)
    world.start()
    set_link(world, source)
    return f"{' and '.join(victims)} with {left} of {waiting} still to come from {source}"


def kill_during_a_fill(world, moments, writers):
    """The copy of the second region is removed and made anew, and one of the two dies while it is filled."""
    client = world.client("dynamodb", REGIONS[0])
    writers.wait_for_more(moments.randint(1, 100))
    client.update_table(TableName=TABLE, ReplicaUpdates=[{"Delete": {"RegionName": REGIONS[1]}}])
    wait_for(lambda: replicas(world) == [], what="the end of the replica")
    # The fill waits on its way, or is over before anybody dies.
    set_link(world, REGIONS[0], DelayMs=moments.choice([0, 50, 200]))
    client.update_table(TableName=TABLE, ReplicaUpdates=[{"Create": {"RegionName": REGIONS[1]}}])
    for _ in range(moments.randint(1, 30)):
        states = replicas(world)
    victims = moments.choice([(REGIONS[0],), (REGIONS[1],), REGIONS])
    kill(world, *victims)
    world.start()
    set_link(world, REGIONS[0])
    wait_for(lambda: replicas(world) == ["ACTIVE"], what="the replica is active")
    return f"{' and '.join(victims)} while the new replica was {states}"


def check(world, written, deleted):
    """Everything written by now is in both regions, and both hold the same."""
    wait_for(lambda: caught_up(world), what="links that have caught up")
    copies = {}

    def equal():
        copies.update((region, copy_of(world, region)) for region in REGIONS)
        return copies[REGIONS[0]] == copies[REGIONS[1]]
    wait_for(equal, what="equal copies")
    for region in REGIONS:
        missing = written - copies[region].keys()
        assert not missing, f"{len(missing)} missing in {region}: {sorted(missing)[:5]}\n{world.process_logs()}"
        back = deleted & copies[region].keys()
        assert not back, f"{len(back)} deleted are back in {region}: {sorted(back)[:5]}"
    assert caught_up(world)


def test_no_acknowledged_write_is_missing_in_any_region(world):
    seed = int(os.environ.get("TANDEM_KILL_SEED", random.randrange(2**32)))
    print(f"seed {seed}")
    moments = random.Random(seed)
    make_global_table(world)
    written, deleted = set(), set()
    for number in range(ROUNDS):
        act = (kill_everything, kill_behind_a_link, kill_during_a_fill)[number % 3]
        with Writers(world, number, mixed=True) as writers:
            what = act(world, moments, writers)
            writers.wait_for_more(5)
        written |= writers.acknowledged()
        deleted |= writers.deleted()
        print(f"{number}: {what}; {len(written)} items written, {len(deleted)} deleted")
        check(world, written, deleted)
