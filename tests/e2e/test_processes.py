"""Processes that are frozen, whose state is gone, or whose pid is another's: every command says so
and goes on with the rest."""
import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from tests.e2e.test_up import processes_of
from tests.support.waiting import wait_for
from tests.support.world import BINARY, World

HOME, OTHER = "us-east-1", "us-west-2"
DONE, FAILED, USAGE, NOT_RUNNING = 0, 1, 2, 3


@pytest.fixture
def world():
    world = World(clock="20x")
    try:
        yield world.start()
    finally:
        for pid in processes_of(world):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(world.folder, ignore_errors=True)


def states(world):
    return {p["name"]: p for p in json.loads(world.tandem("status", "--output", "json", check=False).stdout)["processes"]}


def freeze(world, name):
    pid = states(world)[name]["pid"]
    os.kill(pid, signal.SIGSTOP)
    # The signal is under way until the kernel says so.
    wait_for(lambda: open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] == "T", what="the freeze")
    return pid


@pytest.mark.parametrize("words,code", [
    (("status",), NOT_RUNNING), (("logs",), NOT_RUNNING), (("logs", "--region", HOME), NOT_RUNNING),
    (("up", "--no-deploy"), NOT_RUNNING), (("env",), DONE), (("exec", "--", "true"), DONE),
    (("region", "start", HOME), NOT_RUNNING), (("call", "GET", "/todos"), FAILED)])
def test_every_command_names_a_frozen_region_in_time(world, words, code):
    pid = freeze(world, HOME)
    done = world.tandem(*words, check=False)
    assert f"{HOME} (pid {pid}) does not answer" in done.stderr
    assert f"'tandem region kill {HOME}'" in done.stderr and f"'tandem region start {HOME}'" in done.stderr
    assert done.returncode == code


def test_status_shows_the_others_of_a_frozen_region(world):
    pid = freeze(world, HOME)
    seen = states(world)
    assert (seen[HOME]["state"], seen[HOME]["running"], seen[HOME]["pid"]) == ("does not answer", False, pid)
    assert seen["global"]["state"] == seen[OTHER]["state"] == "running"
    os.kill(pid, signal.SIGCONT)
    wait_for(lambda: states(world)[HOME]["state"] == "running", what="the thawed region")
    wait_for(lambda: world.tandem("status", check=False).returncode == DONE, what="links that work again")


def test_a_frozen_global_hides_no_region(world):
    pid = freeze(world, "global")
    done = world.tandem("status", check=False)
    assert done.returncode == NOT_RUNNING
    assert f"global (pid {pid}) does not answer" in done.stderr
    assert HOME in done.stdout and OTHER in done.stdout
    assert "the health checks are not known: global keeps them, and does not answer" in done.stderr
    assert world.tandem("call", "GET", "/todos", check=False).returncode == NOT_RUNNING
    # Tools can do without.
    done = world.tandem("exec", "--network", "host", "--", "sh", "-c", "echo $AWS_ENDPOINT_URL")
    assert done.stdout.strip() == world.region_endpoint(HOME)
    assert f"global (pid {pid}) does not answer" in done.stderr


def test_a_frozen_region_is_killed_and_started_anew(world):
    frozen = freeze(world, HOME)
    assert world.tandem("region", "kill", HOME).stdout == f"{HOME}: killed\n"
    assert states(world)[HOME]["state"] == "killed"
    assert world.tandem("region", "kill", HOME).stdout == f"{HOME}: already stopped\n"
    world.tandem("region", "start", HOME)
    assert states(world)[HOME]["pid"] != frozen
    assert world.tandem("region", "start", HOME).stdout == f"{HOME}: already running\n"


def test_status_says_how_a_process_ended(world):
    world.tandem("region", "stop", HOME)
    world.tandem("region", "kill", OTHER)
    crashed = states(world)["global"]["pid"]
    os.kill(crashed, signal.SIGKILL)
    wait_for(lambda: crashed not in processes_of(world), what="the end of global")
    seen = states(world)
    assert [seen[name]["state"] for name in (HOME, OTHER, "global")] == ["stopped", "killed", "crashed"]
    assert seen[HOME]["ended"] <= seen[OTHER]["ended"] and "ended" not in seen["global"]
    shown = world.tandem("status", check=False)
    assert shown.returncode == NOT_RUNNING
    assert f"killed at {seen[OTHER]['ended']}" in shown.stdout
    assert "crashed: nobody stopped it; 'tandem logs --process --region global' shows its end" in shown.stdout
    world.tandem("up", "--no-deploy")
    seen = states(world)
    assert {one["state"] for one in seen.values()} == {"running"} and "ended" not in seen[HOME]
    # A machine that is shut down, say.
    os.kill(seen[HOME]["pid"], signal.SIGTERM)
    wait_for(lambda: seen[HOME]["pid"] not in processes_of(world), what="the end of the region")
    assert states(world)[HOME]["state"] == "stopped"


def test_up_starts_the_rest_beside_a_frozen_region(world):
    world.tandem("region", "kill", OTHER)
    freeze(world, HOME)
    assert world.tandem("up", "--no-deploy", check=False).returncode == NOT_RUNNING
    assert states(world)[OTHER]["state"] == "running"


@pytest.mark.parametrize("words", [("down",), ("region", "stop", HOME), ("destroy", "--yes")])
def test_stopping_ends_a_frozen_region_too(world, words):
    pid = freeze(world, HOME)
    done = world.tandem(*words)
    assert f"{HOME} (pid {pid}) does not answer: ended by SIGKILL" in done.stderr
    assert pid not in processes_of(world)
    assert words[0] == "region" or processes_of(world) == []


def test_a_lost_or_foreign_pid_file_misleads_nobody(world):
    before = {name: p["pid"] for name, p in states(world).items()}
    stranger = subprocess.Popen(["sleep", "1000"])
    try:
        file = world.folder / ".tandem" / HOME / "pid"
        start = file.read_text().split()[1]
        # The stranger's pid alone; with our start; one of another of our processes; none at all.
        for text in (f"{stranger.pid}\n", f"{stranger.pid} {start}\n", f"{before[OTHER]} {start}\n", "-1 5\n",
                     "1 5\n", "garbage", ""):
            file.write_text(text)
            assert {name: p["pid"] for name, p in states(world).items()} == before, text
        file.unlink()
        assert {name: p["pid"] for name, p in states(world).items()} == before
        assert json.loads(world.tandem("up", "--no-deploy", "--output", "json").stdout)["started"] == []
        file.write_text(f"{stranger.pid} {start}\n")
        assert world.tandem("region", "kill", HOME).stdout == f"{HOME}: killed\n"
        file.write_text(f"{stranger.pid} {start}\n")
        assert world.tandem("region", "kill", HOME).stdout == f"{HOME}: already stopped\n"
        world.tandem("down")
        assert stranger.poll() is None
        assert processes_of(world) == []
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("how", ["removed", "moved", "replaced", "one region's folder removed"])
def test_processes_whose_state_is_gone_end_by_themselves(world, how):
    state = world.folder / ".tandem"
    logs = [open(state / name / "log", "rb") for name in ("global", HOME, OTHER)]
    try:
        if how == "removed":
            shutil.rmtree(state)
        elif how == "moved":
            state.rename(world.folder / "elsewhere")
        elif how == "replaced":
            state.rename(world.folder / "elsewhere")
            shutil.copytree(world.folder / "elsewhere", state)
        else:
            shutil.rmtree(state / HOME)
        left = 0 if "region" not in how else 2
        wait_for(lambda: len(processes_of(world)) == left, what="the end of those without state")
        said = [log.read() for log in logs]
        assert [b"is gone or another one" in text for text in said] == [left == 0, True, left == 0]
    finally:
        for log in logs:
            log.close()
    world.tandem("up", "--no-deploy")
    assert {p["state"] for p in states(world).values()} == {"running"}


def test_up_ends_frozen_processes_of_a_removed_state_folder(world):
    ports = world.ports
    strays = [freeze(world, name) for name in ("global", HOME, OTHER)]  # Frozen ones cannot end by themselves.
    shutil.rmtree(world.folder / ".tandem")
    done = world.tandem("up", "--no-deploy")
    for pid in strays:
        assert f"(pid {pid}) ran on although its state folder was removed: ended" in done.stderr
    assert world.ports == ports
    assert len(processes_of(world)) == 3 and not set(strays) & set(processes_of(world))


def test_down_ends_processes_of_a_removed_state_folder(world):
    freeze(world, HOME)
    shutil.rmtree(world.folder / ".tandem")
    world.tandem("down")
    assert processes_of(world) == []
    assert not (world.folder / ".tandem").exists()


def test_a_port_of_another_project_is_said_to_be_its(world):
    other = World(clock="20x")
    try:
        other.addresses = dict(world.addresses)
        other.extra = ""
        other.wanted_ports["endpoint"] = world.ports["endpoint"]
        other.write()
        failed = other.tandem("up", "--no-deploy", check=False)
        assert failed.returncode == FAILED
        assert f"global of {world.folder}/.tandem (pid {states(world)['global']['pid']})" in failed.stderr
        assert len(processes_of(world)) == 3
    finally:
        other.close()


def test_escape_sequences_in_logs_are_shown(world):
    """A function may print anything; a terminal would obey it."""
    logs = world.client("logs", HOME)
    logs.create_log_group(logGroupName="/aws/lambda/f")
    logs.create_log_stream(logGroupName="/aws/lambda/f", logStreamName="s")
    evil = "\x1b]0;owned\x07\x1b[2Jred\x9b31m \u202etxt \x7f\x08\rover\nsecond line"
    logs.put_log_events(logGroupName="/aws/lambda/f", logStreamName="s",
                        logEvents=[{"timestamp": int(time.time() * 1000), "message": evil}])
    shown = world.tandem("logs", text=False).stdout
    assert b"\\x1b]0;owned\\x07\\x1b[2Jred\\x9b31m \\u202etxt \\x7f\\x08\\x0dover\n    second line" in shown
    assert not any(byte < 32 and byte != 10 for byte in shown)
    printed = world.tandem("logs", "--output", "json", text=False).stdout
    assert b"\x1b" not in printed and b"\xc2\x9b" not in printed and b"\xe2\x80\xae" not in printed
    assert [(line["message"], line["function"]) for line in json.loads(printed)] == [(evil, "f")]
    with open(world.folder / ".tandem" / OTHER / "log", "ab") as log:
        log.write(b"\x1b[2J \xff end\n")
    assert b"\\x1b[2J \\xff end" in world.tandem("logs", "--process", "--region", OTHER, text=False).stdout


@pytest.mark.parametrize("words, code, said", [
    (("satus",), USAGE, "there is no command 'satus'"), ((), USAGE, "name a command"),
    (("up", "--nonsense"), USAGE, "--nonsense"), (("region", "kill"), USAGE, "name"),
    (("region", "kill", "nowhere"), USAGE, "there is no region 'nowhere'"), (("destroy",), USAGE, "--yes"),
    (("logs", "--region", "nowhere"), USAGE, "nowhere"), (("call", "GET", "todos"), USAGE, "start with '/'"),
    (("exec", "--", "no-such-tool"), 127, "no-such-tool"), (("exec",), USAGE, "name the command"),
    (("status", "-f", "none.yaml"), USAGE, "there is no none.yaml"), (("call", "GET", "/todos"), FAILED, "no API key"),
    (("region", "rebuild", "global"), USAGE, "global keeps no copies")])
def test_every_failure_is_a_json_document_for_scripts(world, words, code, said):
    done = world.tandem("--output", "json", *words, check=False)
    assert done.returncode == code, done.stderr
    error = json.loads(done.stdout)["error"]
    assert error["exitCode"] == code and said in error["message"]
    assert error["message"].splitlines()[0] in done.stderr


def test_what_is_not_running_is_a_json_document_too(world):
    world.tandem("down")
    for words in (("call", "GET", "/todos"), ("logs",), ("exec", "--", "true"), ("region", "rebuild", HOME)):
        done = world.tandem(*words[:1], "--output", "json", *words[1:], check=False)
        assert (done.returncode, json.loads(done.stdout)["error"]["exitCode"]) == (NOT_RUNNING, NOT_RUNNING), words
    (world.folder / "tandem.yaml").write_text("name: [broken\n")
    done = world.tandem("up", "--output=json", check=False)
    assert (done.returncode, json.loads(done.stdout)["error"]["exitCode"]) == (USAGE, USAGE)


def put_lines(world, region, function, messages):
    logs = world.client("logs", region)
    group = f"/aws/lambda/{function}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now = int(time.time() * 1000)
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[
        {"timestamp": now - age, "message": message} for age, message in messages])


def test_logs_shows_what_is_asked_for(world):
    # The platform's lines: Lambda Developer Guide, "Viewing CloudWatch logs for Lambda functions".
    put_lines(world, HOME, "todo-app-First-1X2Y", [
        (3_600_000, "an hour ago"), (60, "START RequestId: 1 Version: $LATEST"), (50, "GET /todos/health: 200"),
        (40, "REPORT RequestId: 1\tDuration: 1.00 ms"), (30, "hello")])
    put_lines(world, OTHER, "second", [(20, "world")])

    def shown(*words):
        lines = json.loads(world.tandem("logs", "--output", "json", *words).stdout)
        return [line["message"] for line in lines]
    assert shown() == ["an hour ago", "hello", "world"]
    assert shown("-n", "2") == ["hello", "world"]
    assert shown("--since", "10m") == ["hello", "world"]
    assert shown("--function", "First", "--since", "10m") == shown("--region", HOME, "-n", "1") == ["hello"]
    assert len(shown("--all")) == 6
    assert " second world\n" in world.tandem("logs").stdout
    for words, said in ((("--region", "global"), "global runs no functions"), (("--since", "soon"), "such as 30s"),
                        (("--function", "third"), "no function third has logged; these have: second, todo-app-First")):
        failed = world.tandem("logs", *words, check=False)
        assert failed.returncode == USAGE and said in failed.stderr
    world.tandem("region", "kill", OTHER)
    for words in (("--function", "second"), ("--function", "second", "--region", OTHER)):
        failed = world.tandem("logs", *words, check=False)
        assert failed.returncode == NOT_RUNNING and OTHER in failed.stderr
    assert shown_of(world.tandem("logs", "--function", "First", "--output", "json", check=False)) == [
        "an hour ago", "hello"]


def shown_of(done):
    assert done.returncode == NOT_RUNNING
    return [line["message"] for line in json.loads(done.stdout)]


def test_logs_of_processes_are_as_many_as_asked_for(world):
    lines = world.tandem("logs", "--process", "-n", "3").stdout.splitlines()
    assert len(lines) == 3
    times = [line.split()[1] for line in world.tandem("logs", "--process").stdout.splitlines()]
    assert times == sorted(times)


def test_logs_are_followed(world):
    put_lines(world, HOME, "first", [(10, "before")])
    following = subprocess.Popen([str(BINARY), "logs", "--follow"], cwd=world.folder, stdout=subprocess.PIPE, text=True)
    try:
        assert following.stdout.readline().endswith("first before\n")
        put_lines(world, OTHER, "second", [(0, "after")])
        assert following.stdout.readline().endswith("second after\n")
    finally:
        following.terminate()
        following.wait()
        following.stdout.close()


def test_a_region_whose_clock_is_right_is_not_rebuilt_unless_told_to(world):
    said = world.tandem("region", "rebuild", HOME).stdout
    assert said.startswith(f"{HOME}: nothing is wrong with its clock, and nothing was done; --force")
    shown = json.loads(world.tandem("region", "rebuild", HOME, "--output", "json").stdout)
    assert shown == {"name": HOME, "action": "none", "changed": False}
    assert "rebuilt" not in (world.folder / ".tandem" / HOME / "log").read_text()
    forced = json.loads(world.tandem("region", "rebuild", HOME, "--force", "--output", "json").stdout)
    assert (forced["changed"], forced["restampedItems"]) == (True, 0)
