"""IAM's and STS's data plane is in every region: what they hold is verified by while global is dead or frozen.
Sources: IAM User Guide, "Resilience in AWS Identity and Access Management" (the data plane is in every Region,
independent of the control plane's), "Changes that I make are not always immediately visible"; STS API Reference,
GetCallerIdentity; IAM User Guide, "Manage AWS STS in an AWS Region" (every Region has an endpoint of its own)."""
import json
import shutil

import boto3
import botocore.config
import botocore.exceptions
import pytest

from tests.sdk.apigateway_helpers import zip_of
from tests.support.identities import position, wait_until_heard
from tests.support.processes import freeze, kill, thaw
from tests.support.roles import trust
from tests.support.world import REGIONS, World

ACCOUNT = "123456789012"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}}})


@pytest.fixture(scope="module")
def world():
    world = World()
    try:
        world.start()
        world.client("iam").create_user(UserName="u")
        world.client("iam").create_role(RoleName="R", AssumeRolePolicyDocument=TRUST)
        yield world
    finally:
        world.close()


@pytest.fixture
def without_global(world):
    """Kills global when called, and brings it back in the end."""
    yield lambda: kill(world, "global")
    world.tandem("up", "--no-deploy")


def client(world, service, key, region):
    return boto3.client(service, region_name=region, endpoint_url=world.region_endpoint(region),
                        aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"],
                        aws_session_token=key.get("SessionToken"),
                        config=botocore.config.Config(retries={"max_attempts": 0}))


def code(call):
    """"ok", or the code of the error."""
    try:
        call()
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "ok"


def used(world, key, region):
    return code(client(world, "dynamodb", key, region).list_tables)


def new_key(world):
    return world.client("iam").create_access_key(UserName="u")["AccessKey"]


def delete(world, key):
    world.client("iam").delete_access_key(UserName="u", AccessKeyId=key["AccessKeyId"])


def new_session(world, name="session"):
    return world.client("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/R", RoleSessionName=name)


def test_a_new_key_is_good_everywhere_at_once(world):
    for _ in range(10):
        key = new_key(world)
        assert [used(world, key, region) for region in REGIONS] == ["ok", "ok"]
        delete(world, key)
        wait_until_heard(world)
        assert [used(world, key, region) for region in REGIONS] == ["UnrecognizedClientException"] * 2


def test_what_regions_have_heard_of_is_good_while_global_is_dead(world, without_global):
    key, session = new_key(world), new_session(world)["Credentials"]
    dead = new_key(world)
    delete(world, dead)
    wait_until_heard(world)
    without_global()

    def check():
        for region in REGIONS:
            # None of them was ever used there.
            assert used(world, key, region) == used(world, session, region) == "ok"
            assert used(world, dict(key, SecretAccessKey="x"), region) == "InvalidSignatureException"
            assert used(world, dict(session, SessionToken="x"), region) == "UnrecognizedClientException"
            assert used(world, dead, region) == "UnrecognizedClientException"
    check()
    # Also to a region whose process was begun anew meanwhile.
    world.tandem("region", "kill", REGIONS[1])
    world.tandem("region", "start", REGIONS[1])
    check()
    world.tandem("region", "start", "global")
    delete(world, key)
    wait_until_heard(world)
    assert used(world, key, REGIONS[0]) == used(world, key, REGIONS[1]) == "UnrecognizedClientException"
    assert used(world, session, REGIONS[1]) == "ok"


def test_a_frozen_global_holds_nobody_up(world):
    key, dead = new_key(world), new_key(world)
    delete(world, dead)
    wait_until_heard(world)
    pid = freeze(world, "global")
    try:
        for region in REGIONS:
            for _ in range(20):
                assert used(world, key, region) == "ok"
                assert used(world, dead, region) == "UnrecognizedClientException"
    finally:
        thaw(pid)
    delete(world, key)
    wait_until_heard(world)
    assert used(world, key, REGIONS[0]) == "UnrecognizedClientException"


def test_functions_get_their_roles_while_global_is_dead(world, without_global):
    # IAM User Guide, "Resilience": roles are data plane. Of a role that a region has not heard of nobody can tell
    # then, so it is taken (docs/functions.md).
    iam = world.client("iam")
    role = iam.create_role(RoleName="f", AssumeRolePolicyDocument=trust("lambda"))["Role"]["Arn"]
    of_others = iam.get_role(RoleName="R")["Role"]["Arn"]

    def made(region, name, role):
        functions = world.client("lambda", region, world.region_endpoint(region))
        return code(lambda: functions.create_function(
            FunctionName=name, Runtime="provided.al2023", Handler="x", Role=role,
            Code={"ZipFile": zip_of({"bootstrap": "#!/bin/sh\n"})}))

    for region in REGIONS:
        assert made(region, "a", role) == "ok"
        assert made(region, "b", of_others) == made(region, "b", f"{role}-none") == "InvalidParameterValueException"
    wait_until_heard(world)
    without_global()
    for region in REGIONS:
        assert made(region, "c", role) == made(region, "d", f"{role}-none") == "ok"
        assert made(region, "b", of_others) == "InvalidParameterValueException"


def test_a_region_says_who_calls(world, without_global):
    key, session = new_key(world), new_session(world, "who")
    root = {"AccessKeyId": world.credentials["accessKeyId"], "SecretAccessKey": world.credentials["secretAccessKey"]}
    user_id = world.client("iam").get_user(UserName="u")["User"]["UserId"]
    wait_until_heard(world)
    without_global()
    for region in REGIONS:
        def who(credentials):
            said = client(world, "sts", credentials, region).get_caller_identity()
            return said["UserId"], said["Account"], said["Arn"]
        assert who(root) == (ACCOUNT, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root")
        assert who(key) == (user_id, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/u")
        assert who(session["Credentials"]) == (
            session["AssumedRoleUser"]["AssumedRoleId"], ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/R/who")
    # Tools are sent to a region that answers, and told so.
    host = ("exec", "--network", "host", "--")
    shown = world.tandem(*host, "aws", "sts", "get-caller-identity", "--output", "json")
    assert json.loads(shown.stdout)["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert "global is not running" in shown.stderr and f"tools ask {REGIONS[0]} itself" in shown.stderr
    world.tandem("region", "kill", REGIONS[0])
    shown = world.tandem(*host, "sh", "-c", "echo $AWS_REGION $AWS_ENDPOINT_URL").stdout.split()
    assert shown == [REGIONS[1], world.region_endpoint(REGIONS[1])]
    world.tandem("up", "--no-deploy")
    delete(world, key)


def test_global_without_its_disk_tells_everything_anew(world):
    key = new_key(world)
    wait_until_heard(world)
    feed, _ = position(world.endpoint)
    kill(world, "global")
    assert "global is not running" in world.tandem("env").stderr
    shutil.rmtree(world.folder / ".tandem/global/store")
    assert used(world, key, REGIONS[0]) == "ok"
    world.tandem("up", "--no-deploy")
    wait_until_heard(world)
    assert position(world.endpoint)[0] != feed
    # There is no such user any more.
    assert [used(world, key, region) for region in REGIONS] == ["UnrecognizedClientException"] * 2
