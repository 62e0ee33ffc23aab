"""`up` from whatever was left, to whatever tandem.yaml says now; and what its neighbours say then."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request

import pytest

from tests.e2e.conftest import sample_world
from tests.support.client import Writer, call
from tests.support.dns import query_a
from tests.support.global_table import get_json, other_than
from tests.support.waiting import wait_for
from tests.support.world import BINARY

HOME, OTHER, THIRD = "us-east-1", "us-west-2", "eu-west-1"
DONE, FAILED, USAGE, NOT_RUNNING = 0, 1, 2, 3


@pytest.fixture
def world():
    world = sample_world(clock="20x")
    try:
        yield world
    finally:
        world.close()


def begin(world, *words):
    # Whoever starts the tests in the background may have SIGINT ignored, and what they start with them.
    return subprocess.Popen([str(BINARY), *words], cwd=world.folder, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


def outcomes(summary):
    return {(stack["stack"], stack["region"]): stack["outcome"] for stack in summary["stacks"]}


def answering(world, count=60):
    answers = json.loads(world.tandem("call", "GET", "/todos", "-n", str(count), "--output", "json").stdout)
    return {answer["region"] for answer in answers}


def processes_of(world):
    """The pids of all processes that name this world's configuration on their command line."""
    wanted = f"{world.folder}/.tandem/config.json".encode()
    parents = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as command, open(f"/proc/{pid}/stat") as state:
                if wanted in command.read().split(b"\0"):
                    parents[int(pid)] = int(state.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    # One that is about to become a function has its parent's command line for a moment.
    return [pid for pid, parent in parents.items() if parent not in parents]


def test_two_at_once_are_one_after_the_other(world):
    both = [begin(world, "up", "--output", "json") for _ in range(2)]
    said = [one.communicate(timeout=120) for one in both]
    assert [one.returncode for one in both] == [DONE, DONE], said
    one, other = (json.loads(out) for out, _ in said)
    assert one["apiKey"] == other["apiKey"]
    assert sorted(summary["changed"] for summary in (one, other)) == [False, True]
    assert len(processes_of(world)) == 3


@pytest.mark.parametrize("moment", [f"{HOME} +todo-data +CREATE_IN_PROGRESS",
                                    f"{OTHER} +todo-app +CREATE_IN_PROGRESS",
                                    f"{HOME} +todo-front +CREATE_IN_PROGRESS",
                                    f"{HOME} +todo-routing +CREATE_IN_PROGRESS"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_up_is_taken_up_again(world, moment, number):
    first = begin(world, "up")
    for line in first.stderr:
        if re.search(moment, line):
            break
    first.send_signal(number)
    first.communicate(timeout=60)
    done = outcomes(world.up())
    # It begins with the hosted zone alone, before the fronts.
    assert done.pop(("todo-routing", HOME)) in ("created", "updated")
    assert set(done.values()) <= {"created", "unchanged"}
    assert answering(world) == {HOME, OTHER}
    assert len(processes_of(world)) == 3


def test_an_up_killed_while_it_starts_processes_leaves_none_unknown(world):
    first = begin(world, "up")
    wait_for(lambda: (world.folder / ".tandem/global/pid").exists(), what="the first process")
    first.kill()
    first.communicate(timeout=60)
    world.up()
    assert len(processes_of(world)) == 3
    world.tandem("down")
    assert processes_of(world) == []


def test_a_region_killed_meanwhile_is_named_and_up_goes_on_from_there(world):
    first = begin(world, "up")
    for line in first.stderr:
        if OTHER in line and "todo-app" in line:
            break
    world.tandem("region", "kill", OTHER)
    _, error = first.communicate(timeout=60)
    if first.returncode != DONE:  # It may have been quicker.
        assert first.returncode == FAILED
        assert OTHER in error and "'tandem up'" in error
    world.up()
    assert answering(world) == {HOME, OTHER}


def test_a_broken_template_is_named_and_mended(world):
    good = world.template.read_text()
    world.template = world.folder / "template.yaml"
    world.template.write_text(good)
    world.write()
    world.up()
    world.template.write_text(good.replace("Resources:\n", """Resources:
  Second:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: todos
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
""", 1))
    failed = world.tandem("up", check=False)
    assert failed.returncode == FAILED
    assert "todo-app" in failed.stderr and "Second (AWS::DynamoDB::Table)" in failed.stderr
    assert "already exists" in failed.stderr
    world.template.write_text(good.replace("Type: AWS::IAM::Role", "Type: AWS::IAM::Nothing"))
    failed = world.tandem("up", check=False)  # What no stack can be made of is seen before any is touched.
    assert failed.returncode == USAGE
    assert "AWS::IAM::Nothing" in failed.stderr and "nothing was changed" in failed.stderr
    world.template.write_text(good)
    assert world.up()["changed"] is False
    assert answering(world) == {HOME, OTHER}


def pids(world):
    names = ("global", HOME, OTHER)
    return [(world.folder / ".tandem" / name / "pid").read_text() for name in names]


def ids_in(world, region):
    pages = world.client("dynamodb", region).get_paginator("scan").paginate(TableName="todos")
    return {item["id"]["S"] for page in pages for item in page["Items"]}


def test_a_region_joins_and_leaves_while_the_others_serve(world):
    world.key = world.up()["apiKey"]
    status, _, body = call(world, HOME, "POST", "/todos", world.key, {"text": "before"})
    assert status == 201
    path = f"/todos/{json.loads(body)['id']}"
    before = pids(world)
    writer = Writer(world, world.key, rate=100)
    try:
        world.weights[THIRD] = 50
        world.addresses[THIRD] = f"{world.base}.12"
        world.write()
        joined = world.tandem("up", "--output", "json")
        assert outcomes(json.loads(joined.stdout))[("todo-app", THIRD)] == "created"
        assert "started anew" not in joined.stderr
        wait_for(lambda: call(world, THIRD, "GET", path, world.key)[0] == 200, what="the todo in the new region")
        wait_for(lambda: answering(world) == {HOME, OTHER, THIRD}, what="answers of all three")
        wait_for(lambda: THIRD in {answer.region for answer in writer.snapshot()[-100:]}, what="writes in the third")
        assert {answer.status for answer in writer.snapshot()} == {201}
        assert pids(world) == before

        del world.weights[THIRD], world.addresses[THIRD]
        world.write()
        summary = world.up("--delete-data")
    finally:
        answers = writer.stop()
    assert pids(world) == before
    assert outcomes(summary)[("todo-routing", HOME)] == "updated"
    assert {region for _, region in outcomes(summary)} == {HOME, OTHER}
    assert answering(world) == {HOME, OTHER}
    assert not (world.folder / ".tandem" / THIRD).exists()
    assert len(processes_of(world)) == 3
    table = world.client("dynamodb").describe_table(TableName="todos")["Table"]
    assert THIRD not in {replica["RegionName"] for replica in table.get("Replicas", [])}
    # What the third region had acknowledged before it left is held by those that stay.
    acknowledged = {answer.item["id"] for answer in answers if answer.status == 201}
    wait_for(lambda: ids_in(world, HOME) == ids_in(world, OTHER), what="equal copies")
    assert acknowledged <= ids_in(world, OTHER)
    for region in (HOME, OTHER):
        assert list(get_json(world, region, "/_tandem/links")) == [other_than(region)]
    assert world.up()["changed"] is False


def test_a_command_that_ended_before_it_told_of_a_region_is_made_up_for(world):
    world.start()
    before, file = pids(world), world.folder / ".tandem/config.json"
    config = json.loads(file.read_text())
    world.weights[THIRD], world.addresses[THIRD] = 50, f"{world.base}.12"
    world.write()
    config["regions"].append({"name": THIRD, "address": world.addresses[THIRD]})
    file.write_text(json.dumps(config))
    world.start()
    assert pids(world) == before
    for region in (HOME, OTHER, THIRD):
        wait_for(lambda region=region: all(link["Connected"] for link in
                                           get_json(world, region, "/_tandem/links").values()), what="links")
        assert len(get_json(world, region, "/_tandem/links")) == 2
    # What takes a new process is refused by one that runs.
    file.write_text(json.dumps({**config, "durability": "fsync"}))
    asked = urllib.request.Request(f"{world.region_endpoint(HOME)}/_tandem/reload", method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked)
    assert refused.value.code == 409
    file.write_text(json.dumps(config))


def test_the_home_region_cannot_leave(world):
    world.up()
    world.weights = {THIRD: 50, OTHER: 50}
    world.addresses[THIRD] = f"{world.base}.12"
    del world.addresses[HOME]
    world.write()
    failed = world.tandem("up", check=False)
    assert failed.returncode == USAGE
    assert f"'home: {HOME}'" in failed.stderr and "tandem destroy --yes" in failed.stderr
    world.weights = {HOME: 50, OTHER: 50}
    world.addresses[HOME] = f"{world.base}.10"
    del world.addresses[THIRD]
    world.write()
    world.up()
    assert answering(world) == {HOME, OTHER}


def test_the_account_cannot_change(world):
    world.start()
    world.extra = "account: '111111111111'\n"
    world.write()
    failed = world.tandem("up", check=False)
    assert failed.returncode == USAGE
    assert "set 'account: \"123456789012\"' again" in failed.stderr
    assert len(processes_of(world)) == 3


def test_a_ttl_comes_and_goes(world):
    world.up()
    for extra, changed in (("ttl: 40\n", True), ("ttl: 40\n", False), ("ttl: 41\n", True), ("", True)):
        world.extra = extra
        world.write()
        assert world.up()["changed"] is changed
        addresses = query_a("todos.tandem.test", world.addresses["global"], world.ports["dns"])[0]
        assert addresses[0] in (world.addresses[HOME], world.addresses[OTHER])
    assert answering(world) == {HOME, OTHER}


def test_the_file_may_be_named_in_any_way(world):
    pids = {p["name"]: p["pid"] for p in running(world.start().folder, "tandem.yaml")}
    below = world.folder / "below"
    below.mkdir()
    link = world.folder / "link"
    link.symlink_to(world.folder)
    for folder, name in ((below, "../tandem.yaml"), ("/", f"{link}/tandem.yaml"),
                         (world.folder.parent, f"{world.folder.name}/below/../tandem.yaml")):
        assert {p["name"]: p["pid"] for p in running(folder, name)} == pids, name
        started = subprocess.run([BINARY, "up", "--no-deploy", "--output", "json", "-f", name],
                                 cwd=folder, capture_output=True, text=True, timeout=60)
        assert json.loads(started.stdout)["started"] == [], name


def running(folder, name):
    done = subprocess.run([BINARY, "status", "--output", "json", "--file", name], cwd=folder,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == DONE, done.stderr
    return json.loads(done.stdout)["processes"]


def test_exit_codes_say_what_is_not_running(world):
    def code(*words):
        return world.tandem(*words, check=False).returncode

    for words in (("status",), ("call", "GET", "/todos"), ("logs",), ("env",), ("exec", "--", "true"),
                  ("region", "start", HOME)):
        assert code(*words) == NOT_RUNNING, words
    assert code("down") == code("destroy", "--yes") == DONE
    assert code("destroy") == USAGE
    world.start()
    assert code("region", "kill", "nowhere") == USAGE
    assert code("status") == DONE
    assert code("region", "start", HOME) == code("region", "start", HOME) == DONE
    assert code("logs", "--region", "nowhere") == USAGE
    world.tandem("region", "kill", HOME)
    assert code("status") == code("logs", "--region", HOME) == NOT_RUNNING
    assert code("down") == code("down") == DONE
    for words in (("status",), ("call", "GET", "/todos"), ("logs",), ("exec", "--", "true")):
        assert code(*words) == NOT_RUNNING, words


def test_what_is_no_parameter_of_the_template_is_refused_before_anything_is_begun(world):
    world.extra = "parameters:\n  Nope: 1\n"
    world.write()
    lines = (world.folder / "tandem.yaml").read_text().splitlines()
    failed = world.tandem("up", check=False)
    assert failed.returncode == USAGE
    assert f"tandem.yaml:{lines.index('  Nope: 1') + 1}: template.yaml has no parameter 'Nope'" in failed.stderr
    assert not (world.folder / ".tandem").exists() and processes_of(world) == []


def test_before_anything_is_deployed(world):
    world.start()
    failed = world.tandem("call", "GET", "/todos", check=False)
    assert failed.returncode == FAILED and "'tandem up'" in failed.stderr
    assert "No function has logged anything yet." in world.tandem("logs").stderr
    assert "No function has logged anything in the last 10m." in world.tandem("logs", "--since", "10m").stderr


def test_a_file_may_declare_no_application(world):
    declared = (world.folder / "tandem.yaml").read_text()
    world.application = False
    world.write()
    planned = json.loads(world.tandem("plan", "--output", "json").stdout)
    assert planned["changes"] and planned["processes"]["start"] == ["global", HOME, OTHER]
    (world.folder / "serverless.yml").write_text("service: x\n")
    began = world.tandem("up")
    assert "tandem exec -- " in began.stdout
    assert "serverless.yml is in this folder" in began.stderr
    assert "URL" not in world.tandem("status").stdout
    assert world.tandem("plan").stdout == "Nothing to change: everything is as tandem.yaml says.\n"
    for words in (("call", "GET", "/"), ("up", "--target", "aws", "--dry-run"), ("plan", "--target", "aws")):
        failed = world.tandem(*words, check=False)
        assert failed.returncode == USAGE and "declares no application" in failed.stderr
    assert "TANDEM_URL" not in world.tandem("env").stdout

    # What was deployed does not stay unsaid.
    (world.folder / "tandem.yaml").write_text(declared)
    world.up()
    assert answering(world, 8)
    world.write()
    for words in (("up",), ("up", "--no-deploy"), ("plan",)):
        failed = world.tandem(*words, check=False)
        assert failed.returncode == USAGE
        assert "todo is deployed here, and tandem.yaml declares no application" in failed.stderr
    assert "stacks deleted" in world.tandem("destroy", "--yes").stdout


def test_a_region_leaves_a_world_without_an_application_when_somebody_agrees(world):
    world.application = False
    world.weights[THIRD], world.addresses[THIRD] = 50, f"{world.base}.12"
    world.write()
    world.start()
    buckets = world.client("s3", THIRD, world.region_endpoint(THIRD))
    buckets.create_bucket(Bucket="kept-here", CreateBucketConfiguration={"LocationConstraint": THIRD})
    tables = world.client("dynamodb")
    tables.create_table(TableName="shared", BillingMode="PAY_PER_REQUEST",
                        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
                        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    tables.update_table(TableName="shared", ReplicaUpdates=[{"Create": {"RegionName": THIRD}}])
    wait_for(lambda: tables.describe_table(TableName="shared")["Table"]["TableStatus"] == "ACTIVE", what="the replica")
    del world.weights[THIRD], world.addresses[THIRD]
    world.write()
    for words in (("up",), ("plan",)):
        said = world.tandem(*words, check=False)
        assert f"{THIRD} left tandem.yaml" in said.stderr and "--delete-data" in said.stderr
    assert world.tandem("up", check=False).returncode == USAGE
    assert [each["Name"] for each in buckets.list_buckets()["Buckets"]] == ["kept-here"]
    said = world.tandem("up", "--delete-data", check=False)
    assert said.returncode == USAGE and f"table shared is in {THIRD} and {HOME}" in said.stderr
    tables.update_table(TableName="shared", ReplicaUpdates=[{"Delete": {"RegionName": THIRD}}])
    wait_for(lambda: not tables.describe_table(TableName="shared")["Table"].get("Replicas"), what="the replica's end")
    assert f"deleted, as --delete-data says: {THIRD}" in world.tandem("up", "--delete-data").stderr
    assert len(processes_of(world)) == 3
    assert not (world.folder / ".tandem" / THIRD).exists()
    assert "ended" not in world.tandem("plan").stdout
    assert world.client("s3").list_buckets()["Buckets"] == []


@pytest.mark.parametrize("functions, why", [
    ("runtimes: {nodejs6.10: /nowhere/node}", "functions.runtimes.nodejs6.10: /nowhere/node is no program"),
    ("runtimes: {python: /tmp}", "functions.runtimes.python: /tmp is no program"),
    ("modules: {nodejs: /nowhere}", "functions.modules.nodejs: /nowhere is no folder"),
    ("network: out", "did you mean 'outbound'?"),
])
def test_what_functions_are_to_have_is_there_or_nothing_begins(world, functions, why):
    world.extra = f"functions: {{{functions}}}\n"
    world.write()
    for words in (("up",), ("up", "--no-deploy")):
        said = world.tandem(*words, check=False)
        assert said.returncode == USAGE and why in said.stderr
    assert processes_of(world) == []


def test_another_users_world_is_named_as_such(world):
    other = ["runuser", "-u", "nobody", "--", str(BINARY)]
    if os.geteuid() != 0 or subprocess.run([*other, "version"], capture_output=True, timeout=60).returncode:
        pytest.skip("needs root, and a binary that nobody can run")
    world.start()
    world.folder.chmod(0o755)
    for words in (("status",), ("up",), ("down",), ("call", "GET", "/todos"), ("destroy", "--yes")):
        failed = subprocess.run([*other, *words], cwd=world.folder, capture_output=True, text=True, timeout=60)
        assert failed.returncode == FAILED and "another user's" in failed.stderr, words
    assert len(processes_of(world)) == 3


def test_a_mistyped_command_is_named(world):
    failed = world.tandem("satus", check=False)
    assert failed.returncode == USAGE
    assert "there is no command 'satus'; did you mean 'status'? 'tandem --help' lists them" in failed.stderr
    for words, said in (
            (("nonsense",), "there is no command 'nonsense'; 'tandem --help' lists them"),
            (("region", "kil", HOME), "no command 'region kil'; did you mean 'kill'? 'tandem region --help' lists them"),
            (("region",), "name what 'tandem region' is to do: kill, stop, start, drain, restore, rebuild"),
            (("up", "--no-deplyo"), "'tandem up' takes no '--no-deplyo'; did you mean '--no-deploy'?"),
            (("region", "kill", HOME, "--ouput", "json"), "'tandem region kill' takes no '--ouput'; did you mean '--output'?"),
            (("status", "all"), "'tandem status' takes no 'all'; 'tandem status --help' says what it takes")):
        failed = world.tandem(*words, check=False)
        assert failed.returncode == USAGE and said in failed.stderr, (words, failed.stderr)
    for words in (("status",), ("up",), ("logs",), ("region", "kill"), ("region", "rebuild"), ("exec",)):
        shown = world.tandem(*words, "--help").stdout
        assert "--output" in shown and "-f,--file" in shown, words
    assert "Exit codes" in world.tandem("--help").stdout
    assert world.tandem("help").stdout == world.tandem("--help").stdout
    bare = world.tandem(check=False)
    assert bare.returncode == USAGE and "Exit codes" in bare.stderr
    assert world.tandem("--version").stdout == world.tandem("version").stdout


def test_processes_can_be_stopped_whatever_became_of_the_files(world):
    world.start()
    (world.folder / "tandem.yaml").write_text("name: [broken\n")
    assert world.tandem("up", check=False).returncode == USAGE
    assert "stopped global" in world.tandem("down").stdout
    assert processes_of(world) == []


def test_destroy_leaves_nothing_even_when_stacks_cannot_be_deleted(world):
    world.up()
    world.tandem("region", "kill", OTHER)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((world.addresses[OTHER], world.ports["http"]))
        taken.listen()
        done = world.tandem("destroy", "--yes")
        assert "not all stacks could be deleted" in done.stderr
        assert not (world.folder / ".tandem").exists()
    assert "Nothing to destroy" in world.tandem("destroy", "--yes").stdout


def test_exec_passes_words_as_they_are(world):
    world.start()
    words = ["", "[x, y]", "{}", "a b", "--output", "json", "--", "-f"]
    assert world.tandem("exec", "--", "printf", "<%s>", *words).stdout == "".join(f"<{w}>" for w in words)
    assert world.tandem("exec", "-f", "tandem.yaml", "printf", "%s", "--help").stdout == "--help"
    assert world.tandem("exec", "--", "no-such-tool", check=False).returncode == 127


def test_a_taken_port_is_replaced_or_named(world):
    with socket.socket() as taken:
        taken.bind((world.addresses["global"], 4566))
        taken.listen()
        assert f"endpoint port 4566 is taken on {world.addresses['global']}; using 4567" in (
            world.tandem("up", "--no-deploy").stderr)
        world.tandem("destroy", "--yes")
        world.wanted_ports["endpoint"] = 4566
        world.write()
        failed = world.tandem("up", check=False)
        assert failed.returncode == FAILED
        assert "network.ports.endpoint is 4566, which is taken" in failed.stderr


def test_a_port_that_is_taken_is_refused_before_what_runs_is_stopped(world):
    world.start()
    before = {one["name"]: one["pid"] for one in running(world.folder, "tandem.yaml")}
    with socket.create_server((world.addresses["global"], 0)) as taken:
        port = taken.getsockname()[1]
        world.wanted_ports["endpoint"] = port
        world.write()
        failed = world.tandem("up", "--no-deploy", check=False)
        assert failed.returncode == FAILED
        assert f"network.ports.endpoint is {port}, which is taken" in failed.stderr
    assert {one["name"]: one["pid"] for one in running(world.folder, "tandem.yaml")} == before
    world.tandem("up", "--no-deploy")
    assert world.ports["endpoint"] == port


def test_a_port_that_was_chosen_stays_and_another_one_is_said(world):
    glob = world.addresses["global"]
    with socket.create_server((glob, 4566)):
        world.tandem("up", "--no-deploy")
    had = world.ports["endpoint"]
    assert had == 4567
    for words in (("region", "kill", "global"), ("down",)):  # 4566 is free again all the while.
        world.tandem(*words)
        assert "port" not in world.tandem("up", "--no-deploy").stderr
        assert world.ports["endpoint"] == had
    world.tandem("down")
    with socket.create_server((glob, had)):
        said = world.tandem("up", "--no-deploy").stderr
        assert f"endpoint port {had}, which was used until now, is taken on {glob}" in said and "using 4566" in said
    assert world.ports["endpoint"] == 4566
    for stop in ((), ("down",)):
        if stop:
            world.tandem(*stop)
        port = 4580 + len(stop)
        world.wanted_ports["endpoint"] = port
        world.write()
        had = world.ports["endpoint"]
        assert f"changed: network.ports.endpoint ({had} → {port})" in world.tandem("up", "--no-deploy").stderr
    world.wanted_ports = {}
    world.write()
    world.tandem("up", "--no-deploy")
    assert world.ports["endpoint"] == 4581


def test_a_folder_may_have_any_name(world):
    world.folder = world.folder.rename(world.folder.with_name(f"{world.folder.name} it's $HOME (ö)"))
    printed = world.tandem("up").stdout
    line = next(line for line in printed.splitlines() if line.strip().startswith("curl "))
    pasted = subprocess.run(["bash", "-c", line.replace("curl ", "curl -sS ", 1)],
                            capture_output=True, text=True, timeout=60)
    assert json.loads(pasted.stdout)["status"], pasted.stderr
    assert answering(world) == {HOME, OTHER}
    shown = subprocess.run(["bash", "-c", f'eval "$("{BINARY}" env)"; cat "$AWS_CA_BUNDLE"'],
                           cwd=world.folder, capture_output=True, text=True, timeout=60)
    own, system = world.tandem("ca").stdout, pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
    assert shown.stdout == own + (system.read_text() if system.exists() else "")


def test_tools_get_nothing_of_another_account(world):
    world.start()
    theirs = {**os.environ, "AWS_SESSION_TOKEN": "theirs", "AWS_PROFILE": "theirs"}
    told = [subprocess.run(words, cwd=world.folder, env=theirs, capture_output=True, text=True, timeout=60).stdout
            for words in ([BINARY, "exec", "--", "env"], ["bash", "-c", f'eval "$({BINARY} env)"; env'])]
    for text in told:
        assert f"AWS_ENDPOINT_URL={world.endpoint}\n" in text
        assert "theirs" not in text


def test_secrets_stay_out_of_repositories(world):
    world.start()
    subprocess.run(["git", "init", "-q"], cwd=world.folder, check=True, timeout=60)
    listed = subprocess.run(["git", "status", "--porcelain", "-uall"], cwd=world.folder, check=True,
                            capture_output=True, text=True, timeout=60).stdout
    assert "tandem.yaml" in listed and ".tandem/" not in listed
