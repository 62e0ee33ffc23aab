"""The hosted zone is there before the front stacks, and their certificates are validated in it."""
import json
import re

import pytest

from tests.e2e.conftest import sample_world
from tests.support.client import call
from tests.support.world import REGIONS

HOME = "us-east-1"
DOMAIN = "todos.tandem.test"


@pytest.fixture
def world():
    world = sample_world(clock="20x")
    try:
        yield world
    finally:
        world.close()


def zones(world):
    listed = world.client("route53").list_hosted_zones()["HostedZones"]
    return [zone["Id"].split("/")[-1] for zone in listed if zone["Name"] == "tandem.test."]


def validation_records(world):
    records = world.client("route53").list_resource_record_sets(HostedZoneId=zones(world)[0])
    return [(record["Name"], record["ResourceRecords"][0]["Value"])
            for record in records["ResourceRecordSets"] if record["Type"] == "CNAME"]


def record(name, kind, value, **more):
    return {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}], **more}


def certificate(world, region):
    resources = world.client("cloudformation", region).describe_stack_resources(StackName="todo-front")
    arn, = (one["PhysicalResourceId"] for one in resources["StackResources"]
            if one["ResourceType"] == "AWS::CertificateManager::Certificate")
    return world.client("acm", region).describe_certificate(CertificateArn=arn)["Certificate"]


def begun(world, stack, resource):
    events = world.client("cloudformation", HOME).describe_stack_events(StackName=stack)["StackEvents"]
    return min(event["Timestamp"] for event in events if event["LogicalResourceId"] == resource)


def test_certificates_are_validated_in_the_zone(world):
    """AWS CloudFormation User Guide, AWS::CertificateManager::Certificate, DomainValidationOptions:
    with HostedZoneId CloudFormation writes the record that ACM asks for."""
    key = world.up()["apiKey"]
    assert begun(world, "todo-routing", "Zone") < begun(world, "todo-front", "Certificate")
    for region in REGIONS:
        option, = certificate(world, region)["DomainValidationOptions"]
        record = option["ResourceRecord"]
        assert [(record["Name"], record["Value"])] == validation_records(world)

    # As it was deployed before certificates named their zone.
    before = zones(world)
    for region in REGIONS:
        service = world.client("cloudformation", region)
        body = service.get_template(StackName="todo-front")["TemplateBody"]
        body = body if isinstance(body, dict) else json.loads(body)
        del body["Parameters"]["ZoneId"]
        del body["Resources"]["Certificate"]["Properties"]["DomainValidationOptions"]
        service.update_stack(StackName="todo-front", TemplateBody=json.dumps(body), Parameters=[
            {"ParameterKey": name, "UsePreviousValue": True} for name in body["Parameters"]],
            Capabilities=["CAPABILITY_IAM"])
        service.get_waiter("stack_update_complete").wait(
            StackName="todo-front", WaiterConfig={"Delay": 0.05, "MaxAttempts": 600})
    assert call(world, HOME, "POST", "/todos", key, {"text": "kept"})[0] == 201
    again = world.up()
    assert again["apiKey"] == key and zones(world) == before and len(validation_records(world)) == 1
    assert "kept" in call(world, HOME, "GET", "/todos", key)[2]
    assert not world.up()["changed"]
    assert "stacks deleted" in world.tandem("destroy", "--yes").stdout


def test_a_zone_that_the_account_has_is_used_and_left(world):
    """A second zone of the name would be delegated to by nobody."""
    world.start()
    world.client("route53").create_hosted_zone(Name="tandem.test", CallerReference="by hand")
    before = zones(world)
    assert len(before) == 1
    key = world.up()["apiKey"]
    assert zones(world) == before and len(validation_records(world)) == 1
    resources = world.client("cloudformation").describe_stack_resources(StackName="todo-routing")
    assert "Zone" not in [one["LogicalResourceId"] for one in resources["StackResources"]]
    assert world.tandem("call", "GET", "/todos", "-n", "4").returncode == 0
    assert not world.up()["changed"]
    # An edit of the domain takes the same zone. ACM asks for one record a name, whoever's certificate it is
    # for (ACM user guide, "DNS validation"), so that in the account's own zone the old one stays.
    text = (world.folder / "tandem.yaml").read_text()
    (world.folder / "tandem.yaml").write_text(text.replace(DOMAIN, "new.tandem.test"))
    assert world.up()["apiKey"] == key
    assert zones(world) == before
    names = [name.split(".", 1)[1] for name, _ in validation_records(world)]
    assert sorted(names) == ["new.tandem.test.", "todos.tandem.test."]
    assert "stacks deleted" in world.tandem("destroy", "--yes").stdout


def test_the_domain_moves_to_another_zone(world):
    """A certificate cannot be validated in a zone that its name is not in: the zone comes first here, too."""
    world.up()
    file = world.folder / "tandem.yaml"
    # In its own zone the validation record of a name that it has no more goes, as it keeps a zone from being
    # deleted.
    for domain in ("new.tandem.test", DOMAIN):
        file.write_text(re.sub("domain: .*", f"domain: {domain}", file.read_text()))
        world.up()
        (name, _), = validation_records(world)
        assert name.endswith(f".{domain}."), name
    file.write_text(file.read_text().replace("todos.tandem.test", "todos.shop.test"))

    # DeleteHostedZone (Route 53 API Reference) refuses a zone with records beside its SOA and NS. Of the
    # domain's own name the deployment has its weighted address records and no others, and of ACM's
    # validation records those of its own certificates.
    others = [record("mail.tandem.test", "TXT", '"somebody else\'s"'),
              record(DOMAIN, "TXT", '"of the domain"', SetIdentifier=HOME, Weight=1),
              record("_a1.mail.tandem.test", "CNAME", "_b2.acm-validations.aws.")]

    def change(action):
        world.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [
            {"Action": action, "ResourceRecordSet": one} for one in others]})

    zone, = zones(world)
    change("CREATE")
    for command in ("plan", "up"):
        refused = world.tandem(command, check=False)
        assert refused.returncode != 0, refused
        for one in others:
            assert f"{one['Name']}. {one['Type']}" in refused.stderr, refused
    names = [one["Name"] for one in world.client("route53").list_resource_record_sets(
        HostedZoneId=zone)["ResourceRecordSets"]]
    assert names.count("todos.tandem.test.") == len(REGIONS) + 1
    change("DELETE")

    planned = world.tandem("plan")
    assert "the domain moves to another zone" in planned.stdout
    gone = [change["logicalId"] for step in json.loads(world.tandem("plan", "--output", "json").stdout)["steps"]
            for change in step["changes"] if change["deletes"] and step.get("stack") == "todo-routing"]
    assert {"Zone", "HealthCheckUsEast1", "Records"} <= set(gone)
    world.tandem("up")
    listed = world.client("route53").list_hosted_zones()["HostedZones"]
    assert [zone["Name"] for zone in listed] == ["shop.test."]
    assert "200 from" in world.tandem("call", "GET", "/todos").stderr
    assert not world.up()["changed"]
    assert "stacks deleted" in world.tandem("destroy", "--yes").stdout
