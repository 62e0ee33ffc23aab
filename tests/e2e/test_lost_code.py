"""The unpacked code of a function is lost or damaged on disk: the region says so, and `up` deploys it anew."""
import json
import os
import shutil

import botocore.exceptions
import pytest

from tests.e2e.conftest import sample_world
from tests.support.client import call
from tests.support.waiting import wait_for
from tests.support.world import REGIONS

HOME, OTHER = REGIONS


@pytest.fixture(scope="module")
def world():
    world = sample_world()
    try:
        world.key = world.up()["apiKey"]
        yield world
    finally:
        world.close()


def code_folder(world):
    return world.folder / f".tandem/{HOME}/lambda/code"


def lose(world):
    shutil.rmtree(code_folder(world))


def lose_one_file(world):
    next(code_folder(world).glob("*/bootstrap")).unlink()


def cut(world):
    file = next(code_folder(world).glob("*/bootstrap"))
    os.truncate(file, file.stat().st_size // 2)


def put_pipe(world):
    file = next(code_folder(world).glob("*/bootstrap"))
    file.unlink()
    os.mkfifo(file, 0o755)


def change_a_byte(world):
    with open(next(code_folder(world).glob("*/bootstrap")), "r+b") as file:
        file.seek(100)
        byte = file.read(1)
        file.seek(100)
        file.write(bytes([byte[0] ^ 1]))


def health(world):
    rows = json.loads(world.tandem("status", "--output", "json", check=False).stdout)["processes"]
    return next(row for row in rows if row["name"] == HOME)


@pytest.mark.parametrize("harm", [lose, lose_one_file, cut, put_pipe, change_a_byte])
def test_it_is_noticed_at_start_and_up_mends_it(world, harm):
    world.tandem("region", "kill", HOME)
    harm(world)
    world.tandem("region", "start", HOME)
    problem = wait_for(lambda: health(world).get("problem", ""), what="a word about the code")
    assert "the code of function" in problem and "'tandem up'" in problem
    lambda_ = world.client("lambda", HOME)
    function = lambda_.list_functions()["Functions"][0]
    assert function["State"] == "Failed" and function["StateReason"] in problem
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        lambda_.invoke(FunctionName=function["FunctionName"], Payload=b"{}")
    assert refused.value.response["Error"]["Code"] == "ServiceException"
    assert function["StateReason"] in refused.value.response["Error"]["Message"]
    assert function["StateReason"] in (world.folder / f".tandem/{HOME}/log").read_text()
    assert call(world, HOME, "GET", "/todos", world.key)[0] >= 500
    done = world.tandem("up", "--output", "json")
    assert json.loads(done.stdout)["changed"] is True
    assert f"{HOME}: the code of function {function['FunctionName']} was missing or damaged" in done.stderr
    assert call(world, HOME, "GET", "/todos", world.key)[0] == 200
    assert "problem" not in health(world)
    assert lambda_.get_function_configuration(FunctionName=function["FunctionName"])["State"] == "Active"
    assert world.up()["changed"] is False


def test_it_is_noticed_while_the_region_runs(world):
    """Where nothing is warm: an instance that runs has its code."""
    world.tandem("region", "kill", HOME)
    world.tandem("region", "start", HOME)
    lose(world)
    function, = world.client("lambda", HOME).list_functions()["Functions"]
    with pytest.raises(botocore.exceptions.ClientError, match="is missing on this disk"):
        world.client("lambda", HOME).invoke(FunctionName=function["FunctionName"], Payload=b"{}")
    assert "is missing on this disk" in health(world)["problem"]
    world.up()
    assert call(world, HOME, "GET", "/todos", world.key)[0] == 200
