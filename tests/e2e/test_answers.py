"""`up` is green when the application answers, not when the stacks are complete."""
import json
import zipfile

import pytest

from tests.e2e.conftest import sample_world
from tests.support.waiting import wait_for
from tests.support.world import REGIONS

# Runtime.InvalidEntrypoint and Runtime.ExitError are what AWS's Invoke answers for such packages.
BROKEN = {
    "no bootstrap": (("readme", "x", 0o644), "Runtime.InvalidEntrypoint"),
    "not executable": (("bootstrap", "#!/bin/sh\n", 0o644), "Runtime.InvalidEntrypoint"),
    "bad interpreter": (("bootstrap", "#!/no/such/interpreter\n", 0o755), "/var/task/bootstrap"),
    "ends at once": (("bootstrap", "#!/bin/sh\nexit 3\n", 0o755), "Runtime exited with error: exit status 3"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_up_is_red_when_the_application_is_broken(kind):
    (name, text, mode), error = BROKEN[kind]
    world = sample_world()
    try:
        good, world.artifact = world.artifact, world.folder / "app.zip"
        with zipfile.ZipFile(world.artifact, "w") as package:
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, (0o100000 | mode) << 16
            package.writestr(entry, text)
        world.write()
        failed = world.tandem("up", "--output", "json", check=False)
        assert failed.returncode == 1
        for region in REGIONS:
            assert f"the application does not answer in {region}: GET /todos/health: 502" in failed.stderr
        assert error in failed.stderr
        shown = json.loads(failed.stdout)["application"]
        assert [(one["region"], one["status"]) for one in shown] == [(region, 502) for region in REGIONS]
        assert all(error in one["functions"] for one in shown)
        called = world.tandem("call", "GET", "/todos/health", check=False)
        assert called.returncode == 1 and "502" in called.stderr
        assert error in called.stderr or "REPORT RequestId" in called.stderr
        again = world.tandem("up", check=False)
        assert again.returncode == 1 and "Nothing to change" not in again.stdout
        world.artifact = good
        world.write()
        assert [one["status"] for one in world.up()["application"]] == [200, 200]
    finally:
        world.close()


def path(world, wanted):
    """As the health check's path."""
    world.write()
    file = world.folder / "tandem.yaml"
    file.write_text(file.read_text().replace("{path: /todos/health}", f"{{path: {wanted}}}"))


def health(world):
    """status's exit code, and what it says of each region's health check."""
    shown = world.tandem("status", "--output", "json", check=False)
    return shown.returncode, {check["name"]: check for check in json.loads(shown.stdout)["healthChecks"]}


def test_up_and_status_are_red_where_health_checkers_are():
    """Route 53 Developer Guide, "How Amazon Route 53 determines whether a health check is healthy": 2xx and 3xx.
    /todos wants a key, which no health checker has; /nope is no path of the API."""
    world = sample_world(clock="20x")
    try:
        world.up()
        for wanted, message in (("/todos", "Forbidden"), ("/nope", "Missing Authentication Token")):
            path(world, wanted)
            failed = world.tandem("up", "--output", "json", check=False)
            assert failed.returncode == 1
            for region in REGIONS:
                assert f'the application is unhealthy in {region}: GET {wanted}: 403 {{"message":"{message}"}}' in (
                    failed.stderr)
            shown = json.loads(failed.stdout)["application"]
            assert [(one["region"], one["status"]) for one in shown] == [(region, 403) for region in REGIONS]
            assert "Nothing to change" not in world.tandem("up", check=False).stdout
        names = {f"todo-{region}" for region in REGIONS}
        wait_for(lambda: {check["status"] for check in health(world)[1].values()} == {"unhealthy"},
                 what="two unhealthy verdicts")
        code, checks = health(world)
        assert (code, set(checks)) == (1, names)
        assert {check["failure"] for check in checks.values()} == {"Failure: HTTP Status Code 403, Forbidden"}
        said = world.tandem("status", check=False).stderr
        assert all(f"{name} is unhealthy since " in said for name in names)
        path(world, "/todos/health")
        assert [one["status"] for one in world.up()["application"]] == [200, 200]
        wait_for(lambda: health(world)[0] == 0, what="a status that is green again")
        one_region_fails(world)
    finally:
        world.close()


def one_region_fails(world):
    """With no concurrency left Lambda refuses, and API Gateway answers 500."""
    function = world.client("lambda", REGIONS[1])
    name = function.list_functions()["Functions"][0]["FunctionName"]
    function.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    failed = world.tandem("up", "--output", "json", check=False)
    assert failed.returncode == 1
    first, second = json.loads(failed.stdout)["application"]
    assert (first["status"], second["status"]) == (200, 500)
    assert f"the application does not answer in {REGIONS[1]}: GET /todos/health: 500" in failed.stderr
    assert f"in {REGIONS[0]}" not in failed.stderr
    wait_for(lambda: health(world)[0] == 1, what="a status that is red for one region")
    assert [health(world)[1][f"todo-{region}"]["status"] for region in REGIONS] == ["healthy", "unhealthy"]


def test_a_health_check_that_the_domain_hides_is_found():
    """Health checkers ask under the API's own name, which DisableExecuteApiEndpoint closes: 403 there."""
    world = sample_world()
    try:
        good = world.template.read_text()
        world.template = world.folder / "template.yaml"
        world.template.write_text(good.replace("      Description: Todo API\n      EndpointConfiguration",
                                               "      DisableExecuteApiEndpoint: true\n      EndpointConfiguration"))
        assert world.template.read_text() != good
        world.write()
        failed = world.tandem("up", check=False)
        assert failed.returncode == 1
        assert "execute-api.us-east-1.amazonaws.com/prod/todos/health: 403" in failed.stderr
    finally:
        world.close()
