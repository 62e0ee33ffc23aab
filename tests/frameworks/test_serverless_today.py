"""The service as it is written today, by Serverless 3 and osls 4, with serverless-domain-manager: one name for
both regions, with a weighted record for each. What the tools print is theirs; what they read is said in their
sources; answers are API Gateway's and Route 53's."""
import re

import pytest

from tests.frameworks.conftest import HOME, REGIONS, Project
from tests.support.dns import query_a
from tests.support.frameworks import api_key, request

DOMAIN = "notes-today.tandem.test"


@pytest.fixture(scope="module")
def notes(world, today):
    project = Project(world, today, "notes-today")
    for region in REGIONS:
        world.client("acm", region).request_certificate(DomainName=DOMAIN, ValidationMethod="DNS")
    if not world.client("route53").list_hosted_zones()["HostedZones"]:
        world.client("route53").create_hosted_zone(Name="tandem.test", CallerReference="frameworks")
    try:
        for region in REGIONS:
            project.framework("deploy", region=region)
        yield project
    finally:
        project.close()


def by_name(notes, region, *words, **more):
    method, path, *rest = words
    return request(notes.world, region, DOMAIN, method, path, *rest, **more)


def test_one_name_leads_to_both_regions(notes):
    zone = notes.world.client("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    records = notes.world.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    ours = [each for each in records if each["Name"] == DOMAIN + "."]
    assert sorted((each["Type"], each["SetIdentifier"], each["Weight"]) for each in ours) == sorted(
        (kind, region, 50) for kind in ("A", "AAAA") for region in REGIONS)
    where = notes.world.addresses["global"], notes.world.ports["dns"]
    seen = {address for _ in range(64) for address, _ in query_a(DOMAIN, *where)}
    assert seen == {notes.world.addresses[region] for region in REGIONS}


def test_it_serves_in_both_regions(notes):
    for region in REGIONS:
        key = api_key(notes.world, region, "notes-today-dev")
        assert by_name(notes, region, "GET", "/health").json == {"region": region, "stage": "dev"}
        assert by_name(notes, region, "GET", "/notes").status == 403
        made = by_name(notes, region, "POST", "/notes", {"text": "buy milk"}, key=key)
        assert made.status == 200, made.text
        note = made.json["id"]
        changed = by_name(notes, region, "PUT", f"/notes/{note}", {"text": "milk", "done": True}, key=key)
        assert (changed.status, changed.json["done"]) == (200, True)
        assert by_name(notes, region, "GET", f"/notes/{note}", key=key).json == changed.json
        assert by_name(notes, region, "DELETE", f"/notes/{note}", key=key).status == 200
        assert by_name(notes, region, "GET", f"/notes/{note}", key=key).status == 404
        preflight = by_name(notes, region, "OPTIONS", "/notes")
        assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (200, "*")


def test_invoke_logs_and_lists(notes):
    printed = notes.framework("invoke", "-f", "create", "-d", '{"body": "{\\"text\\": \\"x\\"}"}', "--log")
    assert re.search(r"REPORT RequestId|Memory Used", printed)
    assert re.search(r"INFO\tcreated [0-9a-f-]{36}", notes.framework("logs", "-f", "create"))
    assert "notes-today-dev-create" in notes.framework("info")
    assert re.search(r"create\n  All versions: \$LATEST, 1\n", notes.framework("deploy", "list", "functions"))


def versions(notes):
    return [line for line in notes.framework("deploy", "list", "functions").splitlines() if "versions" in line]


def test_deployed_again_unchanged_and_changed(notes):
    # Where there are keys the template names its deployment, whose name is a time: the tools skip nothing.
    before = versions(notes)
    notes.framework("deploy")
    assert versions(notes) == before
    source = notes.folder / "src/notes.mjs"
    source.write_text(source.read_text().replace("stage: process.env.STAGE", "stage: 'changed'"))
    notes.framework("deploy", "function", "-f", "health")
    assert by_name(notes, HOME, "GET", "/health").json["stage"] == "changed"
    # The package of a version, as it was uploaded.
    notes.framework("rollback", "function", "-f", "health", "--function-version", "1")
    assert by_name(notes, HOME, "GET", "/health").json["stage"] == "dev"


def test_it_is_removed(notes):
    for region in REGIONS:
        notes.framework("remove", region=region)
        assert notes.world.client("lambda", region).list_functions()["Functions"] == []
        assert notes.world.client("apigateway", region).get_domain_names()["items"] == []
    zone = notes.world.client("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    records = notes.world.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert [each["Name"] for each in records if each["Name"] == DOMAIN + "."] == []
