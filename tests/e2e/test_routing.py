"""routing: in tandem.yaml, one word: failover through a kill and a return, and a name that answers while its
policy changes."""
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
