"""A deleted access key is dead in every process, a region's own address included, and stays so.
Sources: IAM User Guide, "Manage access keys for IAM users"; what each service says of a key that it
does not know."""
import boto3
import botocore.config
import botocore.exceptions
import pytest

from tests.support.identities import wait_until_heard
from tests.support.processes import kill
from tests.support.waiting import wait_for
from tests.support.world import REGIONS, World


@pytest.fixture(scope="module")
def world():
    world = World()
    try:
        world.start()
        world.client("iam").create_user(UserName="u")
        yield world
    finally:
        world.close()


def new_key(world):
    return world.client("iam").create_access_key(UserName="u")["AccessKey"]


def delete(world, key):
    world.client("iam").delete_access_key(UserName="u", AccessKeyId=key["AccessKeyId"])


def answer(world, key, region, service="dynamodb"):
    """"ok", or the code of the error, straight from the region."""
    client = boto3.client(service, region_name=region, endpoint_url=world.region_endpoint(region),
                          aws_access_key_id=key["AccessKeyId"],
                          aws_secret_access_key=key["SecretAccessKey"],
                          aws_session_token=key.get("SessionToken"),
                          config=botocore.config.Config(retries={"max_attempts": 0}))
    try:
        (client.list_buckets if service == "s3" else client.list_tables)()
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "ok"


@pytest.mark.parametrize("region", REGIONS)
def test_a_region_knows_keys_of_users_and_when_they_die(world, region):
    key = new_key(world)
    assert answer(world, key, region) == "ok"
    assert answer(world, dict(key, SecretAccessKey="x"), region) == "InvalidSignatureException"
    change = {"UserName": "u", "AccessKeyId": key["AccessKeyId"]}
    world.client("iam").update_access_key(Status="Inactive", **change)
    wait_for(lambda: answer(world, key, region) == "UnrecognizedClientException")
    world.client("iam").update_access_key(Status="Active", **change)
    wait_for(lambda: answer(world, key, region) == "ok")
    delete(world, key)
    wait_for(lambda: answer(world, key, region) == "UnrecognizedClientException")
    assert answer(world, key, region, "s3") == "InvalidAccessKeyId"


def test_a_session_ends_with_its_role(world):
    iam = world.client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=(
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", '
        '"Principal": {"AWS": "123456789012"}}}'))
    session = world.client("sts").assume_role(
        RoleArn=iam.get_role(RoleName="r")["Role"]["Arn"], RoleSessionName="session")["Credentials"]
    assert answer(world, session, "us-west-2") == "ok"
    assert answer(world, dict(session, SessionToken="x"), "us-west-2") == (
        "UnrecognizedClientException")
    iam.delete_role(RoleName="r")
    wait_for(lambda: answer(world, session, "us-west-2") == "UnrecognizedClientException")


def test_dead_keys_stay_dead_and_living_ones_alive_when_processes_die(world):
    dead, living = new_key(world), new_key(world)
    delete(world, dead)
    unused = new_key(world)
    assert answer(world, living, "us-east-1") == "ok"
    world.tandem("down")
    world.start()
    for region in REGIONS:
        assert answer(world, dead, region) == "UnrecognizedClientException"
        assert answer(world, living, region) == "ok"
    # What regions have heard of holds while global is dead, used before or not.
    wait_until_heard(world)
    kill(world, "global")
    assert answer(world, living, "us-east-1") == answer(world, unused, "us-east-1") == "ok"
    assert answer(world, dead, "us-east-1") == "UnrecognizedClientException"
    # Dummy keys of local tools are nobody's, and go on being let in.
    assert answer(world, {"AccessKeyId": "test", "SecretAccessKey": "test"}, "us-east-1") == "ok"
