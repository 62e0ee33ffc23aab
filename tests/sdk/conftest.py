"""tests/sdk holds tests that would pass on AWS unchanged; each names the source of what it expects."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.support.world import World  # noqa: E402


@pytest.fixture(scope="session")
def aws():
    world = World()
    try:
        yield world.start()
    finally:
        world.close()
