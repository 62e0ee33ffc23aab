"""A region is drained and restored under load, through kills of it and of global. Sources: AWS Well-Architected,
REL11-BP04 (rely on the data plane, not the control plane, during recovery); AWS Architecture Blog, "Creating
Disaster Recovery Mechanisms Using Amazon Route 53" (an inverted check on an object of the region that takes over);
Route 53 Developer Guide, "How Route 53 chooses records when health checking is configured"."""
import json
import time

import pytest

from tests.e2e.conftest import sample_world
from tests.support.client import Writer, call
from tests.support.dns import DnsFailure, Resolver, query_a
from tests.support.waiting import wait_for

DRAINED, KEPT = "us-east-1", "us-west-2"
SPEED = 20
TTL_S = 20


@pytest.fixture(scope="module")
def world():
    world = sample_world(clock=f"{SPEED}x", extra=f"ttl: {TTL_S}\n")
    try:
        world.key = world.up()["apiKey"]
        yield world
    finally:
        world.close()


@pytest.fixture(autouse=True)
def all_serve(world):
    """Whatever a test leaves."""
    yield
    for name in ("global", DRAINED, KEPT):
        world.tandem("region", "start", name)
    for region in (DRAINED, KEPT):
        world.tandem("region", "restore", region)


def act(world, verb, region, *words, code=0):
    done = world.tandem("region", verb, region, "--output", "json", *words, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


class PatientResolver(Resolver):
    """As a stub resolver does, which asks again for some seconds while nobody answers."""

    def address(self):
        def answer():
            try:
                return super(PatientResolver, self).address()
            except (OSError, DnsFailure, ValueError):
                return None
        return wait_for(answer, timeout=10, what="an answer of DNS")


def in_dns(world):
    addresses = {address: name for name, address in world.addresses.items()}
    return {addresses[query_a("todos.tandem.test", world.addresses["global"], world.ports["dns"])[0][0]]
            for _ in range(40)}


def status(world):
    """By region: its process, and its health check."""
    shown = world.tandem("status", "--output", "json", check=False)
    document = json.loads(shown.stdout)
    checks = {check["name"].removeprefix("todo-"): check for check in document["healthChecks"]}
    return shown.returncode, {process["name"]: {**process, "check": checks.get(process["name"])}
                              for process in document["processes"]}


def records(world):
    """As Route 53 has them, with their health checks' settings."""
    route53 = world.client("route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    return (route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"],
            route53.list_health_checks()["HealthChecks"])


def answers_after(writer, moment, count=50):
    def enough():
        late = [a for a in writer.snapshot() if a.sent > moment]
        return late if len(late) >= count else None
    return wait_for(enough, timeout=60, what="answers")


def test_drain_and_restore_under_load_fail_no_request(world):
    wait_for(lambda: in_dns(world) == {DRAINED, KEPT}, what="both regions in DNS")
    before = records(world)
    writer = Writer(world, world.key, resolver=PatientResolver(
        "todos.tandem.test", world.addresses["global"], world.ports["dns"]))
    try:
        answers_after(writer, time.monotonic(), 100)
        done = act(world, "drain", DRAINED)
        assert done["changed"] and not done["inDns"]
        assert done["switches"] == [{"region": KEPT, "on": True}]
        assert in_dns(world) == {KEPT}
        # What clients had resolved by then they may ask for one TTL more.
        out = time.monotonic() + TTL_S / SPEED + 0.2
        assert {a.region for a in answers_after(writer, out)} == {KEPT}
        code, shown = status(world)
        assert (code, shown[DRAINED]["traffic"], shown[DRAINED]["check"]["status"]) == (0, "drained", "drained")
        assert shown[DRAINED]["check"]["inDns"] is False and "traffic" not in shown[KEPT]
        assert "running, drained" in world.tandem("status").stdout
        # It runs on, and nobody is sent there: its end concerns nobody, and neither does its return.
        assert call(world, DRAINED, "GET", "/todos/health")[0] == 200
        world.tandem("region", "kill", DRAINED)
        dead = time.monotonic()
        assert {a.region for a in answers_after(writer, dead)} == {KEPT}
        world.tandem("region", "kill", "global")
        world.tandem("region", "start", "global")
        assert {a.region for a in answers_after(writer, time.monotonic())} == {KEPT}
        world.tandem("region", "start", DRAINED)
        wait_for(lambda: status(world)[1][DRAINED]["check"]["healthyCheckers"] == 16, what="a healthy endpoint")
        assert in_dns(world) == {KEPT}
        restored = act(world, "restore", DRAINED)
        assert restored["changed"] and restored["inDns"]
        back = time.monotonic()
        wait_for(lambda: any(a.region == DRAINED and a.sent > back for a in writer.snapshot()),
                 timeout=12 * TTL_S / SPEED + 30, what="an answer of the restored region")
    finally:
        answers = writer.stop()
    assert [a for a in answers if a.status != 201] == []
    assert records(world) == before, "no record and no health check was edited"


def test_a_drained_region_stays_drained_whoever_dies(world):
    act(world, "drain", DRAINED)
    for name in ("global", DRAINED, KEPT):
        world.tandem("region", "kill", name)
        world.tandem("region", "start", name)
        if name == "global":
            # Not for a moment: the checkers' verdicts outlive the process.
            assert in_dns(world) == {KEPT}
        looked = wait_for(lambda: (lambda row: row if row["check"] and row["check"]["checkersThatLooked"] == 16
                                   else None)(status(world)[1][DRAINED]), what="looks of all checkers")
        assert looked["traffic"] == "drained" and in_dns(world) == {KEPT}
    again = act(world, "drain", DRAINED)
    assert (again["changed"], again["inDns"]) == (False, False)


def test_up_and_plan_say_so_and_do_not_undo_it(world):
    act(world, "drain", DRAINED)
    warning = f"{DRAINED} is drained and stays so"
    planned = world.tandem("plan", "--detailed-exitcode", check=False)
    assert planned.returncode == 0 and warning in planned.stdout
    up = world.tandem("up")
    assert "Nothing to change" in up.stdout and warning in up.stdout + up.stderr
    world.weights[DRAINED] = 80
    world.write()
    try:
        assert warning in " ".join(world.up()["warnings"])
        assert in_dns(world) == {KEPT}
    finally:
        world.weights[DRAINED] = 50
        world.write()
        world.up()
    assert in_dns(world) == {KEPT}


def test_the_last_healthy_region_is_not_drained_unless_forced(world):
    act(world, "drain", DRAINED)
    refused = act(world, "drain", KEPT, code=2)["error"]["message"]
    assert refused.startswith(f"{KEPT} is the last healthy region; nothing was changed.")
    assert in_dns(world) == {KEPT}
    # Developer Guide: when none is healthy, all are considered healthy.
    forced = act(world, "drain", KEPT, "--force")
    assert forced["changed"] and forced["inDns"]
    assert in_dns(world) == {DRAINED, KEPT}
    assert act(world, "restore", KEPT)["inDns"]
    assert in_dns(world) == {KEPT}
    assert act(world, "restore", DRAINED)["inDns"]
    world.tandem("region", "kill", DRAINED)
    wait_for(lambda: in_dns(world) == {KEPT}, what="the region out of DNS")
    assert "last healthy region" in act(world, "drain", KEPT, code=2)["error"]["message"]


def test_while_the_one_with_the_switch_is_dead(world):
    act(world, "drain", DRAINED)
    world.tandem("region", "kill", KEPT)
    # A check on what is dead finds no switch: the drained region is all there is, and it serves.
    wait_for(lambda: in_dns(world) == {DRAINED}, what="the drained region in DNS")
    left = act(world, "restore", DRAINED, code=1)
    assert "drained again once it is back" in left["error"]["message"]
    world.tandem("region", "start", KEPT)
    wait_for(lambda: in_dns(world) == {KEPT}, what="drained again")
    assert act(world, "restore", DRAINED)["inDns"]
    nobody = act(world, "restore", DRAINED)
    assert (nobody["changed"], nobody["inDns"]) == (False, True)


def test_without_global_the_switch_is_turned_all_the_same(world):
    wait_for(lambda: in_dns(world) == {DRAINED, KEPT}, what="both regions in DNS")
    world.tandem("region", "kill", "global")
    drained = act(world, "drain", DRAINED, code=3)
    assert "global does not answer" in drained["error"]["message"]
    world.tandem("region", "start", "global")
    wait_for(lambda: in_dns(world) == {KEPT}, what="the drained region out of DNS")


def test_a_region_without_weight_is_restored_although_nobody_is_sent_there(world):
    # Developer Guide, "Weighted routing": with the weight 0 it is answered with when no other can be.
    world.weights[DRAINED] = 0
    world.write()
    world.up()
    try:
        assert act(world, "drain", DRAINED)["inDns"] is False
        restored = act(world, "restore", DRAINED)
        assert (restored["changed"], restored["inDns"]) == (True, False)
        assert in_dns(world) == {KEPT}
    finally:
        world.weights[DRAINED] = 50
        world.write()
        world.up()


def test_where_nothing_runs_there_is_nothing_to_drain(world):
    world.tandem("down")
    try:
        for verb in ("drain", "restore"):
            assert "no region answers" in act(world, verb, DRAINED, code=3)["error"]["message"]
    finally:
        world.tandem("up")


def test_words_that_are_no_region(world):
    assert "did you mean 'us-east-1'?" in act(world, "drain", "us-esat-1", code=2)["error"]["message"]
    assert "name a region" in act(world, "drain", "global", code=2)["error"]["message"]
    assert "did you mean 'drain'?" in world.tandem("region", "drian", DRAINED, check=False).stderr
    assert "--force" in world.tandem("region", "drain", "--help").stdout
