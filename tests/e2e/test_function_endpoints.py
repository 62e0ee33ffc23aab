"""Where a function's calls go when its SDK knows AWS_ENDPOINT_URL (docs/functions.md, "Reaching AWS"): to the region
and the service they are for, as by AWS's names."""
import json

import pytest

from tests.sdk.apigateway_helpers import zip_of
from tests.support.roles import role_of
from tests.support.world import REGIONS, World

FUNCTION = """
import http.client, json, os, boto3

def client(service, region):
    return boto3.client(service, region_name=region, endpoint_url=os.environ["AWS_ENDPOINT_URL"])

def handler(event, context):
    service, region, operation, arguments = event
    if service == "raw":
        asked = http.client.HTTPConnection(region, 80)
        asked.request("GET", operation, headers=arguments)
        return {"body": asked.getresponse().read().decode()}
    try:
        answer = getattr(client(service, region), operation)(**arguments)
    except Exception as error:
        return str(error)
    return json.loads(json.dumps(answer, default=str))
"""
ANYBODY = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]})


@pytest.fixture(scope="module")
def world():
    made = World()
    try:
        made.tandem("up", "--no-deploy")
        made.client("lambda").create_function(
            FunctionName="asks", Runtime="python3.12", Role=role_of(made, "lambda"), Handler="app.handler", Timeout=60,
            MemorySize=512, Code={"ZipFile": zip_of({"app.py": FUNCTION})})
        made.client("iam").create_role(RoleName="anybody", AssumeRolePolicyDocument=ANYBODY)
        for region in REGIONS:
            made.client("dynamodb", region).create_table(
                TableName=f"of-{region}", BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
        yield made
    finally:
        made.close()


def ask(world, service, region, operation, **arguments):
    functions = world.client("lambda", REGIONS[0], world.region_endpoint(REGIONS[0]))
    answer = functions.invoke(FunctionName="asks", Payload=json.dumps([service, region, operation, arguments]))
    return json.loads(answer["Payload"].read())


def test_calls_go_to_the_region_they_are_signed_for(world):
    for region in REGIONS:
        assert ask(world, "dynamodb", region, "list_tables")["TableNames"] == [f"of-{region}"]
    assert "not 'eu-west-3'" in ask(world, "dynamodb", "eu-west-3", "list_tables")


def test_global_services_are_reached(world):
    assert ask(world, "iam", "us-east-1", "get_role_policy", RoleName="anybody", PolicyName="x").count("NoSuchEntity")
    assert ask(world, "route53", "us-east-1", "list_hosted_zones")["HostedZones"] == []
    role = world.client("iam").get_role(RoleName="anybody")["Role"]["Arn"]
    assert "AccessKeyId" in str(ask(world, "sts", "us-east-1", "assume_role", RoleArn=role, RoleSessionName="it"))


def test_who_one_is_a_region_says_without_global(world):
    world.tandem("region", "kill", "global")
    try:
        assert ":assumed-role/test-lambda/asks" in ask(world, "sts", "us-east-1", "get_caller_identity")["Arn"]
        # Under a name that is not AWS's it is the region's to judge what it looks like.
        raw = ask(world, "raw", world.addresses[REGIONS[0]], "/?Version=2010-05-08&Action=ListUsers", Host="todos.test")
        assert "global" not in raw["body"]
        assert "global cannot be reached" in ask(world, "iam", "us-east-1", "list_role_policies", RoleName="anybody")
    finally:
        world.tandem("region", "start", "global")
