"""The main job: one command, two regions, one name, one key."""
import collections
import json
import os
import re
import signal
import stat
import subprocess
import urllib.error
import urllib.request

from tests.support.client import call
from tests.support.waiting import wait_for

HOME, OTHER = "us-east-1", "us-west-2"


def test_up_reports_what_it_made(todo):
    summary = todo.summary
    assert {stack["stack"] for stack in summary["stacks"]} == {
        "todo-data", "todo-app", "todo-front", "todo-routing"}
    assert all(stack["outcome"] == "created" for stack in summary["stacks"])
    assert len(summary["apiKey"]) == 40
    assert summary["clock"] == 1.0


def test_the_pasted_curl_line_answers(todo):
    printed = todo.tandem("up").stdout
    line = next(l for l in printed.splitlines() if l.strip().startswith("curl "))
    done = subprocess.run(["bash", "-c", line.strip().replace("curl ", "curl -sS ", 1)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"]


def test_a_second_up_changes_nothing_and_says_so(todo):
    summary = todo.up()
    assert summary["changed"] is False
    assert {stack["outcome"] for stack in summary["stacks"]} == {"unchanged"}
    assert summary["apiKey"] == todo.key
    assert "Nothing to change" in todo.tandem("up").stdout


def test_a_todo_made_in_one_region_is_read_in_the_other(todo):
    for here, there in ((HOME, OTHER), (OTHER, HOME)):
        status, headers, body = call(todo, here, "POST", "/todos", todo.key, {"text": "milk"})
        assert status == 201 and headers["x-region"] == here, body
        made = json.loads(body)
        read = wait_for(
            lambda made=made, there=there: (lambda got: got if got[0] == 200 else None)(
                call(todo, there, "GET", f"/todos/{made['id']}", todo.key)),
            what="the todo over there")
        assert read[1]["x-region"] == there
        assert json.loads(read[2]) == made


def test_without_the_key_the_gateway_forbids(todo):
    # API Gateway: INVALID_API_KEY is 403 with this body.
    for region in (HOME, OTHER):
        for key in (None, "x" * 40):
            status, headers, body = call(todo, region, "GET", "/todos", key)
            assert (status, json.loads(body)) == (403, {"message": "Forbidden"})
            assert headers["x-amzn-ErrorType"] == "ForbiddenException"
            # The template's gateway responses: a browser may read this answer too.
            assert headers["Access-Control-Allow-Origin"] == "*"
            assert headers["x-region"] == region


def test_the_same_key_is_good_in_both_regions(todo):
    for region in (HOME, OTHER):
        assert call(todo, region, "GET", "/todos", todo.key)[0] == 200


def test_health_needs_no_key(todo):
    for region in (HOME, OTHER):
        status, headers, _ = call(todo, region, "GET", "/todos/health")
        assert status == 200 and headers["x-region"] == region


def test_an_unknown_route_is_a_missing_token(todo):
    # API Gateway answers an unknown route with 403 "Missing Authentication Token", never 404.
    status, headers, body = call(todo, HOME, "GET", "/nothing", todo.key)
    assert (status, json.loads(body)) == (403, {"message": "Missing Authentication Token"})
    assert headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


def test_the_application_refuses_bad_input(todo):
    for bad in ("", "{", "[]", "{}", '{"text": ""}', '{"text": 5}', '{"text": null}'):
        status, headers, body = call(todo, HOME, "POST", "/todos", todo.key, bad)
        assert status == 400 and json.loads(body)["message"], bad
        assert headers["Access-Control-Allow-Origin"] == "*"
    missing = "/todos/00000000-0000-4000-8000-000000000000"
    for method, body in (("GET", None), ("PUT", {"text": "a", "checked": True}), ("DELETE", None)):
        status, _, text = call(todo, HOME, method, missing, todo.key, body)
        assert status == 404 and json.loads(text)["message"], method


def test_update_and_delete(todo):
    made = json.loads(call(todo, HOME, "POST", "/todos", todo.key, {"text": "a"})[2])
    path = f"/todos/{made['id']}"
    status, _, body = call(todo, HOME, "PUT", path, todo.key, {"text": "b", "checked": True})
    changed = json.loads(body)
    assert status == 200 and changed["text"] == "b" and changed["checked"] is True
    assert changed["createdAt"] == made["createdAt"] <= changed["updatedAt"]
    assert call(todo, HOME, "DELETE", path, todo.key)[0] in (200, 204)
    assert call(todo, HOME, "GET", path, todo.key)[0] == 404
    wait_for(lambda: call(todo, OTHER, "GET", path, todo.key)[0] == 404, what="the delete over there")


def test_call_shows_who_answered(todo):
    answers = json.loads(todo.tandem("call", "GET", "/todos", "-n", "100", "--output", "json").stdout)
    assert {answer["status"] for answer in answers} == {200}
    shares = collections.Counter(answer["region"] for answer in answers)
    # 100 draws at one half: outside of 20..80 has a chance below 1e-9.
    assert 20 <= shares[HOME] <= 80 and shares[HOME] + shares[OTHER] == 100


def test_call_sends_a_file_and_shows_the_head(todo, tmp_path):
    (tmp_path / "todo.json").write_text('{"text": "from a file"}')
    done = todo.tandem("call", "POST", "/todos", "-d", f"@{tmp_path}/todo.json", "-i")
    head, _, body = done.stdout.partition("\n\n")
    assert head.startswith("HTTP/1.1 201\n") and re.search("(?mi)^x-region: us-", head)
    assert json.loads(body)["text"] == "from a file"
    gone = todo.tandem("call", "POST", "/todos", "-d", "@nowhere.json", check=False)
    assert gone.returncode == 2 and "nowhere.json" in gone.stderr


def test_call_says_when_and_ends_with_what_was_seen(todo):
    answers = json.loads(todo.tandem(
        "call", "GET", "/nothing", "-n", "3", "--output", "json", check=False).stdout)
    assert sorted(answer["at"] for answer in answers) == [answer["at"] for answer in answers]
    # API Gateway itself says no to these, whose answers name no region: the address does.
    assert {answer["region"] for answer in answers} <= {HOME, OTHER}
    endless = subprocess.Popen(
        [todo.binary, "call", "GET", "/nothing", "-n", "1000000", "--rate", "50"], cwd=todo.folder,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        # A line a second. Then Ctrl-C, and the summary all the same.
        assert re.search(r"1 s: \d+ calls, .*; \d+ failed", endless.stderr.readline())
        endless.send_signal(signal.SIGINT)
        shown, _ = endless.communicate(timeout=60)
    finally:
        endless.kill()
    assert "ANSWERED BY" in shown and "403" in shown
    assert re.search(r"\d+ calls in a row failed, from 20.* and still at 20", shown)
    assert endless.returncode == 1


def test_env_leads_to_the_application(todo):
    shown = json.loads(todo.tandem("env", "--output", "json").stdout)
    assert shown["TANDEM_API_KEY"] == todo.key
    assert re.fullmatch(r"https://todos\.tandem\.test(:\d+)?", shown["TANDEM_URL"])
    address, port = shown["TANDEM_DNS"].split(":")
    told = subprocess.run(["dig", "+short", "-p", port, f"@{address}", "todos.tandem.test", "A"],
                          capture_output=True, text=True, timeout=60).stdout
    assert told.split()[-1] in todo.addresses.values()


def test_exec_points_tools_here(todo):
    done = todo.tandem("exec", "--", "/usr/bin/aws", "--endpoint-url", todo.endpoint, "dynamodb",
                       "list-tables", "--region", OTHER)
    assert json.loads(done.stdout)["TableNames"] == ["todos"]
    # Debian's CLI does not read AWS_ENDPOINT_URL, as those before 1.29 and 2.13 do not.
    done = todo.tandem("exec", "--", "/usr/bin/aws", "dynamodb", "list-tables")
    assert json.loads(done.stdout)["TableNames"] == ["todos"]
    assert todo.tandem("exec", "--", "sh", "-c", "exit 7", check=False).returncode == 7


def test_status_names_every_process(todo):
    status = json.loads(todo.tandem("status", "--output", "json").stdout)
    assert [p["name"] for p in status["processes"]] == ["global", HOME, OTHER]
    assert all(p["running"] for p in status["processes"])
    assert {check["name"] for check in status["healthChecks"]} == {f"todo-{HOME}", f"todo-{OTHER}"}


def test_function_logs_are_shown(todo):
    call(todo, HOME, "GET", "/todos", todo.key)
    text = wait_for(lambda: (lambda out: out if "REPORT RequestId" in out else "")(
        todo.tandem("logs", "--all", "--region", HOME).stdout), what="a REPORT line")
    assert "START RequestId" in text


def test_secrets_are_in_private_files_only(todo):
    state = todo.folder / ".tandem"
    secrets = [todo.key, todo.credentials["secretAccessKey"]]
    for folder, _, names in os.walk(state):
        for name in names:
            path = os.path.join(folder, name)
            text = open(path, "rb").read()
            private = stat.S_IMODE(os.stat(path).st_mode) & 0o077 == 0
            if path.endswith("/log"):
                assert not any(secret.encode() in text for secret in secrets), path
            elif re.search(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]{40}", text):
                assert private, path
    for name in ("api-key", "config.json"):
        assert stat.S_IMODE(os.stat(state / name).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(state).st_mode) == 0o700


def test_the_key_is_in_no_event_and_no_description(todo):
    for region in (HOME, OTHER):
        stacks = todo.client("cloudformation", region)
        for name in ("todo-front", "todo-app"):
            for answer in (stacks.describe_stacks(StackName=name),
                           stacks.describe_stack_events(StackName=name),
                           stacks.get_template(StackName=name)):
                assert todo.key not in str(answer)


def test_mistakes_are_answered_with_line_and_remedy(todo):
    bad = todo.folder / "bad.yaml"
    bad.write_text((todo.folder / "tandem.yaml").read_text().replace("weight:", "wieght:", 1))
    done = todo.tandem("up", "-f", "bad.yaml", check=False)
    assert done.returncode == 2
    assert "unknown key 'wieght'" in done.stderr and "did you mean 'weight'?" in done.stderr


def test_weights_follow_an_edit(todo):
    todo.weights = {HOME: 90, OTHER: 10}
    todo.write()
    summary = todo.up()
    outcomes = {(s["stack"], s["region"]): s["outcome"] for s in summary["stacks"]}
    assert outcomes[("todo-routing", HOME)] == "updated"
    assert {o for (stack, _), o in outcomes.items() if stack != "todo-routing"} == {"unchanged"}
    answers = json.loads(todo.tandem("call", "GET", "/todos", "-n", "200", "--output", "json").stdout)
    share = sum(answer["region"] == HOME for answer in answers)
    # 200 draws at 0.9: below 150 has a chance below 1e-9.
    assert share >= 150


def link(world, region, peer, **settings):
    request = urllib.request.Request(f"{world.region_endpoint(region)}/_tandem/links/{peer}",
                                     json.dumps(settings).encode(), method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_partitioned_regions_serve_on_and_meet_again(todo):
    """A partition is no outage: both regions take writes, and agree once it heals."""
    cut = link(todo, HOME, OTHER, Partitioned=True)[1]
    assert (cut["Partitioned"], cut["State"], cut["Connected"]) == (True, "Partitioned", False)
    try:
        made = {}
        for region in (HOME, OTHER):
            status, _, body = call(todo, region, "POST", "/todos", todo.key, {"text": region})
            assert status == 201
            made[region] = json.loads(body)["id"]
        assert call(todo, OTHER, "GET", f"/todos/{made[HOME]}", todo.key)[0] == 404
        assert call(todo, HOME, "GET", f"/todos/{made[OTHER]}", todo.key)[0] == 404
    finally:
        status, healed = link(todo, HOME, OTHER)
    assert (status, healed["Partitioned"], healed["Paused"], healed["DelayMs"]) == (200, False, False, 0)
    for region, other in ((HOME, OTHER), (OTHER, HOME)):
        wait_for(lambda region=region, other=other: call(
            todo, other, "GET", f"/todos/{made[region]}", todo.key)[0] == 200, what="the other's todo")


def test_links_refuse_what_makes_no_sense(todo):
    assert link(todo, HOME, "eu-west-1") == (404, {"message": "There is no link to eu-west-1"})
    for settings in ({"DelayMs": -1}, {"DelayMs": "1"}, {"Paused": 1}, {"Latency": 1}):
        status, answer = link(todo, HOME, OTHER, **settings)
        assert status == 400 and next(iter(settings)) in answer["message"]
