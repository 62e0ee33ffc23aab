"""routing: in tandem.yaml, one word: failover through a kill and a return, and a name that answers while its
policy changes; a drained primary hands over."""
import json
import subprocess
import threading

import pytest

from tests.e2e.conftest import sample_world
from tests.support.dns import DnsFailure, query_a
from tests.support.waiting import wait_for

NAME = "todos.tandem.test"
PRIMARY, SECONDARY = "us-east-1", "us-west-2"
# Of src/aws/places.txt.
PLACES = {"198.19.78.0/24": PRIMARY, "198.18.54.0/24": PRIMARY, "198.18.30.0/24": PRIMARY,
          "198.19.74.0/24": SECONDARY, "203.0.113.0/24": SECONDARY}


@pytest.fixture(scope="module")
def world():
    world = sample_world(clock="20x", extra="routing: failover\n")
    try:
        world.up()
        yield world
    finally:
        world.close()


def answers(world, count=12):
    names = {address: name for name, address in world.addresses.items()}
    return {names[address] for _ in range(count)
            for address, _ in query_a(NAME, world.addresses["global"], world.ports["dns"])}


def from_place(world, subnet):
    done = subprocess.run(["dig", f"@{world.addresses['global']}", "-p", str(world.ports["dns"]), "+short",
                           f"+subnet={subnet}", NAME, "A"], capture_output=True, text=True, timeout=30)
    names = {address: name for name, address in world.addresses.items()}
    return {names[address] for address in done.stdout.split()}


def status(world):
    return json.loads(world.tandem("status", "--output", "json").stdout)


def route(world, extra):
    """Edits tandem.yaml and applies it while somebody asks for the name all the time."""
    world.extra = extra
    world.write()
    empty, asked, stop = [], [], threading.Event()

    def ask():
        while not stop.is_set():
            try:
                found = query_a(NAME, world.addresses["global"], world.ports["dns"])
                asked.append(found)
                if not found:
                    empty.append("no address")
            except (DnsFailure, OSError) as failure:
                empty.append(str(failure))
    client = threading.Thread(target=ask)
    client.start()
    try:
        summary = world.up()
    finally:
        stop.set()
        client.join()
    assert not empty and len(asked) > 100, (empty[:5], len(asked))
    return summary


def test_failover_answers_with_the_primary_while_it_is_healthy(world):
    # [Developer Guide: Failover routing]
    wait_for(lambda: answers(world) == {PRIMARY}, what="the primary")
    world.tandem("region", "kill", PRIMARY)
    wait_for(lambda: answers(world) == {SECONDARY}, timeout=60, what="the secondary")
    world.tandem("region", "start", PRIMARY)
    wait_for(lambda: answers(world) == {PRIMARY}, timeout=60, what="the primary again")
    shown = status(world)
    assert shown["routing"] == "failover"
    in_dns = {check["name"]: check["inDns"] for check in shown["healthChecks"]}
    assert in_dns == {"todo-us-east-1": True, "todo-us-west-2": False}


def turn(world, verb, region, *words, code=0):
    done = world.tandem("region", verb, region, "--output", "json", *words, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout), done.stderr


def traffic(world):
    """By region: what its process says of traffic, and whether DNS answers with it."""
    shown = status(world)
    assert shown["routing"] == "failover"
    in_dns = {check["name"].removeprefix("todo-"): check["inDns"] for check in shown["healthChecks"]}
    return {process["name"]: (process.get("traffic"), in_dns[process["name"]])
            for process in shown["processes"] if process["name"] in in_dns}


def test_a_drained_primary_hands_over_to_the_secondary(world):
    wait_for(lambda: answers(world) == {PRIMARY}, timeout=60, what="the primary")
    done, _ = turn(world, "drain", PRIMARY)
    assert (done["changed"], done["inDns"]) == (True, False)
    assert answers(world) == {SECONDARY}
    assert traffic(world) == {PRIMARY: ("drained", False), SECONDARY: (None, True)}
    refused, _ = turn(world, "drain", SECONDARY, code=2)
    assert refused["error"]["message"].startswith(f"{SECONDARY} is the last healthy region; nothing was changed.")
    assert answers(world) == {SECONDARY}
    # [Developer Guide: when both are unhealthy, Route 53 answers with the primary]
    forced, said = turn(world, "drain", SECONDARY, "--force")
    assert forced["changed"] and not forced["inDns"]
    assert f"no region is healthy, so Route 53 answers with the primary, {PRIMARY}" in said
    assert answers(world) == {PRIMARY}
    turn(world, "restore", SECONDARY)
    assert answers(world) == {SECONDARY}
    done, _ = turn(world, "restore", PRIMARY)
    assert (done["changed"], done["inDns"]) == (True, True)
    assert answers(world) == {PRIMARY}


def test_a_drained_secondary_takes_over_for_nobody(world):
    turn(world, "drain", SECONDARY)
    assert answers(world) == {PRIMARY}
    assert traffic(world) == {PRIMARY: (None, True), SECONDARY: ("drained", False)}
    refused, _ = turn(world, "drain", PRIMARY, code=2)
    assert "last healthy region" in refused["error"]["message"]
    done, said = turn(world, "restore", SECONDARY)
    assert (done["changed"], done["inDns"]) == (True, False)
    assert "it is the secondary, and the primary is healthy" in said
    assert traffic(world) == {PRIMARY: (None, True), SECONDARY: (None, False)}


def test_the_policy_changes_in_one_batch(world):
    world.extra = "routing: latency\n"
    world.write()
    planned = world.tandem("plan")
    assert "routing is latency in place of failover, in one batch" in planned.stdout, planned.stdout
    summary = route(world, "routing: latency\n")
    assert summary["routing"] == "latency" and summary["changed"]
    assert {subnet: from_place(world, subnet) for subnet in PLACES} == {
        subnet: {region} for subnet, region in PLACES.items()}
    # Of whoever is on this machine nothing is known: us-east-1's latencies.
    assert answers(world) == {PRIMARY}
    assert status(world)["routing"] == "latency"
    route(world, "routing: weighted\n")
    wait_for(lambda: answers(world, 60) == {PRIMARY, SECONDARY}, what="weighted answers")
    # A CNAME tolerates no record beside it, which one batch does not mind.
    route(world, "routing: failover\nttl: 20\n")
    assert answers(world) == {PRIMARY}
    assert not world.up()["changed"]


def test_a_drained_region_stays_drained_whatever_the_policy_becomes(world):
    turn(world, "drain", PRIMARY)
    for extra in ("routing: weighted\n", "routing: latency\n", "routing: failover\n"):
        summary = route(world, extra)
        assert f"{PRIMARY} is drained and stays so" in " ".join(summary["warnings"])
        assert answers(world) == {SECONDARY}, extra
    turn(world, "restore", PRIMARY)
    assert answers(world) == {PRIMARY}
