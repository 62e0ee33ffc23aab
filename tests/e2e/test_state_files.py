"""Every small file of a state folder, damaged in every way: `up` mends it, or a message names it and a
way out. Nothing hangs, crashes, or says that nothing is to be changed while no client gets through."""
import json
import os
import pathlib
import shutil

import pytest

from tests.e2e.conftest import sample_world
from tests.e2e.test_up import processes_of
from tests.support.client import call

HOME, OTHER = "us-east-1", "us-west-2"
DONE, FAILED, USAGE, NOT_RUNNING = 0, 1, 2, 3

FILES = ["config.json", "api-key", "ca/ca.pem", "ca/ca.key", "ca", f"{HOME}/acm/*.key", f"{HOME}/pid",
         f"{HOME}/log", "lock", "world"]
DAMAGES = ["lost", "empty", "garbage", "folder", "full folder", "pipe", "loop", "unreadable", "too large"]
# A way through the table that meets every file and every damage; TANDEM_ALL_DAMAGES=1 walks all of it.
FEW = [("config.json", "garbage"), ("config.json", "lost"), ("config.json", "too large"), ("api-key", "lost"),
       ("api-key", "pipe"), ("ca/ca.pem", "empty"), ("ca/ca.key", "lost"), ("ca", "lost"),
       (f"{HOME}/acm/*.key", "lost"), (f"{HOME}/acm/*.key", "garbage"), (f"{HOME}/pid", "folder"),
       (f"{HOME}/log", "folder"), (f"{HOME}/log", "loop"), ("lock", "folder"), ("lock", "unreadable"), ("world", "pipe"),
       ("api-key", "full folder")]
ALL = [(file, damage) for file in FILES for damage in DAMAGES]


@pytest.fixture(scope="module")
def world():
    world = sample_world(clock="20x")
    try:
        world.key = world.up()["apiKey"]
        yield world
    finally:
        world.close()


def harm(path, damage):
    shutil.rmtree(path, ignore_errors=True)
    path.unlink(missing_ok=True)
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "garbage":
        path.write_bytes(b"\x1b[2J\xff garbage \0")
    elif damage == "folder":
        path.mkdir()
    elif damage == "full folder":
        (path / "below").mkdir(parents=True)
    elif damage == "pipe":
        os.mkfifo(path)
    elif damage == "loop":
        path.symlink_to(path)
    elif damage == "too large":
        with open(path, "wb") as file:
            file.truncate(1 << 33)


def damage_file(world, pattern, damage):
    state = world.folder / ".tandem"
    path = pathlib.Path(next(iter(state.glob(pattern)), state / pattern))
    if damage == "unreadable":
        path.chmod(0)
    else:
        harm(path, damage)
    return path


def serves(world, key):
    for region in (HOME, OTHER):
        status, headers, _ = call(world, region, "GET", "/todos", key)
        assert (status, headers["x-region"]) == (200, region)


def mend(world, path, check=True):
    """up; should it name the file and ask for it to be moved away, that is done, and up run again."""
    done = world.tandem("up", "--output", "json", check=False)
    if done.returncode == DONE:
        return json.loads(done.stdout)
    assert done.returncode == FAILED and str(path) in done.stderr, done.stderr
    assert "move it away" in done.stderr
    path.rename(world.folder / "moved away")
    try:
        return world.up()
    finally:
        harm(world.folder / "moved away", "lost")


@pytest.mark.parametrize("running", ["running", "stopped"])
@pytest.mark.parametrize("file,damage", ALL if os.environ.get("TANDEM_ALL_DAMAGES") else FEW)
def test_up_mends_it_or_names_it(world, file, damage, running):
    if running == "stopped":
        world.tandem("down")
    path = damage_file(world, file, damage)
    for words in (("status",), ("logs",), ("logs", "--process"), ("env",), ("call", "GET", "/todos")):
        done = world.tandem(*words, check=False)
        assert done.returncode in (DONE, FAILED, NOT_RUNNING), (words, done.stderr)
        assert "Traceback" not in done.stderr and "terminate called" not in done.stderr
    summary = mend(world, path)
    assert summary["apiKey"] == world.key
    serves(world, world.key)
    assert len(processes_of(world)) == 3
    assert world.up()["changed"] is False
    state = world.folder / ".tandem"
    for secret in ("config.json", "api-key", "ca/ca.key"):
        assert (state / secret).stat().st_mode & 0o777 == 0o600


def test_a_new_ca_is_said_to_be_one(world):
    before = pathlib.Path(world.ca).read_text()
    damage_file(world, "ca/ca.key", "lost")
    for region in (HOME,):
        world.tandem("region", "kill", region)
        failed = world.tandem("region", "start", region, check=False)
        assert failed.returncode == FAILED and "ca.key is missing" in failed.stderr
        assert "'tandem up'" in failed.stderr
    said = world.tandem("up").stderr
    assert "ca.key is missing" in said and "clients must trust it instead of the old one" in said
    assert pathlib.Path(world.ca).read_text() != before
    serves(world, world.key)


def test_a_restored_key_is_said_to_come_from_a_region(world):
    damage_file(world, "api-key", "garbage")
    done = world.tandem("call", "GET", "/todos")
    assert f"the API key was restored from {HOME}" in done.stderr
    assert (world.folder / ".tandem/api-key").read_text() == world.key + "\n"


# LOCK and LOG hold nothing: RocksDB makes them anew.
IN_STORES = [("CURRENT", "pipe", FAILED), ("*.log", "link to a device", FAILED),
             ("MANIFEST-*", "link to a pipe", FAILED), ("CURRENT", "link to nowhere", FAILED),
             ("LOCK", "pipe", DONE), ("LOG", "pipe", DONE)]


def put_special(path, special):
    """Returns where what was there is now."""
    kept = path.parent.parent / ("kept." + path.name)
    path.rename(kept)
    if special == "pipe":
        os.mkfifo(path)
    elif special == "link to a pipe":
        os.mkfifo(path.parent.parent / "the-pipe")
        path.symlink_to(path.parent.parent / "the-pipe")
    elif special == "link to a device":
        path.symlink_to("/dev/zero")
    else:
        path.symlink_to(path.parent / "no-such-file")
    return kept


@pytest.mark.parametrize("pattern,special,outcome", IN_STORES)
def test_nothing_special_in_a_store_is_waited_for(world, pattern, special, outcome):
    world.tandem("region", "kill", OTHER)
    path = next((world.folder / ".tandem" / OTHER / "store").glob(pattern))
    kept = put_special(path, special)
    try:
        done = world.tandem("region", "start", OTHER, check=False)
        assert done.returncode == outcome, done.stderr
        if outcome == FAILED:
            what = "link that leads nowhere" if special == "link to nowhere" else special.split()[-1]
            assert f"{path} is a {what} where a file of the store belongs" in done.stderr
            assert "put it back" in done.stderr and "'tandem up'" in done.stderr
    finally:
        (world.folder / ".tandem" / OTHER / "the-pipe").unlink(missing_ok=True)
        if outcome == FAILED:
            path.unlink()
            kept.rename(path)
        else:
            kept.unlink()
    world.tandem("region", "start", OTHER)
    serves(world, world.key)


@pytest.mark.parametrize("damage", ["pipe", "garbage", "folder"])
def test_the_bundle_of_certificates_is_made_anew(world, damage):
    world.tandem("region", "kill", OTHER)
    path = damage_file(world, f"{OTHER}/lambda/ca-bundle.pem", damage)
    if damage == "folder":
        path.rmdir()
        (path / "below").mkdir(parents=True)
        failed = world.tandem("region", "start", OTHER, check=False)
        assert failed.returncode == FAILED and str(path) in failed.stderr
        shutil.rmtree(path)
    world.tandem("region", "start", OTHER)
    assert pathlib.Path(world.ca).read_text() in path.read_text()
    serves(world, world.key)


@pytest.mark.parametrize("file", ["template", "artifact"])
def test_a_pipe_among_the_projects_files_is_named(world, file):
    pipe = world.folder / "a-pipe"
    os.mkfifo(pipe)
    kept = getattr(world, file)
    setattr(world, file, pipe)
    world.write()
    try:
        failed = world.tandem("up", check=False)
        assert failed.returncode != DONE and str(pipe) in failed.stderr, failed.stderr
    finally:
        setattr(world, file, kept)
        world.write()
        pipe.unlink()


@pytest.mark.parametrize("damage", DAMAGES)
def test_down_and_destroy_need_no_configuration(world, damage):
    damage_file(world, "config.json", damage)
    world.tandem("down")
    assert processes_of(world) == []
    mend(world, world.folder / ".tandem/config.json")


def test_destroy_needs_no_configuration(world):
    """Last: nothing is left for others."""
    damage_file(world, "config.json", "garbage")
    world.tandem("destroy", "--yes")
    assert processes_of(world) == []
    assert not (world.folder / ".tandem").exists()


@pytest.mark.parametrize("damage", ["broken", "missing"])
def test_what_runs_can_be_seen_used_and_destroyed_without_its_file(world, damage):
    """status, env, exec and destroy need what is deployed, which .tandem/ knows."""
    file = world.folder / "tandem.yaml"
    world.write()
    world.up()
    good = file.read_text()
    if damage == "broken":
        file.write_text(good + "wieght: [\n")
    else:
        file.unlink()
    shown = world.tandem("status", "--output", "json", check=False)
    assert "todos.tandem.test" in json.loads(shown.stdout)["url"], shown.stderr
    assert "tandem.yaml" in shown.stderr
    assert "TANDEM_URL=https://todos.tandem.test" in world.tandem("env").stdout
    listed = world.tandem("exec", "--", "aws", "dynamodb", "list-tables", "--output", "text")
    assert "todos" in listed.stdout
    assert world.tandem("up", check=False).returncode == 2
    assert "stacks deleted" in world.tandem("destroy", "--yes").stdout
    assert not (world.folder / ".tandem").exists()
