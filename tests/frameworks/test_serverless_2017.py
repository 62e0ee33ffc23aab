"""A Serverless project of 2017, with no file edited, by hand: everything its people type. What the framework
prints is its own (serverless 1.83.3); what clients see is API Gateway's and Lambda's."""
import json
import re

import pytest

from tests.frameworks.conftest import HOME, OTHER, REGIONS, Project
from tests.support.frameworks import api_key

FUNCTIONS = ["create", "list", "get", "update", "delete", "health"]


@pytest.fixture(scope="module")
def notes(world, serverless_1):
    project = Project(world, serverless_1, "notes")
    try:
        project.install()
        yield project
    finally:
        project.close()


def test_it_is_deployed_to_both_regions(notes):
    for region in REGIONS:
        printed = notes.framework("deploy", region=region)
        assert "Stack update finished..." in printed
        assert f"execute-api.{region}.amazonaws.com/dev/notes/{{id}}" in printed
        assert "notes-dev: " in printed.split("api keys:")[1]  # with its value


def test_both_serve_and_want_the_key(notes):
    for region in REGIONS:
        key = api_key(notes.world, region, "notes-dev")
        assert notes.request(region, "GET", "/health").json["region"] == region
        refused = notes.request(region, "GET", "/notes")
        assert (refused.status, refused.json) == (403, {"message": "Forbidden"})
        made = notes.request(region, "POST", "/notes", {"text": "buy milk"}, key=key)
        assert (made.status, made.json["text"], made.headers["x-region"]) == (200, "buy milk", region)
        note = made.json["id"]
        changed = notes.request(region, "PUT", f"/notes/{note}", {"text": "milk", "done": True}, key=key)
        assert (changed.status, changed.json["done"]) == (200, True)
        assert notes.request(region, "GET", f"/notes/{note}", key=key).json == changed.json
        assert [each["id"] for each in notes.request(region, "GET", "/notes", key=key).json] == [note]
        assert notes.request(region, "DELETE", f"/notes/{note}", key=key).status == 200
        assert notes.request(region, "GET", f"/notes/{note}", key=key).status == 404
        assert notes.request(region, "POST", "/notes", {}, key=key).status == 400


def test_browsers_are_let_in(notes):
    # What `cors: true` makes: an OPTIONS method of type MOCK, which needs no key.
    preflight = notes.request(HOME, "OPTIONS", "/notes", headers={"Origin": "https://app.example.com"})
    # Its response template answers with the origin that asks, by responseOverride.
    assert (preflight.status, preflight.text.strip()) == (200, "")
    assert preflight.headers["access-control-allow-origin"] == "https://app.example.com"
    assert set(preflight.headers["access-control-allow-methods"].split(",")) == {"OPTIONS", "POST", "GET"}
    assert "X-Api-Key" in preflight.headers["access-control-allow-headers"]


def test_info_and_lists(notes):
    printed = notes.framework("info")
    assert "stack: notes-dev" in printed and "resources: " in printed
    for name in FUNCTIONS:
        assert f"{name}: notes-dev-{name}" in printed
    listed = notes.framework("deploy", "list", "functions")
    assert all(f"{name}: $LATEST, 1" in listed for name in FUNCTIONS)
    assert "Timestamp: " in notes.framework("deploy", "list")


def test_invoke_with_its_log(notes):
    printed = notes.framework("invoke", "-f", "health", "--log")
    body = json.loads(json.loads(printed[printed.index("{"):printed.rindex("}") + 1])["body"])
    assert body == {"region": HOME, "stage": "dev"}
    assert re.search(r"START RequestId: \S+ Version: \$LATEST", printed)
    assert re.search(r"REPORT RequestId: \S+\tDuration: [0-9.]+ ms\t.*Max Memory Used: [0-9]+ MB", printed)


def test_logs(notes):
    notes.framework("invoke", "-f", "create", "-d", json.dumps({"body": "{}"}))
    printed = notes.framework("logs", "-f", "create")
    assert "ERROR\tno text" in printed
    assert re.search(r"REPORT RequestId: \S+\s+Duration: ", printed)


def test_metrics(notes):
    # Functions were invoked by the tests before this one.
    printed = notes.framework("metrics")
    assert re.search(r"Invocations: [1-9]", printed), printed
    printed = notes.framework("metrics", "--function", "create")
    assert re.search(r"Invocations: [1-9]", printed) and re.search(r"Duration .avg..: [0-9.]+ms", printed), printed


def test_one_function_is_deployed_alone(notes):
    source = notes.folder / "notes/health.js"
    source.write_text(source.read_text().replace("stage: process.env.STAGE", "stage: 'by itself'"))
    assert "Successfully deployed function: health" in notes.framework("deploy", "function", "-f", "health")
    assert notes.request(HOME, "GET", "/health").json["stage"] == "by itself"
    assert notes.request(OTHER, "GET", "/health").json["stage"] == "dev"


def test_deployed_again_unchanged_and_changed(notes):
    notes.framework("deploy")
    # Where there are keys the template names its deployment, whose name is a time: the tool skips nothing.
    before = notes.framework("deploy", "list", "functions")
    notes.framework("deploy")
    assert [line for line in notes.framework("deploy", "list", "functions").splitlines() if "$LATEST" in line] == [
        line for line in before.splitlines() if "$LATEST" in line]
    source = notes.folder / "notes/health.js"
    source.write_text(source.read_text().replace("by itself", "changed"))
    assert "Stack update finished..." in notes.framework("deploy")
    assert notes.request(HOME, "GET", "/health").json["stage"] == "changed"
    listed = notes.framework("deploy", "list", "functions")
    assert re.search(r"health: \$LATEST, 1, 2, 3", listed)


def test_it_is_removed(notes):
    for region in REGIONS:
        assert "Stack removal finished..." in notes.framework("remove", region=region)
        assert notes.world.client("lambda", region).list_functions()["Functions"] == []
        assert notes.world.client("apigateway", region).get_rest_apis()["items"] == []
        assert notes.world.client("dynamodb", region).list_tables()["TableNames"] == []
    assert notes.world.client("s3").list_buckets()["Buckets"] == []
