"""What `status` shows of health checks is the verdict that DNS answers by, at every moment."""
import json
import urllib.request

import pytest

from tests.e2e.conftest import sample_world
from tests.support.dns import query_a
from tests.support.waiting import wait_for

HOME, OTHER = "us-east-1", "us-west-2"


@pytest.fixture(scope="module")
def world():
    world = sample_world(clock="20x", extra="ttl: 20\n")
    try:
        world.up()
        yield world
    finally:
        world.close()


def in_answers(world):
    """The regions that 40 answers name: one of two equal weights is missed once in 2^39 times."""
    addresses = {address: name for name, address in world.addresses.items()}
    return {addresses[query_a("todos.tandem.test", world.addresses["global"], world.ports["dns"])[0][0]]
            for _ in range(40)}


def in_status(world):
    checks = json.loads(world.tandem("status", "--output", "json", check=False).stdout)["healthChecks"]
    assert len(checks) == 2
    return {check["name"].removeprefix("todo-"): check for check in checks}


def sample(world):
    """The regions in DNS before and after status was asked, and what it said."""
    before = in_answers(world)
    checks = in_status(world)
    return before, checks, in_answers(world)


def compare_until(world, wanted):
    """Samples until DNS answers with the wanted regions; what lies within a transition is no sample."""
    compared = []

    def reached():
        before, checks, after = sample(world)
        if before == after:
            assert {name for name, check in checks.items() if check["inDns"]} == before, checks
            compared.append(checks)
        return before == after == wanted
    wait_for(reached, timeout=60, what=f"{wanted} in DNS")
    return compared


def test_status_and_dns_agree_while_a_region_dies_and_comes_back(world):
    both = {HOME, OTHER}
    # New inverted checks count as unhealthy until they have looked: while all do, Route 53 answers with all.
    wait_for(lambda: {check["status"] for check in in_status(world).values()} == {"healthy"}, timeout=60,
             what="health checks that have looked")
    compare_until(world, both)
    for region, other in ((HOME, OTHER), (OTHER, HOME)):
        world.tandem("region", "kill", region)
        last = compare_until(world, {other})[-1]
        assert last[region]["status"] == "unhealthy" and last[other]["status"] == "healthy"
        # Route 53 Developer Guide, "How Route 53 determines whether a health check is healthy": more than
        # 18 % of the checkers.
        assert last[region]["healthyCheckers"] * 100 <= 18 * last[region]["checkers"] == 18 * 16
        world.tandem("region", "start", region)
        compared = compare_until(world, both)
        assert compared[-1][region]["status"] == "healthy"
        assert compared[-1][region]["since"] > last[region]["since"]


def set_link(world, region, peer, **settings):
    put = urllib.request.Request(f"{world.region_endpoint(region)}/_tandem/links/{peer}", method="PUT",
                                 data=json.dumps(settings).encode())
    assert urllib.request.urlopen(put, timeout=10).status == 200


def link(world, code):
    done = world.tandem("status", "--output", "json", check=False)
    assert done.returncode == code
    links = {(one["from"], one["to"]): one for one in json.loads(done.stdout)["links"]}
    assert set(links) == {(HOME, OTHER), (OTHER, HOME)}
    return links[HOME, OTHER]


def test_status_tells_the_state_of_every_replication_link(world):
    """As GET /_tandem/links does (docs/tandem-endpoints.md); 1 while one does not work."""
    compare_until(world, {HOME, OTHER})
    assert link(world, 0)["state"] == "Connected"
    assert f"{HOME} → {OTHER}" in world.tandem("status").stdout
    dynamodb = world.client("dynamodb", HOME)
    for setting, state in (("Partitioned", "Partitioned"), ("Paused", "Paused")):
        set_link(world, HOME, OTHER, **{setting: True})
        dynamodb.put_item(TableName="todos", Item={"id": {"S": setting}})
        seen = link(world, 1)
        assert (seen["state"], seen["pendingEntries"]) == (state, 1)
        shown = world.tandem("status", check=False)
        assert shown.returncode == 1 and state in shown.stdout and "1 write " in shown.stdout
        set_link(world, HOME, OTHER)
        wait_for(lambda: world.tandem("status", check=False).returncode == 0, what="a link that works")
        wait_for(lambda: link(world, 0)["pendingEntries"] == 0, what="the write in the other region")
    set_link(world, HOME, OTHER, DelayMs=7)
    wait_for(lambda: "delayed by 7 ms" in world.tandem("status", check=False).stdout, what="the delay")
    set_link(world, HOME, OTHER)


def test_status_says_why_in_words(world):
    compare_until(world, {HOME, OTHER})
    shown = world.tandem("status").stdout
    assert "HEALTH CHECK" in shown and "SINCE" in shown and "IN DNS" in shown
    assert " of 16 healthy" in shown


def test_when_all_are_unhealthy_all_are_answered_and_status_says_so(world):
    compare_until(world, {HOME, OTHER})
    for region in (HOME, OTHER):
        world.tandem("region", "kill", region)
    try:
        wait_for(lambda: {check["status"] for check in in_status(world).values()} == {"unhealthy"},
                 what="two unhealthy verdicts")
        # Developer Guide, "How Route 53 chooses records when health checking is configured": when none is
        # healthy, all are considered healthy.
        assert {check["inDns"] for check in in_status(world).values()} == {True}
        assert in_answers(world) == {HOME, OTHER}
        with urllib.request.urlopen(f"{world.endpoint}/_tandem/dns", timeout=30) as answer:
            document = json.load(answer)
        members = [member for record in document["Records"] for member in record["Members"]
                   if "HealthCheckId" in member]
        assert len(members) >= 2
        assert {member["Why"] for member in members} == {"no member is eligible, so all of them answer"}
    finally:
        for region in (HOME, OTHER):
            world.tandem("region", "start", region)
