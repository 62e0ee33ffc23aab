"""tests/sdk holds tests that would pass on AWS unchanged; each names the source of what it expects."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.support.aws_cli import AwsCli, CliHost  # noqa: E402
from tests.support.world import World  # noqa: E402


@pytest.fixture(scope="session")
def aws():
    world = World()
    try:
        yield world.start()
    finally:
        world.close()


@pytest.fixture(scope="session")
def cli_host():
    host = CliHost()
    try:
        yield host
    finally:
        host.close()


@pytest.fixture(scope="module")
def cli(aws, cli_host):
    """The AWS CLI; one for each module, so that each can ask which operations its commands called."""
    return AwsCli(cli_host, aws)
