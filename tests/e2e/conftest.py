"""End to end: the binary, real processes, the sample application, real clients."""
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.support.world import World  # noqa: E402


def sample_world(**settings):
    return World(template=ROOT / "sample-app/template.yaml", artifact=ROOT / "build/release/todo-app.zip",
                 **settings)


@pytest.fixture
def world():
    """Two regions and global, with nothing deployed."""
    world = World()
    try:
        yield world.start()
    finally:
        world.close()


@pytest.fixture(scope="module")
def todo():
    """The sample application, up in two regions, at AWS's pace."""
    world = sample_world()
    try:
        world.summary = world.up()
        world.key = world.summary["apiKey"]
        yield world
    finally:
        world.close()
