"""kill -9 of the region whose pipeline runs, at random moments: each execution ends as it would have, and what
it made is there once. And a polled source, at a quicker clock.

Source: CodePipeline user guide, "How pipeline executions work", "Amazon S3 source action reference"."""
import io
import json
import os
import random
import time
import zipfile

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.support.processes import kill
from tests.support.roles import role_of
from tests.support.waiting import pace, wait_for
from tests.support.world import World

ROUNDS = int(os.environ.get("PIPELINE_KILLS", "8"))
REGION, OTHER = "us-east-1", "us-west-2"
TEMPLATE = json.dumps({
    "Parameters": {"Round": {"Type": "String"}},
    "Resources": {f"Group{i}": {"Type": "AWS::Logs::LogGroup", "Properties": {
        "Tags": [{"Key": "round", "Value": {"Ref": "Round"}}]}} for i in range(12)},
    "Outputs": {"Round": {"Value": {"Ref": "Round"}}}})


def make_zip(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def action(name, kind, configuration, inputs=(), outputs=(), order=1, **others):
    category, owner, provider = kind.split("/")
    return {"name": name, "runOrder": order, "configuration": configuration,
            "actionTypeId": {"category": category, "owner": owner, "provider": provider, "version": "1"},
            "inputArtifacts": [{"name": each} for each in inputs],
            "outputArtifacts": [{"name": each} for each in outputs], **others}


def role(world):
    return role_of(world, "codepipeline", "cloudformation")


def stack(world, name, order, **others):
    return action(name, "Deploy/AWS/CloudFormation", {
        "ActionMode": "CREATE_UPDATE", "StackName": f"stack-{name.lower()}", "TemplatePath": "Code::template.json",
        "RoleArn": role(world),
        "ParameterOverrides": json.dumps({"Round": {"Fn::GetParam": ["Code", "round.json", "n"]}})},
        inputs=["Code"], order=order, **others)


@pytest.fixture(scope="module")
def world():
    made = World(clock="60x")
    try:
        made.start()
        for region in (REGION, OTHER):
            s3 = made.client("s3", region)
            place = {} if region == REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(Bucket=f"pipes-{region}", **place)
            s3.put_bucket_versioning(Bucket=f"pipes-{region}", VersioningConfiguration={"Status": "Enabled"})
        yield made
    finally:
        made.close()


def put_code(world, number):
    world.client("s3").put_object(Bucket=f"pipes-{REGION}", Key="code.zip", Body=make_zip(
        {"template.json": TEMPLATE, "round.json": json.dumps({"n": str(number)}), "site/round.txt": str(number)}))


def create(world, polling, *stages):
    name = f"pipe-{random.randrange(1 << 40):x}"
    fetch = action("Fetch", "Source/AWS/S3", {
        "S3Bucket": f"pipes-{REGION}", "S3ObjectKey": "code.zip", "PollForSourceChanges": polling}, outputs=["Code"])
    world.client("codepipeline").create_pipeline(pipeline={
        "name": name, "roleArn": role(world), "version": 1,
        "artifactStores": {each: {"type": "S3", "location": f"pipes-{each}"} for each in (REGION, OTHER)},
        "stages": [{"name": "Source", "actions": [fetch]}, *stages]})
    return name


def executions(world, name):
    """Newest first; nothing while the region is away."""
    try:
        return world.client("codepipeline").list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    except (BotoCoreError, ClientError):
        return []


def settle(world, name):
    def ended():
        found = executions(world, name)
        return found if found and found[0]["status"] != "InProgress" else None
    return wait_for(ended, 120, "the end of the execution")


def test_an_execution_survives_kills_of_its_region(world):
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    chance = random.Random(seed)
    put_code(world, 0)
    publish = action("Publish", "Deploy/AWS/S3", {
        "BucketName": f"pipes-{REGION}", "Extract": "true", "ObjectKey": "out"}, inputs=["Code"], order=2)
    name = create(world, "false",
                  {"name": "Deploy", "actions": [
                      stack(world, "Here", 1), stack(world, "There", 1, region=OTHER), publish]},
                  {"name": "Again", "actions": [stack(world, "Later", 1)]})
    assert settle(world, name)[0]["status"] == "Succeeded", world.client("codepipeline").get_pipeline_state(name=name)
    for number in range(1, ROUNDS + 1):
        put_code(world, number)
        world.client("codepipeline").start_pipeline_execution(name=name)
        for _ in range(chance.randrange(1, 4)):
            pace(time.monotonic(), 1, 1 / (0.01 + chance.random() * 0.4))
            kill(world, REGION)
            world.tandem("up", "--no-deploy")
        found = settle(world, name)
        assert found[0]["status"] == "Succeeded"
        assert len(found) == number + 1
        for region, stack_name in ((REGION, "here"), (OTHER, "there"), (REGION, "later")):
            client = world.client("cloudformation", region)
            described = client.describe_stacks(StackName=f"stack-{stack_name}")
            assert described["Stacks"][0]["Outputs"][0]["OutputValue"] == str(number)
            pages = client.get_paginator("describe_stack_events").paginate(StackName=f"stack-{stack_name}")
            operations = [each for page in pages for each in page["StackEvents"]
                          if each.get("ResourceStatusReason") == "User Initiated"]
            assert len(operations) == number + 1, "one operation for each execution"
        body = world.client("s3").get_object(Bucket=f"pipes-{REGION}", Key="out/site/round.txt")["Body"].read()
        assert body == str(number).encode()


def test_a_newer_object_starts_one_execution(world):
    put_code(world, 1000)
    publish = action("Publish", "Deploy/AWS/S3", {
        "BucketName": f"pipes-{REGION}", "Extract": "true", "ObjectKey": "polled"}, inputs=["Code"])
    name = create(world, "true", {"name": "Deploy", "actions": [publish]})
    assert settle(world, name)[0]["status"] == "Succeeded"
    put_code(world, 1001)
    wait_for(lambda: len(executions(world, name)) == 2, 60, "the polled execution")
    found = settle(world, name)
    assert found[0]["status"] == "Succeeded" and found[0]["trigger"]["triggerType"] == "PollForSourceChanges"
    body = world.client("s3").get_object(Bucket=f"pipes-{REGION}", Key="polled/site/round.txt")["Body"].read()
    assert body == b"1001"
