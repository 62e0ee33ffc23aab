"""tests/sdk holds tests that would pass on AWS unchanged; each names the source of what it expects."""
import pathlib
import sys
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.support.aws_cli import AwsCli, CliHost  # noqa: E402
from tests.support.real_aws import RealAws  # noqa: E402
from tests.support.roles import trust  # noqa: E402
from tests.support.world import World  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--aws", action="store_true",
                     help="hold the tests against AWS itself, with the credentials that the AWS tools use here: "
                          "it makes things in that account, which cost a little, and deletes them")
    parser.addoption("--aws-endpoint", help="with --aws: of another implementation of AWS's APIs")


@pytest.fixture(scope="session")
def aws(request):
    if request.config.getoption("--aws"):
        yield RealAws(request.config.getoption("--aws-endpoint"))
        return
    world = World()
    try:
        yield world.start()
    finally:
        world.close()


@pytest.fixture(scope="module", autouse=True)
def called(aws):
    """Operations that boto3 called for this module."""
    aws.called.clear()
    return aws.called


@pytest.fixture(scope="session")
def lambda_role(aws):
    """The ARN of a role that functions may have, which has no policies."""
    iam, name = aws.client("iam"), f"lambda-test-{uuid.uuid4().hex[:12]}"
    yield iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("lambda"))["Role"]["Arn"]
    iam.delete_role(RoleName=name)


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
