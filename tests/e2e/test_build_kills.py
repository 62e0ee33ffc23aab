"""kill -9 of a region while a build goes on: it ends as it would have, as itself, and nothing of the first
try is left, nor of a build that ended, of what it had left running."""
import json
import subprocess
import uuid

from tests.support.roles import role_of
from tests.support.waiting import wait_for
from tests.support.world import REGIONS

REGION = REGIONS[0]
# Of another session and parent, deaf to signals: runs on after its shell. %s: how a test finds it.
DAEMON = "(trap '' TERM INT HUP; setsid sh -c '(trap \"\" TERM; sleep %s; true) &' > /dev/null 2>&1 &)"
ENVIRONMENT = {"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0",
               "computeType": "BUILD_GENERAL1_SMALL"}


def test_a_build_survives_its_region(world):
    client = world.client("codebuild", REGION, world.region_endpoint(REGION))
    logs = world.client("logs", REGION, world.region_endpoint(REGION))
    # Whatever runs in a room can be found by it.
    seconds = f"300.{uuid.uuid4().int % 10**9}"
    daemon = DAEMON % seconds
    spec = json.dumps({"version": "0.2", "phases": {"build": {"commands": ["echo begins", daemon, f"sleep {seconds}"]}}})
    client.create_project(name="app", source={"type": "NO_SOURCE", "buildspec": spec},
                          serviceRole=role_of(world, "codebuild"), artifacts={"type": "NO_ARTIFACTS"}, environment=ENVIRONMENT)
    build = client.start_build(projectName="app")["build"]["id"]

    def sleepers():
        return subprocess.run(["pgrep", "-xf", f"sleep {seconds}"], stdout=subprocess.PIPE, check=False).stdout.split()

    def shown():
        return client.batch_get_builds(ids=[build])["builds"][0]

    def log():
        events = logs.get_log_events(logGroupName="/aws/codebuild/app", logStreamName=build.split(":")[1],
                                     startFromHead=True)["events"]
        return "".join(event["message"] for event in events)

    wait_for(lambda: len(sleepers()) == 2, timeout=120, what="the command and the daemon")
    wait_for(lambda: "\nbegins\n" in log(), what="the log's line")
    rooms = world.folder / ".tandem" / REGION / "codebuild" / "rooms"
    assert len(list(rooms.iterdir())) == 1
    world.tandem("region", "kill", REGION)
    wait_for(lambda: not sleepers(), what="the end of all in the room")
    world.tandem("region", "start", REGION)
    wait_for(lambda: len(sleepers()) == 2, timeout=120, what="both, again")
    again = shown()
    assert again["buildNumber"] == 1 and not again["buildComplete"]
    client.stop_build(id=build)
    wait_for(lambda: shown()["buildComplete"], what="the build's end")
    assert shown()["buildStatus"] == "STOPPED"
    wait_for(lambda: not sleepers(), what="the end of all in the room")
    wait_for(lambda: list(rooms.iterdir()) == [], what="the end of the room")
    assert log().count("\nbegins\n") == 2 and "the build begins again" in log()
    # A build that ends by itself takes along what it has left.
    again = json.loads(spec)
    again["phases"]["build"]["commands"] = [daemon, f"until pgrep -xf 'sleep {seconds}'; do true; done"]
    build = client.start_build(projectName="app", buildspecOverride=json.dumps(again))["build"]["id"]
    wait_for(lambda: shown()["buildComplete"], what="the build's end")
    assert shown()["buildStatus"] == "SUCCEEDED", log()
    wait_for(lambda: not sleepers() and list(rooms.iterdir()) == [], what="the end of the daemon and the room")
