"""`up` is green when the application answers, not when the stacks are complete."""
import json
import zipfile

import pytest

from tests.e2e.conftest import sample_world
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
        again = world.tandem("up", check=False)
        assert again.returncode == 1 and "Nothing to change" not in again.stdout
        world.artifact = good
        world.write()
        assert [one["status"] for one in world.up()["application"]] == [200, 200]
    finally:
        world.close()
