"""`tandem plan` shows what `up` does, and `up --target aws --dry-run` every call of a first deployment to AWS."""
import json
import shutil

import botocore.session
import botocore.validate
import pytest

from tests.e2e.conftest import ROOT, sample_world
from tests.support.client import call
from tests.support.world import REGIONS

HOME, OTHER, THIRD = "us-east-1", "us-west-2", "eu-west-1"
DONE, USAGE, NOT_RUNNING, CHANGES = 0, 2, 3, 4

TABLE = """
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: orders
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
"""


@pytest.fixture
def world():
    world = sample_world(clock="20x")
    try:
        world.template = world.folder / "template.yaml"
        world.good = (ROOT / "sample-app/template.yaml").read_text()
        world.template.write_text(world.good)
        world.write()
        yield world
    finally:
        world.close()


def plan(world, *words, code=DONE):
    done = world.tandem("plan", "--output", "json", *words, check=False)
    assert done.returncode == code, done.stderr + done.stdout
    return json.loads(done.stdout)


def actions(shown):
    return {(step["region"], step.get("stack", step.get("subject"))): step["action"]
            for step in shown["steps"] if step["action"] != "unchanged"}


def deployed(world):
    """All that a plan must not touch: stacks, when they were updated, and their change sets."""
    seen = {}
    for region in REGIONS:
        service = world.client("cloudformation", region)
        for stack in service.describe_stacks()["Stacks"]:
            name = stack["StackName"]
            seen[region, name] = (stack["StackStatus"], stack.get("LastUpdatedTime"),
                                  service.list_change_sets(StackName=name)["Summaries"])
    return seen


def test_a_plan_is_what_up_does(world):
    first = plan(world, "--detailed-exitcode", code=CHANGES)
    assert not (world.folder / ".tandem").exists(), "a plan begins nothing"
    assert actions(first)[HOME, "todo-data"] == "create"
    world.key = world.up()["apiKey"]
    before = deployed(world)
    assert all(not change_sets for _, _, change_sets in before.values())
    assert not plan(world, "--detailed-exitcode")["changes"]
    assert "Nothing to change" in world.tandem("plan").stdout

    # A weight, and a table of the template's own: what is to be updated is.
    world.weights[HOME] = 10
    world.template.write_text(world.good.replace("\nOutputs:", TABLE + "\nOutputs:"))
    world.write()
    shown = plan(world)
    assert actions(shown) == {(HOME, "todo-app"): "update", (OTHER, "todo-app"): "update",
                              (HOME, "todo-routing"): "update"}
    assert deployed(world) == before
    done = world.up()
    updated = {(stack["region"], stack["stack"]) for stack in done["stacks"] if stack["outcome"] == "updated"}
    assert updated == set(actions(shown))

    # What `up` refuses is shown as refused, with its deletion marked and the way out.
    world.template.write_text(world.good)
    refused = plan(world, code=USAGE)
    orders = [change for step in refused["steps"] for change in step["changes"] if change["logicalId"] == "Orders"]
    assert [(one["action"], one["deletes"], one["physicalId"]) for one in orders] == [("remove", True, "orders")] * 2
    assert refused["refused"]["refused"] == "data would be deleted" and len(refused["losses"]) == 2
    text = world.tandem("plan", check=False)
    assert "(DELETED)" in text.stdout and "--delete-data" in text.stderr
    assert plan(world, "--delete-data")["refused"] is None
    assert world.up("--delete-data")["deleted"] == refused["losses"]
    assert call(world, HOME, "GET", "/todos", world.key)[0] == 200

    # What becomes of processes is no stack's matter.
    world.clock = "10x"
    world.write()
    assert plan(world, "--detailed-exitcode", code=CHANGES)["processes"] == {
        "changed": ["clock"], "startAnew": ["global", HOME, OTHER], "start": [], "end": []}
    assert world.tandem("plan").stdout == (
        f"Processes: changed: clock; started anew: global, {HOME}, {OTHER}.\n")
    world.clock = "20x"
    weights, addresses = dict(world.weights), dict(world.addresses)
    del world.weights[OTHER], world.addresses[OTHER]
    world.weights[THIRD], world.addresses[THIRD] = 50, f"{world.base}.12"
    world.write()
    moved = plan(world, code=USAGE)["processes"]
    assert (moved["start"], moved["end"], moved["startAnew"]) == ([THIRD], [OTHER], [])
    world.weights, world.addresses = weights, addresses

    # A region to come is planned without being begun; what follows from it is known after apply.
    world.weights[THIRD], world.addresses[THIRD] = 50, f"{world.base}.12"
    world.write()
    shown = plan(world)
    assert actions(shown)[THIRD, "todo-front"] == "create"
    assert not (world.folder / ".tandem" / THIRD).exists()
    routing, = (step for step in shown["steps"] if step.get("stack") == "todo-routing")
    assert "ApiEuWest1" in routing["knownAfterApply"]
    world.tandem("down")
    assert world.tandem("plan", check=False).returncode == NOT_RUNNING


def test_what_a_lost_disk_needs_is_planned(world):
    world.up()
    store, aside = world.folder / ".tandem" / OTHER / "store", world.folder / "aside"
    world.tandem("region", "kill", OTHER)
    store.rename(aside)
    refused = world.tandem("plan", check=False)
    assert refused.returncode == NOT_RUNNING and f"{OTHER} has lost its disk: 'tandem up' mends it" in refused.stderr
    aside.rename(store)
    world.tandem("region", "start", OTHER)
    world.tandem("region", "kill", "global")
    shutil.rmtree(world.folder / ".tandem/global")
    world.tandem("region", "start", "global")
    shown = plan(world)
    mending = [step["reasons"][0] for step in shown["steps"] if step["action"] == "mend"]
    assert "the hosted zone or health checks of todo-routing are gone: they are made anew" in mending
    assert any(reason.startswith("roles of stack todo-app in us-west-2 are gone") for reason in mending)
    assert plan(world) == shown, "a plan mends nothing"
    world.up()
    assert not plan(world)["changes"]


def test_every_call_of_a_deployment_to_aws_is_one_that_aws_takes(world):
    """Held against Debian's botocore, too, which knows nothing of ours."""
    done = world.tandem("up", "--target", "aws", "--dry-run", "--output", "json")
    calls = json.loads(done.stdout)["calls"]
    assert not (world.folder / ".tandem").exists()
    session = botocore.session.get_session()
    for one in calls:
        model = session.get_service_model(one["service"]).operation_model(one["operation"])
        parameters = dict(one["parameters"])
        report = botocore.validate.ParamValidator().validate(parameters, model.input_shape)
        assert not report.has_errors(), report.generate_report()
        assert one["url"].startswith("https://") and ".amazonaws.com" in one["url"]
    made = [(one["region"], one["parameters"]["StackName"]) for one in calls if one["operation"] == "CreateStack"]
    assert made.index((HOME, "todo-routing")) < made.index((HOME, "todo-front"))
    assert sorted(made) == sorted([(HOME, "todo-data"), (HOME, "todo-routing")] +
                                  [(region, f"todo-{kind}") for region in REGIONS for kind in ("app", "front")])
    # AWS General Reference, "Amazon API Gateway endpoints and quotas"
    assert "Z1UJRXOUMOOFQ8" in done.stdout and "Z2OJLYMUO9EFXC" in done.stdout
    assert "<secret>" in done.stdout
    text = world.tandem("up", "--target", "aws", "--dry-run").stdout
    assert "1. us-east-1 sts GetCallerIdentity" in text and f"{len(calls)} calls" in text
    refused = world.tandem("up", "--target", "aws", check=False)
    assert refused.returncode == USAGE and "not there yet" in refused.stderr
    assert world.tandem("up", "--dry-run", check=False).returncode == USAGE
